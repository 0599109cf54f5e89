import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createGnupgHome, FINGERPRINTS } from '../helpers/gnupg.js';
import { addPublicKeys, copyKey, keyFile, recipientLine, toolsWithoutGpg } from '../helpers/key-homes.js';
import { createScene } from '../helpers/scene.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const ALICE = FINGERPRINTS.alice ?? '';

let tools: string;
beforeAll(() => {
  tools = toolsWithoutGpg(mkdtempSync(path.join(tmpdir(), 'eyaml-keyhome-')));
});
afterAll(() => rmSync(path.dirname(tools), { recursive: true }));

/** A folder whose recipients are alice and zoe; alice's private key and zoe's public one are in the key home, and nothing else is anywhere. */
function scene(hasGnupg: boolean) {
  const gnupg = hasGnupg ? createGnupgHome() : undefined;
  onTestFinished(() => gnupg?.remove());
  const it = createScene({ ...(gnupg ? { gnupg } : { env: { PATH: tools } }) });
  const home = path.join(it.homeFolder, '.eyaml/keys');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  copyKey('alice', path.join(home, 'alice.private.asc'));
  copyFileSync(keyFile('zoe', 'pub'), path.join(home, 'zoe.asc'));
  it.write(RECIPIENTS, recipientLine('alice') + recipientLine('zoe'));
  it.write('.eyaml/config.yaml', 'encrypt_method: gpg\n');
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await it.run([...args, '--gpg-trust', 'pinned']);
    return { code, stdout, stderr: stderr.replaceAll(home, 'KEYS') };
  };
  return { ...it, home, gnupg, run, put: (name: string) => path.join(home, name) };
}

describe.each([
  { world: 'with GnuPG', hasGnupg: true },
  { world: 'without GnuPG', hasGnupg: false },
])('$world', ({ hasGnupg }) => {
  test('every command finds the keys in the key home, with no option', async () => {
    const { run, read, write, edit } = scene(hasGnupg);
    write('data.yaml', 'a: DEC::GPG[x]!\n');
    const made = await run('encrypt', '-e', 'data.yaml');
    expect(made).toMatchObject({ code: 0, stderr: '' });
    write('data.eyaml', made.stdout);
    expect(await run('decrypt', '-f', 'data.eyaml')).toMatchObject({ code: 0, stdout: 'a: x\n', stderr: '' });
    expect((await edit('data.eyaml', 'sed -i s/x/zed/', '--gpg-trust', 'pinned')).code).toBe(0);
    expect(await run('decrypt', '-f', 'data.eyaml')).toMatchObject({ code: 0, stdout: 'a: zed\n' });
    expect(await run('check', '--decrypt', 'data.eyaml')).toMatchObject({
      code: 0,
      stdout: '1 value in 1 file, 1 opened: no problems found\n',
    });
    write(RECIPIENTS, recipientLine('alice'));
    expect((await run('recrypt', '--yes', 'data.eyaml')).code).toBe(0);
    expect(await run('check', 'data.eyaml')).toMatchObject({ code: 0 });
    expect((await run('init', '--all-keys', 'sub')).code).toBe(0);
    expect(read(`sub/${RECIPIENTS}`)).toMatch(/ # Alice .*\n.* # Zoë /);
  });

  test('a folder or file that cannot be trusted or read', async () => {
    const { run, home, put } = scene(hasGnupg);
    const value = (await run('encrypt', '-s', 'x', '-o', 'string')).stdout;
    // Everybody may look into it.
    chmodSync(home, 0o755);
    expect(await run('decrypt', '-s', value)).toMatchObject({ code: 0, stderr: '' });
    chmodSync(put('alice.private.asc'), 0o644);
    expect(await run('decrypt', '-s', value)).toMatchObject({
      code: 0,
      stderr:
        'warning: the secret key KEYS/alice.private.asc can be read by users other than its owner: chmod 600 KEYS/alice.private.asc\n',
    });
    chmodSync(home, 0o770);
    const refused = await run('decrypt', '-s', value);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    const warning =
      /^warning: the keys in your key home KEYS are not used: users other than its owner can write to it: chmod 700 \S+$/gm;
    expect(refused.stderr.match(warning)).toHaveLength(1);
    // GnuPG alone, or nothing, is left.
    expect(refused.stderr).toContain(hasGnupg ? '[VALUE_UNREADABLE]' : '[GPG_NOT_FOUND]');
  });

  test('what is no OpenPGP key is none of its business, a damaged one is named, and the others are used', async () => {
    const { run, put } = scene(hasGnupg);
    writeFileSync(put('private_key.pkcs7.pem'), '-----BEGIN RSA PRIVATE KEY-----\n');
    writeFileSync(put('server.key'), '-----BEGIN RSA PRIVATE KEY-----\n', { mode: 0o600 });
    writeFileSync(put('notes'), 'text');
    mkdirSync(put('folder'));
    const value = await run('encrypt', '-s', 'x', '-o', 'string');
    expect(value).toMatchObject({ code: 0, stderr: '' });
    writeFileSync(put('cut.asc'), '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlFgE\n');
    const again = await run('encrypt', '-s', 'x', '-o', 'string');
    expect(again).toMatchObject({ code: 0, stderr: 'warning: KEYS/cut.asc: its armor is damaged or cut short\n' });
    expect(await run('decrypt', '-s', value.stdout)).toMatchObject({ code: 0, stdout: 'x' });
  });

  test('a key that an option names as well is one key, and its file is named', async () => {
    const { run, put, cwd } = scene(hasGnupg);
    const value = (await run('encrypt', '-s', 'x', '-o', 'string')).stdout;
    copyKey('alice', path.join(cwd, 'mine.asc'));
    const read = await run('decrypt', '-v', '-s', value, '--gpg-private-key', 'mine.asc');
    expect(read).toMatchObject({ code: 0, stdout: 'x' });
    const lines = read.stderr.split('\n').filter((line) => line.startsWith(`secret key ${ALICE}`));
    expect(lines.map((line) => line.replace(/.* from /, ''))).toEqual(['mine.asc', 'KEYS/alice.private.asc']);
    writeFileSync(put('alice.private.asc'), 'no key');
    expect(await run('decrypt', '-s', value, '--gpg-private-key', 'mine.asc')).toMatchObject({ code: 0 });
  });

  test('a revocation there counts, and a public key elsewhere is not replaced by it', async () => {
    const { run, cwd, put } = scene(hasGnupg);
    addPublicKeys(cwd, ['alice', 'zoe', 'revoked']);
    rmSync(put('zoe.asc'));
    expect((await run('encrypt', '-s', 'x')).code).toBe(0);
    const { stderr } = await run('encrypt', '-s', 'x', '--gpg-recipients', FINGERPRINTS.revoked ?? '');
    expect(stderr).toMatch(/revoked/);
  });
});

test('a key home that is not a folder, or leads nowhere, is an error that names it', async () => {
  const { home, run } = scene(false);
  rmSync(home, { recursive: true });
  writeFileSync(home, '');
  const { code, stderr } = await run('encrypt', '-s', 'x');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: cannot read your key home KEYS: it is not a folder \[KEY_FILE_UNREADABLE\]\n/);
});

test('PKCS7 does not look into it', async () => {
  const { home, cwd, run } = scene(false);
  chmodSync(home, 0o777);
  rmSync(path.join(cwd, RECIPIENTS));
  const made = await run('createkeys', '-n', 'pkcs7');
  expect(made.code).toBe(0);
  const value = await run('encrypt', '-n', 'pkcs7', '-s', 'x', '-o', 'string');
  expect(value).toMatchObject({ code: 0, stderr: '' });
  expect(await run('decrypt', '-s', value.stdout)).toMatchObject({ code: 0, stdout: 'x', stderr: '' });
});

test('GnuPG comes first: a key that it has is used there', async () => {
  const { run, gnupg } = scene(true);
  gnupg?.gpg(['--import', keyFile('alice', 'sec')]);
  const value = (await run('encrypt', '-s', 'x', '-o', 'string')).stdout;
  const told = await run('encrypt', '-v', '-s', 'x', '-o', 'string');
  expect(told.stderr).toMatch(new RegExp(`  ${ALICE} .*, from GnuPG`));
  expect(told.stderr).toMatch(/Zoë .*, from key files/);
  expect(await run('decrypt', '-s', value)).toMatchObject({ code: 0, stdout: 'x' });
});
