import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { readHead } from '../../src/openpgp/inspect.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { createScene, type Scene } from '../helpers/scene.js';

// Other programs that people have as their gpg: GnuPG 2.4, and Sequoia's gpg-sq. EYAML_GPGS lists folders for PATH, separated by colons
// (.ci/gnupg-peers makes them, from Debian's archive); without any these tests are skipped. Here stands what needs the gpg of the system
// beside it, or one feature of theirs; `npm run test:gnupgs` runs the tests that depend most on gpg with each.
const FOLDERS = (process.env.EYAML_GPGS ?? '').split(':').filter(Boolean);
const { PATH = '' } = process.env;
const SYSTEM_GPG = execFileSync('sh', ['-c', 'command -v gpg']).toString().trim();
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const { alice = '', ann = '' } = FINGERPRINTS;

if (FOLDERS.length === 0) test.skip('no other GnuPG is here: EYAML_GPGS is empty', () => undefined);

/** The octets of a value. */
const octetsOf = (value: string) => Buffer.from(/ENC\[GPG,([^\]]+)\]/.exec(value)?.[1] ?? '', 'base64');

describe.each(FOLDERS)('with the gpg of %s', (folder) => {
  const gpg = path.join(folder, 'gpg');
  let home: GnupgHome;
  let systemHome: GnupgHome;
  beforeAll(() => {
    systemHome = createGnupgHome({ secret: ['alice', 'bob'], pub: ['ann'] });
    home = createGnupgHome({ secret: ['alice', 'bob'], pub: ['ann'], agentConf: ['default-cache-ttl 0'] });
    vi.stubEnv('PATH', `${folder}:${PATH}`);
  });
  afterAll(() => {
    home.remove();
    vi.unstubAllEnvs();
    systemHome.remove();
  });
  const scene = (lines: readonly string[]): Scene => {
    const made = createScene({ gnupg: home });
    made.write(RECIPIENTS, lines.map((line) => `${line}\n`).join(''));
    return made;
  };
  const bySystem = (args: readonly string[], input: Uint8Array | string) =>
    execFileSync(SYSTEM_GPG, ['--homedir', systemHome.path, '--batch', '--quiet', ...args], {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
    });

  test('it is not the one of the system', () => {
    const versionOf = (program: string) => execFileSync(program, ['--version']).toString().split('\n')[0];
    expect(versionOf(gpg)).not.toBe(versionOf(SYSTEM_GPG));
    expect(execFileSync('sh', ['-c', 'command -v gpg']).toString().trim()).toBe(gpg);
  });

  test.each([
    ['an address', ['alice@example.com'], 'wot'],
    ['a part of a user ID', ['Alice'], 'wot'],
    ['a fingerprint', [alice], 'pinned'],
    ['several', [`${alice} # Alice`, 'bob@example.com', ann], 'wot'],
  ])('encrypt and decrypt for %s, and so does the gpg of the system', async (_, lines, trust) => {
    const { run } = scene(lines);
    const made = await run(['encrypt', '-o', 'string', '-s', 'żółw', '--gpg-trust', trust]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['decrypt', '-s', made.stdout])).toMatchObject({ code: 0, stdout: 'żółw', stderr: '' });
    expect(bySystem(['--decrypt'], octetsOf(made.stdout)).toString()).toBe('żółw');
    expect(readHead(octetsOf(made.stdout)).readers).toHaveLength(lines.length);

    const theirs = bySystem(['--rfc4880', '--encrypt', '--recipient', alice], 'theirs').toString('base64');
    expect(await run(['decrypt', '-s', `ENC[GPG,${theirs}]`])).toMatchObject({ stdout: 'theirs', stderr: '' });
  });

  test('edit, recrypt and check a file', async () => {
    const { run, edit, read, write } = scene(['alice@example.com']);
    write('new.yaml', 'a: DEC::GPG[one]!\nb: plain\n');
    write('new.yaml', (await run(['encrypt', '-e', 'new.yaml'])).stdout || read('new.yaml'));
    expect((await edit('new.yaml', "sed -i 's/one/two/'")).code).toBe(0);
    expect((await run(['decrypt', '-f', 'new.yaml'])).stdout).toBe('a: two\nb: plain\n');
    expect(await run(['check', '.'])).toMatchObject({ code: 0 });
    write(RECIPIENTS, 'alice@example.com\nann@example.com\n');
    expect(await run(['check', '.'])).toMatchObject({ code: 1 });
    expect(await run(['recipients', 'ack', '--yes'])).toMatchObject({ code: 0 });
    expect(await run(['recrypt', '--yes', '.'])).toMatchObject({ code: 0 });
    expect(await run(['check', '.'])).toMatchObject({ code: 0 });
    expect(readHead(octetsOf(read('new.yaml'))).readers).toHaveLength(2);
    expect(bySystem(['--decrypt'], octetsOf(read('new.yaml'))).toString()).toBe('two');
  });

  test('unknown recipients, keys that are not genuine, and values of others are told as such', async () => {
    const { run, write } = scene([alice, 'ghost@example.com', '0'.repeat(40)]);
    const unknown = await run(['encrypt', '-o', 'string', '-s', 'x']);
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('no key in the keyring is "ghost@example.com"');
    expect(unknown.stderr).toContain(`no key in the keyring is "${'0'.repeat(40)}"`);

    home.gpg(['--import-ownertrust'], `${ann}:2:\n`);
    onTestFinished(() => void home.gpg(['--import-ownertrust'], `${ann}:6:\n`));
    write(RECIPIENTS, 'ann@example.com\n');
    expect((await run(['encrypt', '-o', 'string', '-s', 'x'])).stderr).toContain('is not trusted by GnuPG');

    const theirs = bySystem(['--trust-model', 'always', '--encrypt', '--recipient', ann], 'x').toString('base64');
    const { code, stderr } = await run(['decrypt', '-s', `ENC[GPG,${theirs}]`]);
    expect(code).toBe(1);
    expect(stderr).toContain('none of your secret keys is among them');
  });

  test('init, and a new key that goes into its keyring', async () => {
    const own = createGnupgHome();
    onTestFinished(() => own.remove());
    const { run, read } = createScene({ gnupg: own });
    const args = [
      'createkeys',
      '-n',
      'gpg',
      '--into-gnupg',
      '--gpg-user-id',
      'New <new@example.com>',
      '--no-passphrase',
    ];
    const made = await run(args);
    expect(made.code).toBe(0);
    const [fingerprint = ''] = made.stdout.split(' ');
    expect((await run(['init', '--recipient', fingerprint])).code).toBe(0);
    expect(read(RECIPIENTS)).toContain(fingerprint);
    const { stdout } = await run(['encrypt', '-o', 'string', '-s', 'x']);
    expect(await run(['decrypt', '-s', stdout])).toMatchObject({ code: 0, stdout: 'x' });
  });

  test.skipIf(!existsSync(path.join(folder, '../lib/gnupg/keyboxd')))('keys that keyboxd keeps', async () => {
    const own = createGnupgHome();
    onTestFinished(() => own.remove());
    writeFileSync(path.join(own.path, 'common.conf'), 'use-keyboxd\n');
    own.gpg(['--import', path.join(FIXTURES, 'keys/alice.sec.asc'), path.join(FIXTURES, 'keys/ann.pub.asc')]);
    own.gpg(['--import-ownertrust'], `${alice}:6:\n${ann}:6:\n`);
    expect(existsSync(path.join(own.path, 'pubring.kbx'))).toBe(false);
    const { run, write } = createScene({ gnupg: own });
    write(RECIPIENTS, `alice@example.com\n${ann}\n`);
    const made = await run(['encrypt', '-o', 'string', '-s', 'x']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['decrypt', '-s', made.stdout])).toMatchObject({ code: 0, stdout: 'x', stderr: '' });
  });
});
