import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { BOBS_PASSPHRASE, createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';

let home: GnupgHome;
let value: string;
let locked: string;
beforeAll(() => {
  home = createGnupgHome({ secret: ['bob', 'alice'] });
  const asValue = (message: Buffer) => `ENC[GPG,${message.toString('base64')}]`;
  value = asValue(home.gpg(['--recipient', FINGERPRINTS.bob ?? '', '--encrypt'], 'hello'));
  const password = ['--pinentry-mode', 'loopback', '--passphrase', BOBS_PASSPHRASE, '--symmetric'];
  locked = asValue(home.gpg(password, 'for whom has the password'));
});
afterAll(() => home.remove());
beforeEach(() => home.killAgent());

const decrypt = (text: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  eyaml(['decrypt', '-s', text, ...args], { cwd: scratchFolder(), env: { GNUPGHOME: home.path, ...env } });

function passphraseFile(text: string): string {
  const file = path.join(scratchFolder(), 'passphrase');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function withConf(name: string, lines: string): void {
  const file = path.join(home.path, name);
  const before = existsSync(file) ? readFileSync(file) : '';
  appendFileSync(file, lines);
  onTestFinished(() => writeFileSync(file, before));
}

describe('a key in GnuPG that has a passphrase, where there is no terminal', () => {
  test('--gpg-passphrase-file opens it', async () => {
    const args = ['--gpg-passphrase-file', passphraseFile(`${BOBS_PASSPHRASE}\nsecond line\n`)];
    expect(await decrypt(value, args)).toMatchObject({ code: 0, stdout: 'hello', stderr: '' });
  });

  test('--gpg-passphrase-env-var opens it', async () => {
    const args = ['--gpg-passphrase-env-var', 'BOBS'];
    expect(await decrypt(value, args, { BOBS: BOBS_PASSPHRASE })).toMatchObject({
      code: 0,
      stdout: 'hello',
      stderr: '',
    });
  });

  test('a given passphrase goes to gpg too, for what only gpg can open', async () => {
    const args = ['--gpg-passphrase-file', passphraseFile(BOBS_PASSPHRASE)];
    expect(await decrypt(locked, args)).toMatchObject({ code: 0, stdout: 'for whom has the password', stderr: '' });
  });

  test('a wrong one is told, with where it is from, and is not shown', async () => {
    const { code, stdout, stderr } = await decrypt(value, ['--gpg-passphrase-file', passphraseFile('not it\n')]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('the passphrase for the secret key 1E8E7705F0FDE5ED (Bob <bob@example.com>) is wrong');
    expect(stderr).toContain('it is from --gpg-passphrase-file');
    expect(stderr).not.toContain('not it');
  });

  test('a file that is not there is no matter as long as no passphrase is needed', async () => {
    const missing = ['--gpg-passphrase-file', '/nonexistent'];
    const forAlice = home.gpg(['--recipient', FINGERPRINTS.alice ?? '', '--encrypt'], 'hi').toString('base64');
    expect(await decrypt(`ENC[GPG,${forAlice}]`, missing)).toMatchObject({ code: 0, stdout: 'hi', stderr: '' });
    const { code, stderr } = await decrypt(value, missing);
    expect(code).toBe(1);
    expect(stderr).toContain('cannot read the file that --gpg-passphrase-file names: no such file');
  });

  test('pinentry-mode loopback and passphrase-file in gpg.conf count, as they do for gpg', async () => {
    withConf(
      'gpg.conf',
      `# by hand\n  pinentry-mode loopback\npassphrase-file "${passphraseFile(`${BOBS_PASSPHRASE}\n`)}"\n`,
    );
    expect(await decrypt(value)).toMatchObject({ code: 0, stdout: 'hello', stderr: '' });
    expect(await decrypt(locked)).toMatchObject({ code: 0, stdout: 'for whom has the password', stderr: '' });
  });

  test('passphrase-file without pinentry-mode loopback counts for nothing, as for gpg', async () => {
    withConf('gpg.conf', `passphrase-file ${passphraseFile(BOBS_PASSPHRASE)}\n`);
    expect(await decrypt(value)).toMatchObject({ code: 1, stdout: '' });
  });

  test('an agent that takes no passphrases is told as one', async () => {
    withConf('gpg-agent.conf', 'no-allow-loopback-pinentry\n');
    const { code, stderr } = await decrypt(value, ['--gpg-passphrase-file', passphraseFile(BOBS_PASSPHRASE)]);
    expect(code).toBe(1);
    expect(stderr).toContain('gpg-agent does not take the passphrase of --gpg-passphrase-file');
    expect(stderr).toContain('no-allow-loopback-pinentry');
  });
});
