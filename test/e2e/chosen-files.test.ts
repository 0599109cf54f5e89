import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, COMMAND, SHELL_COMMAND, withoutFirstUse } from '../helpers/cli.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { createScene, type Scene } from '../helpers/scene.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const LOCAL = '.eyaml/config.yaml';
const NETRC = 'machine git.example.com login ann password s3cr3t\nhttps://ann:s3cr3t@git.example.com\nhunter2\n';
const ENCRYPT = ['encrypt', '-s', 'x', '-o', 'string'];
// An editor that adds a value of the method that the buffer's own help names.
const ADD_VALUE = `sh -c 'echo "a: $(grep -o "DEC::[A-Z0-9]*" "$1" | head -1)[x]!" >> "$1"' sh`;

let gnupg: GnupgHome;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'] });
});
afterAll(() => gnupg.remove());

/** A folder where PKCS7 is at hand, with two files of values; the file that is meant to say who reads them is for the test to make. */
function scene(): Scene & { readonly recipients: string } {
  const it = createScene({ gnupg, keys: true });
  it.write('values/one.yaml', 'a: ENC[GPG,aGVsbG8=]\nb: DEC::GPG[left]!\n');
  it.write('values/two.yaml', 'a: ENC[GPG,aGVsbG8=]\n');
  it.write('values/new.txt', 'a: DEC::GPG[x]!\n');
  return { ...it, recipients: path.join(it.cwd, RECIPIENTS) };
}

interface Told {
  readonly findings: readonly { readonly file: string; readonly rule: string; readonly message: string }[];
}

describe('a recipients file that is there and cannot be read', () => {
  const kinds: [string, (file: string) => void, string][] = [
    ['a link that leads nowhere', (file) => symlinkSync('nowhere', file), 'it is a broken symbolic link'],
    ['a folder', (file) => mkdirSync(file), 'it is a folder'],
    ['a pipe', (file) => expect(spawnSync('mkfifo', [file]).status).toBe(0), 'it is not a regular file'],
    ['a device', (file) => symlinkSync('/dev/zero', file), 'it is not a regular file'],
  ];

  test.each(kinds)('%s makes no value PKCS7, and no new file', async (_, make, reason) => {
    const it = scene();
    make(it.recipients);
    const message = `error: cannot read the recipients file ${RECIPIENTS}: ${reason}`;
    const encrypted = await it.run(ENCRYPT);
    expect(encrypted).toMatchObject({ code: 1, stdout: '' });
    expect(encrypted.stderr).toContain(message);
    const edited = await it.edit('new.yaml', ADD_VALUE);
    expect(edited.code).toBe(1);
    expect(edited.stderr).toContain(message);
    expect(it.has('new.yaml')).toBe(false);
  });

  test.each(kinds)('%s is one finding of check, which goes on', async (_, make, reason) => {
    const it = scene();
    make(it.recipients);
    const { code, stdout } = await it.run(['check', '--format', 'json', '--disable-rule', 'unreadable-file', 'values']);
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout) as Told;
    expect(findings.filter(({ rule }) => rule === 'unreadable-file')).toEqual([
      expect.objectContaining({
        file: expect.stringContaining(RECIPIENTS) as string,
        message: expect.stringContaining(reason) as string,
      }),
    ]);
    expect(findings.map(({ rule }) => rule).sort()).toEqual([
      'damaged-value',
      'damaged-value',
      'leftover-marker',
      'unreadable-file',
    ]);
  });

  test('edit says which method its help leaves out, and why', async () => {
    const it = scene();
    symlinkSync('nowhere', it.recipients);
    const { code, stderr } = await it.edit('new.yaml', ADD_VALUE, '-n', 'pkcs7');
    expect(code).toBe(0);
    expect(stderr).toContain('warning: no new values of GPG can be added: cannot read the recipients file');
    expect(it.read('new.yaml')).toContain('ENC[PKCS7,');
  });

  test('and so does a folder of public keys that is none', async () => {
    const it = scene();
    it.write(RECIPIENTS, 'alice@example.com\n');
    it.write('.eyaml/public-keys', '');
    const { code, stderr } = await it.run(ENCRYPT);
    expect(code).toBe(1);
    expect(stderr).toContain('.eyaml/public-keys: it is not a folder');
  });

  const canBeAnother = process.getuid?.() === 0 && hasPeer('setpriv');
  test.runIf(canBeAnother)('is not for another user who may not read it', () => {
    const it = scene();
    it.write(RECIPIENTS, 'alice@example.com\n');
    chmodSync(it.recipients, 0);
    for (const name of ['', ...readdirSync(it.cwd, { recursive: true }).map(String)]) {
      if (name !== RECIPIENTS) chownSync(path.join(it.cwd, name), 65534, 65534);
    }
    const as = ['--reuid=65534', '--regid=65534', '--clear-groups', ...COMMAND];
    const run = (args: readonly string[], env = {}) =>
      spawnSync('setpriv', [...as, ...args], { cwd: it.cwd, env: cleanEnvironment(env), encoding: 'utf8' });
    const encrypted = run(ENCRYPT);
    expect(encrypted).toMatchObject({ status: 1, stdout: '' });
    expect(encrypted.stderr).toContain(`cannot read the recipients file ${RECIPIENTS}: permission denied`);
    const edited = run(['edit', 'new.yaml'], { EDITOR: ADD_VALUE });
    expect([edited.status, it.has('new.yaml')]).toEqual([1, false]);
    const checked = run(['check', '--format', 'json', 'values']);
    expect(checked.status).toBe(1);
    expect((JSON.parse(checked.stdout) as Told).findings.map(({ rule }) => rule)).toContain('unreadable-file');

    // Nor are public keys that may say that one is revoked.
    chmodSync(it.recipients, 0o644);
    mkdirSync(path.join(it.cwd, '.eyaml'), { mode: 0o700 });
    const below = spawnSync('setpriv', [...as, 'encrypt', '-e', 'new.txt'], {
      cwd: path.join(it.cwd, 'values'),
      env: cleanEnvironment(),
      encoding: 'utf8',
    });
    expect(below).toMatchObject({ status: 1, stdout: '' });
    expect(below.stderr).toContain('.eyaml/config.yaml: permission denied');
  });
});

describe('a file of the user’s that a repository names as recipients is not shown', () => {
  const ways: [string, (it: Scene) => void][] = [
    ['by a link', (it) => symlinkSync(path.join(it.homeFolder, '.netrc'), path.join(it.cwd, RECIPIENTS))],
    ['by ~ in its configuration', (it) => it.write(LOCAL, 'gpg_recipients_file: ~/.netrc\n')],
    [
      'by .. in its configuration',
      (it) => it.write(LOCAL, `gpg_recipients_file: ../${path.basename(it.homeFolder)}/.netrc\n`),
    ],
  ];
  const COMMANDS = [ENCRYPT, ['check', 'values'], ['recrypt', '--yes', '--all', 'values'], [...ENCRYPT, '-v', '-t']];

  test.each(ways)('%s', async (_, name) => {
    const it = scene();
    it.write(path.join(it.homeFolder, '.netrc'), NETRC);
    name(it);
    for (const args of COMMANDS) {
      const { code, stdout, stderr } = await it.run(args);
      expect(code).toBe(1);
      expect(stdout + stderr).toContain(`outside the folder ${it.cwd}`);
      expect(stdout + stderr).not.toMatch(/s3cr3t|hunter2|git\.example/);
    }
  });

  test('nor is one that lies inside and holds no recipients; gpg is not told of it either', async () => {
    const it = scene();
    it.write(RECIPIENTS, NETRC);
    const told = path.join(it.homeFolder, 'told');
    const real = spawnSync('sh', ['-c', 'command -v gpg'], { encoding: 'utf8' }).stdout.trim();
    it.write(path.join(it.homeFolder, 'bin/gpg'), `#!/bin/sh\necho "$*" >> ${told}\nexec ${real} "$@"\n`);
    chmodSync(path.join(it.homeFolder, 'bin/gpg'), 0o755);
    const env = { PATH: `${path.join(it.homeFolder, 'bin')}:${process.env.PATH ?? ''}` };
    for (const args of COMMANDS) {
      const { code, stdout, stderr } = await it.run(args, { env });
      expect(code).toBe(1);
      expect(stdout + stderr).not.toMatch(/s3cr3t|hunter2|git\.example/);
    }
    expect(readFileSync(told, 'utf8')).toContain('--list-keys');
    expect(readFileSync(told, 'utf8')).not.toMatch(/s3cr3t|hunter2|git\.example/);
  });

  test('what the user names is read wherever it lies, and what the user types is repeated', async () => {
    const it = scene();
    const elsewhere = path.join(it.homeFolder, 'team');
    it.write(elsewhere, 'alice@example.com\n');
    expect((await it.run([...ENCRYPT, '--gpg-recipients-file', elsewhere])).stdout).toMatch(/^ENC\[GPG,/);
    const { stderr } = await it.run([...ENCRYPT, '--gpg-recipients', 'Nobody At All']);
    expect(stderr).toContain('no key in the keyring is "Nobody At All"');
  });

  test('a list that folders of one tree share is followed', async () => {
    const it = scene();
    it.write('common.recipients', 'alice@example.com\n');
    symlinkSync('../common.recipients', path.join(it.cwd, 'values', RECIPIENTS));
    expect((await it.run(['encrypt', '-e', 'values/two.yaml'])).code).toBe(0);
    expect((await it.edit('values/new.yaml', ADD_VALUE)).code).toBe(0);
    expect(it.read('values/new.yaml')).toContain('ENC[GPG,');
  });
});

describe('what a repository names is a regular file with an end', () => {
  test.each([
    ['gpg_private_key', 'cannot read the secret key /dev/zero: it is not a regular file'],
    ['gpg_public_keys', '/dev/zero cannot be read (it is not a regular file)'],
    ['pkcs7_private_key', '/dev/zero cannot be read: it is not a regular file (--pkcs7-private-key)'],
    ['pkcs7_public_key', '/dev/zero cannot be read: it is not a regular file (--pkcs7-public-key)'],
    ['gpg_recipients_file', '/dev/zero: it is not a regular file'],
  ])('%s: /dev/zero', async (setting, message) => {
    const it = scene();
    it.write(RECIPIENTS, `${setting === 'gpg_public_keys' ? 'bob' : 'alice'}@example.com\n`);
    const method = setting.startsWith('pkcs7') ? 'pkcs7' : 'gpg';
    const { stdout: value } = await it.run([...ENCRYPT, '-n', method, '--gpg-recipients', 'alice@example.com']);
    it.write(LOCAL, `${setting}: /dev/zero\n`);
    const { code, stderr } = await it.run(
      setting.includes('private') ? ['decrypt', '-s', value] : [...ENCRYPT, '-n', method],
    );
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe('a pipe that the user names', () => {
  const shell = (it: Scene, script: string) =>
    spawnSync('bash', ['-c', `eyaml() { ${SHELL_COMMAND} "$@"; }; ${script}`], {
      cwd: it.cwd,
      env: cleanEnvironment({ HOME: it.homeFolder, GNUPGHOME: gnupg.path }),
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });

  test.each([
    ['<(…) as -f', 'eyaml encrypt -o string -f <(printf hello) | eyaml decrypt --stdin'],
    ['/dev/stdin as -f', 'printf hello | eyaml encrypt -o string -f /dev/stdin | eyaml decrypt -f /dev/stdin'],
    ['a named one as -f', 'mkfifo p; printf hello > p & eyaml encrypt -o string -f p | eyaml decrypt --stdin'],
    ['<(…) as -e', 'eyaml encrypt -e <(printf "DEC::GPG[hello]!") | eyaml decrypt --stdin'],
    [
      '<(…) as recipients',
      'eyaml encrypt -s hello -o string -n gpg --gpg-recipients-file <(echo alice@example.com) | eyaml decrypt --stdin',
    ],
    [
      '<(…) as public keys',
      'eyaml encrypt -s hello -o string --gpg-public-keys <(gpg --export) | eyaml decrypt --stdin',
    ],
    [
      '<(…) as configuration',
      'EYAML_CONFIG=<(echo "encrypt_method: gpg") eyaml encrypt -s hello -o string | eyaml decrypt --stdin',
    ],
  ])('%s', (_, script) => {
    const it = scene();
    it.write(RECIPIENTS, 'alice@example.com\n');
    const { stdout, stderr } = shell(it, script);
    expect({ stdout: stdout.trim(), stderr: withoutFirstUse(stderr) }).toEqual({ stdout: 'hello', stderr: '' });
  });

  test('with some megabytes', () => {
    const it = scene();
    it.write(RECIPIENTS, 'alice@example.com\n');
    writeFileSync(path.join(it.cwd, 'large'), Buffer.alloc(5 << 20, 'secret '));
    for (const script of ['eyaml encrypt --stdin -o string < large', 'eyaml encrypt -o string -f <(cat large)']) {
      const { status, stderr } = shell(it, `${script} | eyaml decrypt -f /dev/stdin | cmp - large`);
      expect({ status, stderr: withoutFirstUse(stderr) }).toEqual({ status: 0, stderr: '' });
    }
  });
});
