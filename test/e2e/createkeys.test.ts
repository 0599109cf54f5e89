import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment, COMMAND, eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { hasPeer } from '../helpers/peers.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const PRIVATE = 'keys/private_key.pkcs7.pem';
const PUBLIC = 'keys/public_key.pkcs7.pem';
const QUESTIONS = [PRIVATE, PUBLIC].map((file) => `Are you sure you want to overwrite "./${file}"? (y/N): `);
const [ABOUT_PRIVATE = '', ABOUT_PUBLIC = ''] = QUESTIONS;

const modeOf = (file: string) => (statSync(file).mode & 0o7777).toString(8);
const listing = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

/** A folder with a pair in it that is no longer wanted. */
function folderWithKeys(): string {
  const cwd = scratchFolder();
  mkdirSync(path.join(cwd, 'keys'));
  writeFileSync(path.join(cwd, PRIVATE), 'old private key\n', { mode: 0o644 });
  writeFileSync(path.join(cwd, PUBLIC), 'old public key\n', { mode: 0o644 });
  return cwd;
}

/** Both files as a pair: throws when they are none. */
function pairIn(cwd: string, [privateFile, publicFile]: readonly [string, string] = [PRIVATE, PUBLIC]) {
  const privateKey = createPrivateKey(readFileSync(path.join(cwd, privateFile)));
  const certificate = new X509Certificate(readFileSync(path.join(cwd, publicFile)));
  expect(certificate.checkPrivateKey(privateKey)).toBe(true);
  return { privateKey, certificate };
}

function expectUntouched(cwd: string): void {
  expect(listing(cwd)).toEqual(['keys', PRIVATE, PUBLIC]);
  expect(readFileSync(path.join(cwd, PRIVATE), 'utf8')).toBe('old private key\n');
  expect(readFileSync(path.join(cwd, PUBLIC), 'utf8')).toBe('old public key\n');
}

test('a first pair: the folder is made, the private key is for its owner alone, and the pair works', async () => {
  const cwd = scratchFolder();
  const { stderr, stdout, code } = await eyaml(['createkeys'], { cwd });
  expect({ stderr, stdout, code }).toEqual({
    stderr: 'Created key directory: ./keys\nKeys created OK\n',
    stdout: '',
    code: 0,
  });
  expect(listing(cwd)).toEqual(['keys', PRIVATE, PUBLIC]);
  expect([PRIVATE, PUBLIC].map((file) => modeOf(path.join(cwd, file)))).toEqual(['600', '644']);
  const { privateKey, certificate } = pairIn(cwd);
  expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(certificate.subject).toBeFalsy();
  expect(readFileSync(path.join(cwd, PRIVATE), 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);

  const value = await eyaml(['encrypt', '-o', 'string', '--stdin'], { cwd, input: 'first' });
  expect(value.stdout).toMatch(/^ENC\[PKCS7,MII[\w+/=]+\]$/);
  expect((await eyaml(['decrypt', '--stdin'], { cwd, input: value.stdout })).stdout).toBe('first');
});

test('options say how long, for whom and with which hash; folders are made all the way', async () => {
  const cwd = scratchFolder();
  mkdirSync(path.join(cwd, '.eyaml'));
  writeFileSync(path.join(cwd, '.eyaml/config.yaml'), 'pkcs7_keysize: 2064\npkcs7_digest: SHA384\n');
  const files = ['a/b/private.pem', 'a/c/public.pem'] as const;
  const where = ['--pkcs7-private-key', files[0], '--pkcs7-public-key', files[1]];
  const what = ['--pkcs7-subject', '/C=DE/CN=Fürth', '--pkcs7-digest', 'sha512'];
  const { stderr, stdout, code } = await eyaml(['createkeys', '-v', ...where, ...what], { cwd });
  expect(stderr.split('\n').filter((line) => !line.startsWith('Loaded config'))).toEqual([
    'Created key directory: a/b',
    'Created key directory: a/c',
    'Keys created OK',
    expect.stringMatching(/^private key: a\/b\/private\.pem, .* never commit it$/),
    expect.stringMatching(/^public key: a\/c\/public\.pem, /),
    '',
  ]);
  expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
  const { privateKey, certificate } = pairIn(cwd, files);
  expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(2064);
  expect(certificate.subject).toBe('C=DE\nCN=Fürth');
  const der = certificate.raw.toString('hex');
  expect(der).toContain('06092a864886f70d01010d');
});

describe('keys that are there already', () => {
  test('two times yes replaces them, and the private key is for its owner alone from now on', async () => {
    const cwd = folderWithKeys();
    chmodSync(path.join(cwd, PUBLIC), 0o600);
    const { stderr, stdout, code } = await eyaml(['createkeys'], { cwd, input: 'y\nYES' });
    expect({ stderr, stdout, code }).toEqual({ stderr: `${QUESTIONS.join('')}Keys created OK\n`, stdout: '', code: 0 });
    pairIn(cwd);
    expect(listing(cwd)).toEqual(['keys', PRIVATE, PUBLIC]);
    expect([PRIVATE, PUBLIC].map((file) => modeOf(path.join(cwd, file)))).toEqual(['600', '644']);
  });

  test.each([
    ['n\n', ABOUT_PRIVATE],
    ['', ABOUT_PRIVATE],
    ['y\nn\n', QUESTIONS.join('')],
  ])('the answers %j leave both as they were', async (input, asked) => {
    const cwd = folderWithKeys();
    const { stderr, stdout, code } = await eyaml(['createkeys'], { cwd, input });
    expect({ stderr, stdout, code }).toEqual({
      stderr: `${asked}error: User aborted [ABORTED]\n`,
      stdout: '',
      code: 1,
    });
    expectUntouched(cwd);
    expect(modeOf(path.join(cwd, PRIVATE))).toBe('644');
  });

  test('only what is there is asked about', async () => {
    const cwd = folderWithKeys();
    const { stderr, code } = await eyaml(['createkeys', '--pkcs7-private-key', 'new.pem'], { cwd, input: 'y\n' });
    expect({ stderr, code }).toEqual({ stderr: `${ABOUT_PUBLIC}Keys created OK\n`, code: 0 });
    pairIn(cwd, ['new.pem', PUBLIC]);
    expect(readFileSync(path.join(cwd, PRIVATE), 'utf8')).toBe('old private key\n');
  });

  test('a symbolic link stays one, and what it names is replaced', async () => {
    const cwd = folderWithKeys();
    symlinkSync(PRIVATE, path.join(cwd, 'link.pem'));
    const { code } = await eyaml(['createkeys', '--pkcs7-private-key', 'link.pem'], { cwd, input: 'y\ny\n' });
    expect(code).toBe(0);
    expect(lstatSync(path.join(cwd, 'link.pem')).isSymbolicLink()).toBe(true);
    expect(modeOf(path.join(cwd, PRIVATE))).toBe('600');
    pairIn(cwd);
  });

  test.runIf(isRoot)('root makes new keys for the one whose keys they were', async () => {
    const cwd = folderWithKeys();
    for (const file of [PRIVATE, PUBLIC]) chownSync(path.join(cwd, file), NOBODY, NOBODY);
    expect((await eyaml(['createkeys'], { cwd, input: 'y\ny\n' })).code).toBe(0);
    for (const file of [PRIVATE, PUBLIC]) {
      const { uid, gid } = statSync(path.join(cwd, file));
      expect({ uid, gid }).toEqual({ uid: NOBODY, gid: NOBODY });
    }
    expect(modeOf(path.join(cwd, PRIVATE))).toBe('600');
  });
});

describe('on a terminal', () => {
  test('yes and yes', async () => {
    const cwd = folderWithKeys();
    const terminal = eyamlOnTerminal(['createkeys'], { cwd });
    await terminal.waitFor(/overwrite "\.\/keys\/private_key\.pkcs7\.pem"\? \(y\/N\): /);
    terminal.type('y\r');
    await terminal.waitFor(/overwrite "\.\/keys\/public_key\.pkcs7\.pem"\? \(y\/N\): /);
    terminal.type('Y\r');
    expect((await terminal.ended).exitCode).toBe(0);
    const answered = QUESTIONS.map((question, i) => `${question}${i === 0 ? 'y' : 'Y'}\r\n`);
    expect(terminal.shown()).toBe(`${answered.join('')}Keys created OK\r\n`);
    pairIn(cwd);
  });

  test.each([
    ['Enter', '\r', 1, /User aborted/],
    ['Ctrl-C', '\u0003', 130, /\^C/],
  ])('%s keeps the old keys', async (_, keys, code, shown) => {
    const cwd = folderWithKeys();
    const terminal = eyamlOnTerminal(['createkeys'], { cwd });
    await terminal.waitFor(/\(y\/N\): /);
    terminal.type(keys);
    expect((await terminal.ended).exitCode).toBe(code);
    expect(terminal.shown()).toMatch(shown);
    expectUntouched(cwd);
  });
});

describe('what will not do is found before anything is asked or written', () => {
  test.each([
    [['--pkcs7-keysize', '1024']],
    [['--pkcs7-subject', '/C=DEU']],
    [['--pkcs7-digest', 'MD5']],
    [['--pkcs7-public-key', `./${PRIVATE}`]],
    [['a-file.eyaml']],
  ])('%j is a usage error', async (args) => {
    const cwd = folderWithKeys();
    const { stderr, stdout, code } = await eyaml(['createkeys', ...args], { cwd, input: 'y\ny\n' });
    expect({ stdout, code }).toEqual({ stdout: '', code: 2 });
    expect(stderr).toMatch(/^error: /);
    expectUntouched(cwd);
  });

  test.each([[['--pkcs7-public-key', 'keys'], 'error: keys is not a regular file [FILE_UNWRITABLE]\n']])(
    '%j is an error',
    async (args, stderr) => {
      const cwd = folderWithKeys();
      expect(await eyaml(['createkeys', ...args], { cwd, input: 'y\ny\n' })).toMatchObject({ code: 1, stderr });
      expectUntouched(cwd);
    },
  );
});

test('where a folder cannot be made, neither key is written', async () => {
  const cwd = folderWithKeys();
  writeFileSync(path.join(cwd, 'file'), '');
  const before = listing(cwd);
  const { stderr, code } = await eyaml(['createkeys', '--pkcs7-public-key', 'file/public.pem'], { cwd, input: 'y\n' });
  expect(stderr).toMatch(
    /error: cannot write \.\/keys\/private_key\.pkcs7\.pem and file\/public\.pem: (?:its folder does not exist|a part of its path is not a folder|it already exists) \[FILE_UNWRITABLE\]$/m,
  );
  expect(code).toBe(1);
  expect(listing(cwd)).toEqual(before);
  expect(readFileSync(path.join(cwd, PRIVATE), 'utf8')).toBe('old private key\n');
});

test('nor in a folder that is not to be written to', () => {
  const cwd = scratchFolder();
  mkdirSync(path.join(cwd, 'open'), { mode: 0o777 });
  mkdirSync(path.join(cwd, 'closed'));
  chmodSync(path.join(cwd, 'open'), 0o777);
  chmodSync(path.join(cwd, 'closed'), 0o555);
  chmodSync(cwd, 0o755);
  // Modes do not apply to root.
  const asNobody = isRoot ? ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : [];
  const args = ['createkeys', '--pkcs7-private-key', 'open/private.pem', '--pkcs7-public-key', 'closed/public.pem'];
  const [program = '', ...rest] = [...asNobody, ...COMMAND, ...args];
  const { status, stderr } = spawnSync(program, rest, { cwd, env: cleanEnvironment() });
  expect(stderr.toString()).toBe(
    'error: cannot write open/private.pem and closed/public.pem: permission denied [FILE_UNWRITABLE]\n',
  );
  expect(status).toBe(1);
  expect(listing(cwd)).toEqual(['closed', 'open']);
});

// In a sticky folder, who may write new files may still not replace those of others.
test.runIf(isRoot)('when the second cannot take its place, the first is as it was', () => {
  const cwd = folderWithKeys();
  mkdirSync(path.join(cwd, 'sticky'));
  writeFileSync(path.join(cwd, 'sticky/public.pem'), 'old public key\n');
  for (const folder of [cwd, path.join(cwd, 'keys')]) chmodSync(folder, 0o777);
  chmodSync(path.join(cwd, 'sticky'), 0o1777);
  for (const file of [PRIVATE, PUBLIC]) chownSync(path.join(cwd, file), NOBODY, NOBODY);
  const before = listing(cwd);
  const asNobody = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...COMMAND];
  const args = [...asNobody, 'createkeys', '--pkcs7-public-key', 'sticky/public.pem'];
  const { status, stderr } = spawnSync('setpriv', args, { cwd, env: cleanEnvironment(), input: 'y\ny\n' });
  expect(stderr.toString()).toMatch(
    /error: cannot write \S+ and sticky\/public\.pem: operation not permitted \[FILE_UNWRITABLE\]\n$/,
  );
  expect(status).toBe(1);
  expect(listing(cwd)).toEqual(before);
  expect(readFileSync(path.join(cwd, PRIVATE), 'utf8')).toBe('old private key\n');
  expect(readFileSync(path.join(cwd, 'sticky/public.pem'), 'utf8')).toBe('old public key\n');
});

test.runIf(hasPeer('eyaml'))('the Ruby tool encrypts and decrypts with our pair', async () => {
  const cwd = scratchFolder();
  expect((await eyaml(['createkeys', '-q', '--pkcs7-subject', '/CN=ours'], { cwd })).stderr).toBe('');
  const ruby = (args: readonly string[]) => {
    const { status, stdout } = spawnSync('eyaml', args, { cwd, env: cleanEnvironment({ HOME: cwd }) });
    expect(status).toBe(0);
    return stdout.toString().trimEnd();
  };
  const theirs = ruby(['encrypt', '-o', 'string', '-s', 'from Ruby']);
  expect((await eyaml(['decrypt', '-s', theirs], { cwd })).stdout).toBe('from Ruby');
  const ours = (await eyaml(['encrypt', '-o', 'string', '-s', 'for Ruby'], { cwd })).stdout;
  expect(ruby(['decrypt', '-s', ours])).toBe('for Ruby');
});
