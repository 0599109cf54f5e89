import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { cleanEnvironment, eyaml, SHELL_COMMAND } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { keyFile, toolsWithoutGpg } from '../helpers/key-homes.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

// From no key at all to the first value, where GnuPG is there and where it is not. The line that init ends with is run as it stands.
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const CONFIG = '.eyaml/config.yaml';
const ANN = ['createkeys', '-n', 'gpg', '--gpg-user-id', 'Ann <ann@example.com>', '--no-passphrase'];

let tools: string;
beforeAll(() => {
  tools = toolsWithoutGpg(mkdtempSync(path.join(tmpdir(), 'eyaml-first-')));
});
afterAll(() => rmSync(path.dirname(tools), { recursive: true }));

interface World {
  readonly name: string;
  readonly hasGnupg: boolean;
}

function scene({ hasGnupg }: World, content: Parameters<typeof createGnupgHome>[0] = {}) {
  const cwd = path.join(scratchFolder(), 'data');
  const [home, bin] = [scratchFolder(), scratchFolder()];
  mkdirSync(cwd);
  const gnupg: GnupgHome | undefined = hasGnupg ? createGnupgHome(content) : undefined;
  onTestFinished(() => gnupg?.remove());
  const program = (name: string, text: string) => {
    writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(bin, name), 0o755);
  };
  program('eyaml', `exec ${SHELL_COMMAND} "$@"`);
  program('add-value', `echo 'a: DEC::GPG[x]!' >> "$1"`);
  const env = {
    HOME: home,
    PATH: `${bin}:${hasGnupg ? (process.env.PATH ?? '') : tools}`,
    EDITOR: 'add-value',
    ...(gnupg && { GNUPGHOME: gnupg.path }),
  };
  return {
    cwd,
    home,
    gnupg,
    at: (file: string) => path.join(cwd, file),
    textOf: (file: string) => readFileSync(path.join(cwd, file), 'utf8'),
    run: (...args: string[]) => eyaml(args, { cwd, env }),
    onTerminal: (...args: string[]) => eyamlOnTerminal(args, { cwd, env }),
    /** Runs a line in a shell. */
    shell: (line: string, folder = cwd) =>
      execFileSync('/bin/sh', ['-c', line], { cwd: folder, env: cleanEnvironment(env), stdio: 'pipe' }).toString(),
  };
}

function nextStep(shown: string): string {
  const [, line = ''] = /Next step: (.*?)\r?\n/.exec(shown) ?? [];
  expect(line).not.toBe('');
  return line;
}

const WORLDS: readonly World[] = [
  { name: 'with GnuPG', hasGnupg: true },
  { name: 'without GnuPG', hasGnupg: false },
];

describe.each(WORLDS)('$name', (world) => {
  test.each(['.', 'sub', "an 'odd' name"])(
    'createkeys, then init %s, then the line that it ends with',
    async (folder) => {
      const { run, shell, cwd } = scene(world);
      expect((await run(...ANN)).code).toBe(0);
      const { code, stderr } = await run('init', '--all-keys', folder);
      expect(code).toBe(0);
      expect(stderr).not.toContain('you have no private key');
      shell(nextStep(stderr));
      const file = path.join(cwd, folder, 'common.eyaml');
      expect(readFileSync(file, 'utf8')).toMatch(/^---\na: ENC\[GPG,/);
      expect(shell('eyaml decrypt -f common.eyaml', path.dirname(file))).toBe('---\na: x\n');
      expect(readdirSync(cwd).filter((name) => name === 'keys')).toEqual([]);
    },
  );

  test('init alone, at a terminal: the key is made there and then', async () => {
    const { onTerminal, shell, textOf, home } = scene(world);
    const terminal = onTerminal('init');
    await terminal.waitFor(/You have no key yet to read secrets with\. Create one now\?/);
    terminal.type('\r');
    await terminal.waitFor(/Your name and address/);
    terminal.type('Ann <ann@example.com>\r');
    if (world.hasGnupg) {
      await terminal.waitFor(/Where should the new key be\?/);
      await terminal.waitFor(/for eyaml alone/);
      terminal.type('\u001b[B\r');
    }
    for (const question of [/Passphrase for the new key:/, /Enter the passphrase again:/]) {
      await terminal.waitFor(question);
      terminal.type('a b\r');
    }
    await terminal.waitFor(/Who may read the secrets in this folder\?/);
    await terminal.waitFor(/◉\S* [0-9A-F]{40} Ann <ann@example\.com>/);
    terminal.type('\r');
    await terminal.waitFor(/Next step: .*\r\n/);
    expect((await terminal.ended).exitCode).toBe(0);
    shell(nextStep(terminal.shown()));
    writeFileSync(path.join(home, 'p'), 'a b\n', { mode: 0o600 });
    expect(shell('eyaml decrypt -f common.eyaml --gpg-passphrase-file ~/p')).toBe('---\na: x\n');
    expect(textOf(RECIPIENTS)).toMatch(/^[0-9A-F]{40} # Ann <ann@example\.com>$/m);
  });

  test('whoever does not want a key, and has none to encrypt for, is told how to make one', async () => {
    const { onTerminal, cwd } = scene(world);
    const terminal = onTerminal('init');
    await terminal.waitFor(/Create one now\?/);
    terminal.type('n\r');
    await terminal.waitFor(/error: no keys found to encrypt for/);
    await terminal.waitFor(/eyaml createkeys -n gpg --gpg-user-id "NAME <ADDRESS>"/);
    expect((await terminal.ended).exitCode).toBe(1);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test.each(['--recipient', '--all-keys'])('%s asks for nothing, not even at a terminal', async (option) => {
    const { onTerminal, textOf, shell } = scene(world);
    const named = option === '--recipient' ? ['--recipient', 'zoe@example.com'] : ['--all-keys'];
    const terminal = onTerminal('init', ...named, '--gpg-public-keys', keyFile('zoe', 'pub'));
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('?');
    expect(textOf(RECIPIENTS)).toContain('zoe@example.com');
    shell(nextStep(terminal.shown()));
  });

  test('--gpg-trust pinned: the folder remembers it, and the next command works', async () => {
    const { run, shell, textOf } = scene(world);
    await run(...ANN, '--here');
    const keys = ['--gpg-public-keys', 'keys/public_key.gpg.asc', '--gpg-private-key', 'keys/private_key.gpg.asc'];
    const { code, stderr } = await run('init', ...keys, '--all-keys', '--gpg-trust', 'pinned');
    expect(code).toBe(0);
    expect(textOf(CONFIG)).toContain('\ngpg_trust: pinned\n');
    // It names the options that are needed again.
    expect(nextStep(stderr)).toBe('eyaml edit --gpg-private-key keys/private_key.gpg.asc common.eyaml');
    shell(nextStep(stderr));
    expect(textOf('common.eyaml')).toContain('ENC[GPG,');
  });

  test('the private key that createkeys put beside the public one is no leak', async () => {
    const { run, textOf, at } = scene(world);
    await run(...ANN, '--here');
    const args = ['init', '--gpg-public-keys', 'keys', '--all-keys'];
    expect((await run(...args)).stderr).not.toMatch(/secret key/i);
    expect(textOf(RECIPIENTS)).toContain('Ann <ann@example.com>');
    // Others can read it: then it is.
    chmodSync(at('keys/private_key.gpg.asc'), 0o644);
    expect((await run(...args)).stderr).toMatch(/warning: keys\/private_key\.gpg\.asc holds a SECRET key/);
  });

  test('a private key alone among public keys, or in the folder of a repository, is one', async () => {
    const { run, at } = scene(world);
    await run(...ANN, '--gpg-private-key', 'k.asc', '--gpg-public-key', 'p.asc');
    mkdirSync(at('.eyaml/public-keys'), { recursive: true });
    mkdirSync(at('alone'));
    execFileSync('cp', ['-p', at('k.asc'), at('alone/k.asc')]);
    execFileSync('cp', ['-p', at('k.asc'), at('p.asc'), at('.eyaml/public-keys')]);
    const { stderr } = await run('init', '--gpg-public-keys', 'alone', '--all-keys');
    expect(stderr).toMatch(/warning: alone\/k\.asc holds a SECRET key/);
    expect(stderr).toMatch(/warning: \S*\.eyaml\/public-keys\/k\.asc holds a SECRET key/);
  });
});

describe('the trust mode with GnuPG', () => {
  const [withGnupg] = WORLDS as readonly [World];
  const people = { secret: ['alice'], pub: ['zoe', 'bob'], trusted: ['alice', 'zoe'] };
  const init = (...names: string[]) => ['init', ...names.flatMap((name) => ['--recipient', `${name}@example.com`])];
  const PINNED = 'gpg_trust: pinned';

  test('stays the web of trust where GnuPG trusts all keys', async () => {
    const { run, shell, textOf } = scene(withGnupg, people);
    const { stderr } = await run(...init('alice', 'zoe'));
    expect(textOf(CONFIG)).not.toContain('gpg_trust');
    shell(nextStep(stderr));
  });

  test('is pinned in a new folder where it does not, and that is said', async () => {
    const { run, shell, textOf } = scene(withGnupg, people);
    const { stderr } = await run(...init('alice', 'bob'));
    expect(textOf(CONFIG)).toContain(PINNED);
    expect(stderr).toContain('The configuration says gpg_trust: pinned, so');
    shell(nextStep(stderr));
    expect(textOf('common.eyaml')).toContain('ENC[GPG,');
  });

  test('of a folder that others set up is theirs; the last line leads on', async () => {
    const { run, shell, textOf } = scene(withGnupg, people);
    await run(...init('alice'));
    const { stderr } = await run(...init('bob'));
    expect(textOf(CONFIG)).not.toContain(PINNED);
    expect(stderr).toMatch(
      /Next step: sign the keys that GnuPG does not trust, or trust the fingerprints .*: eyaml init /,
    );
    const [, line = ''] = /(eyaml init .*)\n/.exec(stderr) ?? [];
    shell(line);
    expect(textOf(CONFIG)).toMatch(/^# .*\nencrypt_method: gpg\n# .*\ngpg_trust: pinned\n$/);
    shell('eyaml edit common.eyaml');
  });

  test.each([
    { what: 'says another mode', before: 'gpg_trust: wot\n' },
    { what: 'is no plain mapping', before: '{ encrypt_method: gpg }\n' },
    { what: 'cannot be read', before: 'a: [\n' },
  ])('is not put into a configuration that $what', async ({ before }) => {
    const { run, textOf, at } = scene(withGnupg, people);
    mkdirSync(at('sub/.eyaml'), { recursive: true });
    writeFileSync(at(`sub/${CONFIG}`), before);
    const { stderr } = await run(...init('alice', 'bob'), 'sub');
    expect(textOf(`sub/${CONFIG}`)).toBe(before);
    expect(stderr).toContain(`sub/${CONFIG} already exists and was not changed`);
    expect(stderr).not.toContain('The configuration says');
  });

  test('is not pinned where a line of the recipients file is an address', async () => {
    const { run, textOf, at } = scene(withGnupg, people);
    writeFileSync(at(RECIPIENTS), 'alice@example.com\n');
    await run(...init('bob'), '--gpg-trust', 'pinned');
    expect(textOf(CONFIG)).not.toContain('gpg_trust');
  });

  test('a key that is put into GnuPG at the offer is trusted there', async () => {
    const { onTerminal, shell, textOf, home } = scene(withGnupg);
    const terminal = onTerminal('init');
    await terminal.waitFor(/Create one now\?/);
    terminal.type('\r');
    await terminal.waitFor(/Your name and address/);
    terminal.type('ann\r');
    await terminal.waitFor(/Where should the new key be\?/);
    terminal.type('\r');
    await terminal.waitFor(/Passphrase for the new key:/);
    terminal.type('\r');
    await terminal.waitFor(/without a passphrase\?/);
    terminal.type('y\r');
    await terminal.waitFor(/◉\S* [0-9A-F]{40} ann/);
    terminal.type('\r');
    await terminal.waitFor(/Next step: .*\r\n/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(textOf(CONFIG)).not.toContain('gpg_trust');
    expect(existsSync(path.join(home, '.eyaml/keys'))).toBe(false);
    shell(nextStep(terminal.shown()));
    expect(shell('eyaml decrypt -f common.eyaml')).toBe('---\na: x\n');
  });
});
