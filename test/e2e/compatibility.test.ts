import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment } from '../helpers/cli.js';
import { FIXTURES } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { createScene } from '../helpers/scene.js';

// What docs/compatibility.md says of the command line and no other test shows. PKCS7 alone, which needs no keyring.
const UNTAGGED = readFileSync(path.join(FIXTURES, 'tree/pkcs7/untagged.eyaml'), 'utf8');
const VALUE = UNTAGGED.slice(UNTAGGED.indexOf('ENC'), -1);

const MANIFEST = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')) as {
  readonly commands: Readonly<Record<string, { readonly flags: object }>>;
};

describe.runIf(hasPeer('eyaml'))('beside Ruby eyaml', () => {
  const ruby = (args: readonly string[], cwd: string) =>
    spawnSync('eyaml', args, { cwd, encoding: 'utf8', env: cleanEnvironment({ HOME: cwd }) });
  const optionsIn = (help: string) => new Set(help.replaceAll('--[no-]', '--').match(/--[a-z][\w-]+/g));

  test.each(['encrypt', 'edit', 'recrypt'])('%s has every option that it has there', (name) => {
    const theirs = optionsIn(ruby([name, '--help'], createScene().cwd).stdout);
    // Its help shows only its own; the others are among those of all commands, or of the command that uses them.
    const ours = new Set(Object.keys(MANIFEST.commands[name]?.flags ?? {}).map((option) => `--${option}`));
    const table = readFileSync(path.resolve(import.meta.dirname, '../../docs/compatibility.md'), 'utf8');
    expect(theirs.size).toBeGreaterThan(10);
    expect([...theirs].filter((option) => option !== '--help' && !ours.has(option))).toEqual([]);
    expect([...theirs].filter((option) => !table.includes(option))).toEqual([]);
  });

  test('reads what we write, in every form, and we read what it writes', async () => {
    const { run, cwd, write } = createScene({ keys: true });
    for (const form of ['string', 'block']) {
      write('ours.yaml', `${(await run(['encrypt', '-s', 'two\nlines', '-l', 'key', '-o', form])).stdout.trimEnd()}\n`);
      expect(ruby(['decrypt', '-f', 'ours.yaml'], cwd).stdout).toMatch(/two\n *lines/);
      write('theirs.yaml', ruby(['encrypt', '-s', 'pass', '-l', 'key', '-o', form], cwd).stdout);
      expect((await run(['decrypt', '-f', 'theirs.yaml'])).stdout).toMatch(/^key: (?:>\n {2})?pass\n$/);
    }
  });

  test('decrypt -e prints the same', async () => {
    const { run, cwd, write } = createScene({ keys: true });
    write('a.yaml', `${UNTAGGED}block: >\n  ${VALUE}\n# ${VALUE}`);
    const { stdout } = await run(['decrypt', '-e', 'a.yaml']);
    expect(stdout).toBe(ruby(['decrypt', '-e', 'a.yaml'], cwd).stdout);
    expect(stdout.endsWith('# DEC::PKCS7[pkcs7 string]!\n')).toBe(true);
  });
});

describe('encrypt', () => {
  test('-o string ends without a newline, the other forms with one', async () => {
    const { run } = createScene({ keys: true });
    const print = async (...args: string[]) => (await run(['encrypt', '-s', 'x', ...args])).stdout;
    expect(await print('-o', 'string')).toMatch(/^ENC\[PKCS7,[\w+/=]+\]$/);
    expect(await print('-o', 'block')).toMatch(
      /^ {2}ENC\[PKCS7,[^\n]{50}\n(?: {2}[\w+/=]{60}\n)+ {2}[\w+/=]{1,60}\]\n$/,
    );
    const examples = /^string: ENC\[PKCS7,[\w+/=]+\]\n\nOR\n\nblock: >\n {2}ENC\[PKCS7,[\w+/=\s]+\]\n$/;
    expect(await print()).toMatch(examples);
    expect(await print('--output', 'examples')).toMatch(examples);
  });

  test('--label stands before every form', async () => {
    const { run } = createScene({ keys: true });
    const labels = async (form: string) =>
      (await run(['encrypt', '-s', 'x', '-l', 'a::b', '-o', form])).stdout.match(/^a::b: (?:>$|ENC)/gm);
    expect(await labels('string')).toEqual(['a::b: ENC']);
    expect(await labels('block')).toEqual(['a::b: >']);
    expect(await labels('examples')).toEqual(['a::b: ENC', 'a::b: >']);
  });

  test('-n in any case; one that nobody knows is an error that names those there are', async () => {
    const { run } = createScene({ keys: true });
    for (const method of ['pkcs7', 'PKCS7', 'Pkcs7']) {
      expect((await run(['encrypt', '-n', method, '-s', 'x', '-o', 'string'])).stdout).toMatch(/^ENC\[PKCS7,/);
    }
    const { code, stderr } = await run(['encrypt', '--encrypt-method', 'kms', '-s', 'x']);
    expect(code).toBe(2);
    expect(stderr).toContain('the encryption method KMS is not available [USAGE]\nhint: available: GPG, PKCS7');
  });

  test('-s takes text that looks like options, -f and --stdin take octets', async () => {
    const { run, write } = createScene({ keys: true });
    write('file', '--text\n');
    const sources = [['-s', '--text\n'], ['-f', 'file'], ['--stdin']];
    for (const source of sources) {
      const { stdout } = await run(['encrypt', '-o', 'string', ...source], { input: '--text\n' });
      expect((await run(['decrypt', '--stdin'], { input: stdout })).stdout).toBe('--text\n');
    }
  });
});

describe('decrypt', () => {
  test('-s and --stdin print the octets and no newline of their own; text without values stays as it is', async () => {
    const { run } = createScene({ keys: true });
    expect((await run(['decrypt', '-s', VALUE])).stdout).toBe('pkcs7 string');
    expect((await run(['decrypt', '--stdin'], { input: `<${VALUE}>` })).stdout).toBe('<pkcs7 string>');
    expect((await run(['decrypt', '-s', 'no value'])).stdout).toBe('no value');
  });
});

describe('a pasted block', () => {
  test.each(['>', ''])('with the header %j gives the plaintext alone, to -s and --stdin', async (header) => {
    const { run } = createScene({ keys: true });
    const lines = (VALUE.match(/.{1,60}/g) ?? []).map((line) => `  ${line}\n`).join('');
    const text = header === '' ? lines : `${header}\n${lines}`;
    expect((await run(['decrypt', '-s', text.trimEnd()])).stdout).toBe('pkcs7 string');
    expect((await run(['decrypt', '--stdin'], { input: text.replaceAll('\n', '\r\n') })).stdout).toBe('pkcs7 string');
  });

  test('in a file, and a value on one line, keep what stands around them', async () => {
    const { run, write } = createScene({ keys: true });
    const decrypt = async (text: string) => (await run(['decrypt', '-s', text])).stdout;
    expect(await decrypt(` ${VALUE}\n`)).toBe(' pkcs7 string\n');
    write('a.yaml', `>\n  ${VALUE}\n`);
    expect((await run(['decrypt', '-f', 'a.yaml'])).stdout).toBe('>\n  pkcs7 string\n');
  });
});

describe('encrypt -e', () => {
  test.each([
    ['a flow list', 'a: 1\nb: [DEC::PKCS7[x]!, 2]\n', 2],
    ['a flow mapping', 'b:\n  c: { d: DEC::PKCS7[x]! }\n', 2],
  ])('refuses to make YAML invalid, and says where: in %s', async (_, text, line) => {
    const { run, write } = createScene({ keys: true });
    write('new.yaml', text);
    const { code, stdout, stderr } = await run(['encrypt', '-n', 'pkcs7', '-e', 'new.yaml']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`new.yaml:${line}: the file would no longer be valid YAML`);
    expect(stderr).toContain('hint: put the marker in double quotes');
  });

  test('takes what is no YAML anyway, and quotes, and lines at column 0 in a block', async () => {
    const { run, write } = createScene({ keys: true });
    for (const text of ['a: {{ x\nb: [@, 2]\n', 'b: ["@", 2]\n', 'a: >\n  @\n', 'PASSWORD=@\n[section]\nx = [@]\n']) {
      write('new.yaml', text.replaceAll('@', 'DEC::PKCS7[one\ntwo]!'.replace(text.includes('>') ? '' : '\ntwo', '')));
      const { code, stdout } = await run(['encrypt', '-n', 'pkcs7', '-e', 'new.yaml']);
      expect(code).toBe(0);
      expect(stdout.replace(/ENC\[[^\]]+\]/g, '@')).toBe(text);
    }
  });
});

describe('edit', () => {
  test('a new file starts as ---; without a change it is not made', async () => {
    const { edit, has } = createScene({ keys: true });
    const { code, stdout, stderr } = await edit('new.eyaml', 'cat', '--no-preamble');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '---\n' });
    expect(stderr).toMatch(/^new\.eyaml doesn't exist, editing new file\nNo changes detected, exiting\n/);
    expect(has('new.eyaml')).toBe(false);
  });

  test('-d and --no-decrypt show values as they stand; -v names a temporary file that ends in .yaml', async () => {
    const { edit, write } = createScene({ keys: true });
    write('a.eyaml', UNTAGGED);
    for (const option of ['-d', '--no-decrypt']) {
      expect((await edit('a.eyaml', 'cat', '--no-preamble', option)).stdout).toBe(UNTAGGED);
    }
    expect((await edit('a.eyaml', 'true', '-v')).stderr).toMatch(/^Wrote temporary file: \/\S+\.yaml$/m);
  });
});

describe('recrypt', () => {
  test('-d and --change-encryption name the method, in any case', async () => {
    const { run, read, write } = createScene({ keys: true });
    for (const option of [['-d', 'PKCS7'], ['--change-encryption=pkcs7'], []]) {
      write('a.eyaml', UNTAGGED);
      expect((await run(['recrypt', 'a.eyaml', ...option])).code).toBe(0);
      expect(read('a.eyaml')).toBe(UNTAGGED);
    }
    expect((await run(['recrypt', '--all', 'a.eyaml'])).code).toBe(0);
    expect(read('a.eyaml')).toMatch(/^---\nuntagged: ENC\[PKCS7,/);
  });
});

describe('PKCS7 keys', () => {
  const PEM = (kind: string) => readFileSync(path.join(FIXTURES, `keys/pkcs7/${kind}_key.pkcs7.pem`), 'utf8');

  test('from environment variables that options name, in PEM or in base64 of it', async () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const env = { A: PEM('public'), B: PEM('private'), C: base64(PEM('public')), D: base64(PEM('private')) };
    const { run } = createScene({ env });
    const there = async (...options: string[]) => {
      const { stdout } = await run(['encrypt', '-s', 'x', '-o', 'string', ...options.slice(0, 2)]);
      return (await run(['decrypt', '-s', stdout, ...options.slice(2)])).stdout;
    };
    expect(await there('--pkcs7-public-key-env-var', 'A', '--pkcs7-private-key-env-var', 'B')).toBe('x');
    expect(await there('--pkcs7-b64-public-key-env-var', 'C', '--pkcs7-b64-private-key-env-var', 'D')).toBe('x');
  });

  test.each([
    ['--pkcs7-public-key-env-var', {}, 'not set'],
    ['--pkcs7-public-key-env-var', { NAMED: '' }, 'empty'],
    ['--pkcs7-b64-public-key-env-var', {}, 'not set'],
    ['--pkcs7-b64-public-key-env-var', { NAMED: '' }, 'empty'],
  ])('no other key is taken when the variable of %s is unset or empty: %j', async (option, env, how) => {
    const { edit, read, run, write } = createScene({ keys: true, env });
    write('a.eyaml', UNTAGGED);
    write('marked.txt', 'a: DEC::PKCS7[x]!\n');
    const runs = [
      await run(['encrypt', '-n', 'pkcs7', '-s', 'x', option, 'NAMED']),
      await run(['encrypt', '-e', 'marked.txt', option, 'NAMED']),
      await run(['recrypt', '--all', '--yes', 'a.eyaml', option, 'NAMED']),
      await edit('a.eyaml', `sed -i '$anew: DEC::PKCS7[x]!'`, option, 'NAMED'),
    ];
    for (const { code, stdout, stderr } of runs) {
      expect([code, stdout.includes('ENC[')]).toEqual([1, false]);
      expect(stderr).toContain(`there is no PKCS7 key: the environment variable NAMED (${option}) is ${how}`);
    }
    expect(read('a.eyaml')).toBe(UNTAGGED);
  });

  test.each([
    ['--pkcs7-private-key-env-var', {}, 'not set'],
    ['--pkcs7-private-key-env-var', { NAMED: '' }, 'empty'],
    ['--pkcs7-b64-private-key-env-var', {}, 'not set'],
    ['--pkcs7-b64-private-key-env-var', { NAMED: '' }, 'empty'],
  ])('nor when that of %s is: %j', async (option, env, how) => {
    const { run, write } = createScene({ keys: true, env });
    write('a.eyaml', UNTAGGED);
    expect((await run(['decrypt', '-e', 'a.eyaml'])).code).toBe(0);
    const { code, stdout, stderr } = await run(['decrypt', '-e', 'a.eyaml', option, 'NAMED']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`there is no PKCS7 key: the environment variable NAMED (${option}) is ${how}`);
  });

  test('createkeys makes a pair where the options say, of the size they say, and asks before it replaces one', async () => {
    const { run, read } = createScene();
    const where = ['--pkcs7-private-key', 'k/private.pem', '--pkcs7-public-key', 'k/public.pem'];
    const more = ['--pkcs7-keysize', '3072', '--pkcs7-subject', '/CN=eyaml', '--pkcs7-digest', 'SHA512'];
    const made = await run(['createkeys', ...where, ...more]);
    expect(made).toMatchObject({ code: 0, stdout: '', stderr: 'Created key directory: k\nKeys created OK\n' });
    const pem = read('k/private.pem');
    expect(createPrivateKey(pem).asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(new X509Certificate(read('k/public.pem')).subject).toBe('CN=eyaml');
    const again = await run(['createkeys', ...where], { input: 'n\n' });
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toContain('Are you sure you want to overwrite "k/private.pem"? (y/N): ');
    expect(again.stderr).toContain('User aborted');
    expect(read('k/private.pem')).toBe(pem);
  });
});

describe('how a command ends', () => {
  const WRONG = [
    [],
    ['bogus'],
    ['encrypt'],
    ['encrypt', '-s', 'a', '-f', 'b'],
    ['encrypt', '-s', 'a', 'b'],
    ['encrypt', '-s', 'a', '-o', 'c'],
    ['encrypt', '--no-such-option'],
    ['decrypt'],
    ['edit'],
    ['recrypt'],
  ];

  test('wrong usage is 2, said on stderr alone', async () => {
    const { run } = createScene({ keys: true });
    for (const args of WRONG) {
      const { code, stdout, stderr } = await run(args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toMatch(/\S/);
    }
  });

  test('help is 0, on stdout', async () => {
    const { run } = createScene();
    for (const args of [['help'], ['--help'], ['encrypt', '-h'], ['help', 'encrypt']]) {
      const { code, stdout, stderr } = await run(args);
      expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      expect(stdout).toContain(args.includes('encrypt') ? '--label' : 'createkeys');
    }
  });

  test('-q and --quiet leave errors alone on stderr', async () => {
    const { run, edit, write } = createScene({ keys: true });
    write('a.eyaml', UNTAGGED);
    expect((await edit('a.eyaml', 'true', '-q')).stderr).toBe('');
    expect((await run(['recrypt', '--quiet', 'a.eyaml'])).stderr).toBe('');
    expect((await run(['decrypt', '-q', '-f', 'nowhere'])).stderr).toBe(
      'error: there is no file nowhere [FILE_NOT_FOUND]\n',
    );
  });
});
