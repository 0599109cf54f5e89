import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FIXTURES } from './gnupg.js';

// What the gpg on PATH can do, found by asking it: Sequoia's gpg-sq, for one, lacks some of it. The gpg of the system lacks nothing.

/** Whether it has a command. */
export function hasCommand(command: string): boolean {
  return known(command, () => !ask([command]).stderr.includes('not yet implemented'));
}

/** Whether it encrypts for all of the fixture keys: it must have their algorithms, and take their signatures. */
export function canEncryptTo(...names: readonly string[]): boolean {
  return names.every((name) =>
    known(`encrypt to ${name}`, () => {
      const file = path.join(FIXTURES, 'keys', `${name}.pub.asc`);
      return ask(['--trust-model', 'always', '--recipient-file', file, '--encrypt']).status === 0;
    }),
  );
}

/** Whether it works on where gpg.conf names a keyring that is gone. */
export function passesOverKeyrings(): boolean {
  return known('pass over keyrings', () =>
    ask(['--keyring', '/nonexistent/gone.gpg', '--with-colons', '--list-keys']).stdout.startsWith('tru:'),
  );
}

const answers = new Map<string, boolean>();

/** What a test found that the gpg on PATH can do; an error where that is the system's, and cannot. */
export function known(ability: string, find: () => boolean): boolean {
  const answer = answers.get(ability) ?? find();
  answers.set(ability, answer);
  if (!answer && process.env.EYAML_GPG === undefined) throw new Error(`the gpg on PATH cannot: ${ability}`);
  return answer;
}

function ask(args: readonly string[]) {
  const home = mkdtempSync('/tmp/eg-');
  const { status, stdout, stderr } = spawnSync('gpg', ['--homedir', home, '--batch', '--no-tty', ...args], {
    input: '',
  });
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  rmSync(home, { recursive: true, force: true });
  return { status, stdout: stdout.toString(), stderr: stderr.toString() };
}
