import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cleanEnvironment, eyaml, SCRIPT } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { hasPeer } from '../helpers/peers.js';
import { shellOnTerminal } from '../helpers/terminal.js';

/** A folder with the command, a completion script, and a file to complete key paths of; and the environment to use them. */
async function prepared(shell: string) {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, 'eyaml'), SCRIPT);
  chmodSync(path.join(folder, 'eyaml'), 0o755);
  writeFileSync(path.join(folder, 'script'), (await eyaml(['completion', shell])).stdout);
  const env = { PATH: `${folder}:${process.env.PATH ?? ''}`, PS1: '> ', HOME: folder, XDG_CONFIG_HOME: folder };
  return { cwd: folder, env };
}

test.skipIf(!hasPeer('bash') || !hasPeer('zsh')).each([
  ['bash', 'bash --norc --noprofile -i', 'bind "set bell-style none"; . ./script'],
  ['zsh', 'zsh -f -i', 'unsetopt beep; autoload -Uz compinit; compinit -u -D; . ./script'],
])('%s completes commands, options and their values', async (shell, start, load) => {
  const terminal = shellOnTerminal(`exec ${start}`, await prepared(shell));
  await terminal.waitFor(/> /);
  terminal.type(`${load}; echo rea''dy\r`);
  await terminal.waitFor(/ready[^]*> /);
  terminal.type('eyaml enc\t');
  await terminal.waitFor(/eyaml encrypt/);
  terminal.type('--out\t');
  await terminal.waitFor(/--output/);
  terminal.type('blo\t');
  await terminal.waitFor(/block/);
  terminal.type('\u0015exit\r');
  await terminal.ended;
});

test.skipIf(!hasPeer('fish'))('fish completes commands, options and their values', async () => {
  const { cwd, env } = await prepared('fish');
  const complete = (line: string) =>
    execFileSync('fish', ['--no-config', '-c', 'source ./script; complete -C "$argv[1]"', line], {
      cwd,
      env: cleanEnvironment(env),
    })
      .toString()
      .split('\n')
      .map((candidate) => candidate.split('\t')[0] ?? '');
  expect(complete('eyaml enc')).toContain('encrypt');
  expect(complete('eyaml encrypt --out')).toEqual(expect.arrayContaining([expect.stringMatching(/^--output/)]));
  expect(complete('eyaml encrypt -o bl')).toContain('block');
});

test.each(['bash', 'zsh', 'fish'])('%s: the script in the package is the one that is printed', async (shell) => {
  const file = { bash: 'eyaml.bash', zsh: '_eyaml', fish: 'eyaml.fish' }[shell] ?? '';
  const packed = path.resolve(import.meta.dirname, '../../completions', file);
  expect((await eyaml(['completion', shell])).stdout).toBe(readFileSync(packed, 'utf8'));
});

test('keys of a file that hold what a shell would run are text', async () => {
  const { cwd, env } = await prepared('bash');
  writeFileSync(path.join(cwd, 'k.yaml'), '"$(touch owned)": 1\n"`touch owned`": 2\na::b: 3\n');
  const line = 'eyaml get k.yaml ';
  const words = `COMP_LINE='${line}' COMP_POINT=${line.length} COMP_WORDS=(eyaml get k.yaml '') COMP_CWORD=3`;
  const script = `. ./script; ${words}; _eyaml; printf '%s\\n' "\${COMPREPLY[@]}"; ls`;
  const shown = execFileSync('bash', ['-c', script], { cwd, env: cleanEnvironment(env) }).toString();
  expect(shown).not.toMatch(/^owned$/m);
  expect(shown).toMatch(/^a::b$/m);
});

const WITH_KEYS = 'profile:\n  db: {password: 1, port: 2}\n';

test.skipIf(!hasPeer('bash') || !hasPeer('zsh')).each([
  ['bash', 'bash --norc --noprofile -i', 'bind "set bell-style none"; . ./script'],
  ['zsh', 'zsh -f -i', 'unsetopt beep; autoload -Uz compinit; compinit -u -D; . ./script'],
])('%s completes the keys of a file, behind options and other keys too', async (shell, start, load) => {
  const { cwd, env } = await prepared(shell);
  writeFileSync(path.join(cwd, 'k.yaml'), WITH_KEYS);
  const terminal = shellOnTerminal(`exec ${start}`, { cwd, env });
  await terminal.waitFor(/> /);
  terminal.type(`${load}; echo rea''dy\r`);
  await terminal.waitFor(/ready[^]*> /);
  for (const line of ['unset k.yaml ', 'set -f script k.yaml ', 'get --json k.yaml a ']) {
    terminal.type(`eyaml ${line}profile.db.pa\t`);
    await terminal.waitFor(/profile\.db\.password/);
    terminal.type('\u0015');
  }
  terminal.type('exit\r');
  await terminal.ended;
});

test.skipIf(!hasPeer('fish'))('fish completes the keys of a file', async () => {
  const { cwd, env } = await prepared('fish');
  writeFileSync(path.join(cwd, 'k.yaml'), WITH_KEYS);
  const script = 'source ./script; complete -C "eyaml unset k.yaml profile.db.pa"';
  const shown = execFileSync('fish', ['--no-config', '-c', script], { cwd, env: cleanEnvironment(env) }).toString();
  expect(shown).toContain('profile.db.password');
});
