import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eyaml, type RunOptions } from '../helpers/cli.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { groupedFingerprint } from '../../src/text/fingerprint.js';
import { toolsWithoutGpg } from '../helpers/key-homes.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

const PRIVATE = 'keys/private_key.gpg.asc';
const PUBLIC = 'keys/public_key.gpg.asc';
const PASSPHRASE = 'Blaue Öfen 7';

let scratch: string;
let tools: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'eyaml-createkeys-'));
  tools = toolsWithoutGpg(scratch);
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** A folder to make keys in, without gpg on PATH. */
function scene() {
  const cwd = mkdtempSync(path.join(scratch, 'case-'));
  const env = { HOME: cwd, PATH: tools };
  return {
    cwd,
    env,
    at: (file: string) => path.join(cwd, file),
    textOf: (file: string) => readFileSync(path.join(cwd, file), 'utf8'),
    create: (args: readonly string[], { env: more, ...options }: RunOptions = {}) =>
      eyaml(['createkeys', '-n', 'gpg', ...args], { cwd, env: { ...env, ...more }, ...options }),
    listing: () => readdirSync(cwd, { recursive: true, encoding: 'utf8' }).sort(),
    run: (args: readonly string[]) => eyaml(args, { cwd, env }),
    onTerminal: (...args: string[]) => eyamlOnTerminal(['createkeys', '-n', 'gpg', ...args], { cwd, env }),
  };
}

const ANN = ['--gpg-user-id', 'Änn Ü <ann@example.com>'];
const LINE = /^([0-9A-F]{40}) # Änn Ü <ann@example\.com>\n$/;

const PUPPET =
  '  for a Puppet server: as its user, import the private key with gpg --homedir DIR --import, and set gpg_gnupghome: DIR in hiera.yaml';
const compareAndSign = (fingerprint: string) => [
  `    they compare its fingerprint with you: ${groupedFingerprint(fingerprint)}`,
  '    then, with GnuPG, they sign the key: gpg --quick-sign-key FINGERPRINT',
];

test('without a passphrase: two files in the key home, for their owner alone, and nothing else', async () => {
  const { create, at, listing, run } = scene();
  const { code, stdout, stderr } = await create([...ANN, '--no-passphrase']);
  expect(code).toBe(0);
  const fingerprint = LINE.exec(stdout)?.[1] ?? '';
  const [secret, open] = ['private', 'public'].map((half) => `.eyaml/keys/${fingerprint}.${half}.asc`);
  expect(stderr).toBe(
    [
      'Created key directory: ~/.eyaml/keys',
      'Keys created OK',
      'The key is in ~/.eyaml/keys, where eyaml finds it. Next steps:',
      '  set up a folder for secrets: eyaml init; where it is set up already, add the line above to the recipients file',
      `  give ~/${open ?? ''} to everyone who encrypts: in .eyaml/public-keys/ of the repository, or with gpg --import;`,
      ...compareAndSign(fingerprint),
      `  keep ~/${secret ?? ''} secret and never commit it`,
      `    or with GnuPG: gpg --import ~/${secret ?? ''} && echo ${fingerprint}:6: | gpg --import-ownertrust`,
      PUPPET,
      '',
    ].join('\n'),
  );
  expect(listing()).toEqual(['.eyaml', '.eyaml/keys', secret, open]);
  if (process.platform !== 'win32') {
    const modes = ['.eyaml', '.eyaml/keys', secret ?? '', open ?? ''].map((name) => statSync(at(name)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o600, 0o644]);
  }
  // A second key has files of its own.
  const second = await create(['--gpg-user-id', 'server', '--no-passphrase']);
  expect(second.code).toBe(0);
  expect(listing()).toHaveLength(6);
  const value = await run(['encrypt', '-s', 'x', '-o', 'string', '--gpg-recipients', fingerprint]);
  expect(await run(['decrypt', '-s', value.stdout])).toMatchObject({ code: 0, stdout: 'x', stderr: '' });
});

test.each([
  { named: '--gpg-private-key', other: 'public' },
  { named: '--gpg-public-key', other: 'private' },
])('$named alone: the other half is in the key home', async ({ named, other }) => {
  const { create, listing } = scene();
  const { stdout } = await create([...ANN, '--no-passphrase', named, 'k.asc']);
  const fingerprint = LINE.exec(stdout)?.[1] ?? '';
  expect(listing()).toEqual(['.eyaml', '.eyaml/keys', `.eyaml/keys/${fingerprint}.${other}.asc`, 'k.asc']);
});

test.skipIf(process.platform === 'win32')('a key home that others can write to gets no key', async () => {
  const { create, at, listing } = scene();
  mkdirSync(at('.eyaml/keys'), { recursive: true });
  chmodSync(at('.eyaml/keys'), 0o775);
  const { code, stderr } = await create([...ANN, '--no-passphrase']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: no key is put into .*\/\.eyaml\/keys: users other than its owner can write to it: chmod 700 \S+ \[FILE_UNWRITABLE\]\n$/,
  );
  expect(listing()).toEqual(['.eyaml', '.eyaml/keys']);
});

test('--here: two files in the folder, the line for the recipients file, and what comes next', async () => {
  const { create, at } = scene();
  const { code, stdout, stderr } = await create([...ANN, '--no-passphrase', '--here']);
  expect(code).toBe(0);
  expect(stdout).toMatch(LINE);
  expect(stderr).toBe(
    [
      'Created key directory: ./keys',
      'Keys created OK',
      'Next steps:',
      `  give ./${PUBLIC} to everyone who encrypts: in .eyaml/public-keys/ of the repository, or with gpg --import;`,
      ...compareAndSign(LINE.exec(stdout)?.[1] ?? ''),
      `  keep ./${PRIVATE} secret and never commit it; to use it: --gpg-private-key ./${PRIVATE}`,
      `    or with GnuPG: gpg --import ./${PRIVATE} && echo ${LINE.exec(stdout)?.[1] ?? ''}:6: | gpg --import-ownertrust`,
      PUPPET,
      '',
    ].join('\n'),
  );
  if (process.platform !== 'win32') expect(statSync(at(PRIVATE)).mode & 0o777).toBe(0o600);
  expect(readdirSync(at('keys')).sort()).toEqual(['private_key.gpg.asc', 'public_key.gpg.asc']);
});

describe.each([
  { type: 'cv25519', expires: '90d', parts: [/^pub:[^:]*:255:22:.*:ed25519:/, /^sub:[^:]*:255:18:.*:cv25519:/] },
  { type: 'rsa2048', expires: undefined, parts: [/^pub:[^:]*:2048:1:/, /^sub:[^:]*:2048:1:/] },
])('$type, with a passphrase', ({ type, expires, parts }) => {
  test('GnuPG 2.2 imports the pair, and each world reads what the other wrote', async () => {
    const { create, cwd, at, run, env, textOf } = scene();
    writeFileSync(at('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    const time = expires === undefined ? [] : ['--expires', expires];
    const made = await create([
      ...ANN,
      '--here',
      '--gpg-key-type',
      type,
      '--gpg-passphrase-file',
      'passphrase',
      ...time,
    ]);
    expect(made.code).toBe(0);
    const fingerprint = LINE.exec(made.stdout)?.[1] ?? '';
    expect(textOf(PRIVATE)).toMatch(/^-----BEGIN PGP PRIVATE KEY BLOCK-----/);
    expect(textOf(PUBLIC)).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----/);

    const home = createGnupgHome();
    try {
      const loopback = ['--pinentry-mode', 'loopback', '--passphrase', PASSPHRASE];
      home.gpg([...loopback, '--import', at(PRIVATE)]);
      const listing = home.gpg(['--with-colons', '--list-secret-keys', '--with-fingerprint', fingerprint]).toString();
      const [primary, subkey] = listing.split('\n').filter((line) => /^(?:sec|ssb):/.test(line));
      expect(primary?.replace('sec', 'pub')).toMatch(parts[0] ?? /never/);
      expect(subkey?.replace('ssb', 'sub')).toMatch(parts[1] ?? /never/);
      const [created, ends] = (primary ?? '').split(':').slice(5, 7).map(Number);
      expect(ends).toBe(expires === undefined ? 0 : (created ?? 0) + 90 * 86_400);

      const theirs = home.gpg(['--trust-model', 'always', '--encrypt', '--recipient', fingerprint], 'from gpg');
      const keys = ['--gpg-private-key', PRIVATE, '--gpg-passphrase-file', 'passphrase'];
      const read = await run(['decrypt', '-s', `ENC[GPG,${theirs.toString('base64')}]`, ...keys]);
      expect(read).toMatchObject({ code: 0, stdout: 'from gpg', stderr: '' });

      const locked = await run([
        'decrypt',
        '-s',
        `ENC[GPG,${theirs.toString('base64')}]`,
        '--gpg-private-key',
        PRIVATE,
      ]);
      expect(locked).toMatchObject({ code: 1, stdout: '' });

      const ours = await eyaml(
        ['encrypt', '-s', 'from eyaml', '-o', 'string', '--gpg-recipients', fingerprint, '--gpg-public-keys', PUBLIC],
        { cwd, env },
      );
      const message = Buffer.from(/ENC\[GPG,(.*)\]/.exec(ours.stdout)?.[1] ?? '', 'base64');
      expect(home.gpg([...loopback, '--decrypt'], message).toString()).toBe('from eyaml');
    } finally {
      home.remove();
    }
  });
});

describe('the passphrase', () => {
  test('is asked for twice, and shown neither time', async () => {
    const { onTerminal, run, textOf, at } = scene();
    const terminal = onTerminal(...ANN, '--here');
    await terminal.waitFor(/Passphrase for the new key:/);
    terminal.type(`${PASSPHRASE}\r`);
    await terminal.waitFor(/Enter the passphrase again:/);
    terminal.type(`${PASSPHRASE}\r`);
    await terminal.waitFor(/Keys created OK/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('Öfen');
    const fingerprint = /[0-9A-F]{40}/.exec(terminal.shown())?.[0] ?? '';
    writeFileSync(at('hiera-eyaml-gpg.recipients'), fingerprint);
    const { stdout } = await run(['encrypt', '-s', 'x', '-o', 'string', '--gpg-public-keys', PUBLIC]);
    const env = { P: PASSPHRASE };
    const keys = ['--gpg-private-key', PRIVATE, '--gpg-passphrase-env-var', 'P'];
    expect(
      await eyaml(['decrypt', '-s', stdout, ...keys], { cwd: at('.'), env: { PATH: tools, ...env } }),
    ).toMatchObject({
      code: 0,
      stdout: 'x',
    });
    expect(textOf(PRIVATE)).not.toContain(PASSPHRASE);
  });

  test('is asked for again until both are the same', async () => {
    const { onTerminal, at, run } = scene();
    const terminal = onTerminal(...ANN, '--here');
    for (const [question, answer] of [
      [/Passphrase for the new key:/, 'one'],
      [/Enter the passphrase again:/, 'two'],
      [/The two were not the same\. Passphrase for the new key:/, 'three'],
      [/Enter the passphrase again:/, 'three'],
    ] as const) {
      await terminal.waitFor(question);
      terminal.type(`${answer}\r`);
    }
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toMatch(/\bone\b|\btwo\b(?! were)|\bthree\b/);
    writeFileSync(at('p'), 'three\n', { mode: 0o600 });
    const { stdout } = await run([
      'encrypt',
      '-s',
      'x',
      '-o',
      'string',
      '--gpg-recipients',
      'ann@example.com',
      '--gpg-trust',
      'always',
      '--gpg-public-keys',
      PUBLIC,
    ]);
    const keys = ['--gpg-private-key', PRIVATE, '--gpg-passphrase-file', 'p'];
    expect(await run(['decrypt', '-s', stdout, ...keys])).toMatchObject({ code: 0, stdout: 'x' });
  });

  test('that is empty is confirmed: no asks again, yes makes a key without one', async () => {
    const { onTerminal, textOf, listing } = scene();
    const terminal = onTerminal(...ANN, '--here');
    await terminal.waitFor(/Passphrase for the new key:/);
    terminal.type('\r');
    await terminal.waitFor(/Create the key without a passphrase\?/);
    terminal.type('\r');
    await terminal.waitFor(/Passphrase for the new key:/);
    expect(listing()).toEqual([]);
    terminal.type('\r');
    await terminal.waitFor(/Create the key without a passphrase\?/);
    terminal.type('y\r');
    await terminal.waitFor(/Keys created OK/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(textOf(PRIVATE)).toMatch(/^-----BEGIN PGP PRIVATE/);
  });

  test.each([
    ['at the first question', ''],
    ['at the second', 'one\r'],
    ['at the confirmation', '\r'],
  ])('Ctrl-C %s: nothing is made', async (_, typed) => {
    const { onTerminal, listing } = scene();
    const terminal = onTerminal(...ANN);
    await terminal.waitFor(/Passphrase for the new key:/);
    terminal.type(typed);
    if (typed !== '') await terminal.waitFor(/again:|without a passphrase\?/);
    terminal.type('\u0003');
    expect((await terminal.ended).exitCode).toBe(130);
    expect(listing()).toEqual([]);
  });

  test('cannot be asked for without a terminal', async () => {
    const { create, cwd } = scene();
    const { code, stdout, stderr } = await create(ANN, { input: 'from a pipe\nfrom a pipe\n' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('error: a new key needs a passphrase [USAGE]\nhint: ');
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('a file that is there', () => {
  const OLD = 'an old key\n';
  const files = ['--gpg-private-key', 'p.asc', '--gpg-public-key', 'q.asc'];

  test.each([
    { answers: '', left: { 'p.asc': OLD, 'q.asc': OLD } },
    { answers: 'n\n', left: { 'p.asc': OLD, 'q.asc': OLD } },
    { answers: 'y\nn\n', left: { 'p.asc': OLD, 'q.asc': OLD } },
  ])('stays when the answers are $answers', async ({ answers, left }) => {
    const { create, textOf, at, cwd } = scene();
    for (const file of Object.keys(left)) writeFileSync(at(file), OLD);
    const { code, stdout, stderr } = await create([...ANN, '--no-passphrase', ...files], { input: answers });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Are you sure you want to overwrite "p.asc"? (y/N): ');
    expect(stderr).toMatch(/error: User aborted \[ABORTED\]\n$/);
    expect(Object.fromEntries(readdirSync(cwd).map((file) => [file, textOf(file)]))).toEqual(left);
  });

  test('is replaced on a yes, with a mode of its own, also at a terminal with a passphrase to be asked for', async () => {
    const { onTerminal, at, textOf } = scene();
    writeFileSync(at('p.asc'), OLD, { mode: 0o644 });
    const terminal = onTerminal(...ANN, ...files);
    await terminal.waitFor(/overwrite "p\.asc"\? \(y\/N\): /);
    terminal.type('y\r');
    await terminal.waitFor(/Passphrase for the new key:/);
    terminal.type(`${PASSPHRASE}\r`);
    await terminal.waitFor(/Enter the passphrase again:/);
    terminal.type(`${PASSPHRASE}\r`);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('Öfen');
    expect(textOf('p.asc')).toMatch(/^-----BEGIN PGP PRIVATE/);
    if (process.platform !== 'win32') expect(statSync(at('p.asc')).mode & 0o777).toBe(0o600);
  });

  test('both halves do not go to the same one', async () => {
    const { create, cwd, at } = scene();
    symlinkSync('p.asc', at('link.asc'));
    for (const file of ['./p.asc', 'link.asc']) {
      const given = ['--gpg-private-key', 'p.asc', '--gpg-public-key', file];
      const { code, stderr } = await create([...ANN, '--no-passphrase', ...given]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `error: p.asc and ${file} are the same file; each key needs its own file [USAGE]\n`,
      });
    }
    expect(readdirSync(cwd)).toEqual(['link.asc']);
  });
});

test.each([
  [['--no-passphrase'], 'error: missing --gpg-user-id'],
  [['--no-passphrase', '--gpg-user-id', ' '], 'error: a user ID must be one line of text'],
  [['--no-passphrase', '--gpg-user-id', 'a\nb <c@example.com>'], 'error: a user ID must be one line of text'],
  [[...ANN, '--no-passphrase', '--expires', '0d'], 'error: --expires must be a time: 90d, 4w, 18m, 2y or never'],
  [[...ANN, '--no-passphrase', '--expires', '51y'], 'error: --expires is too long: 50y at most, or never'],
  [
    [...ANN, '--no-passphrase', '--gpg-key-type', 'rsa1024'],
    'error: --gpg-key-type must be one of: cv25519, rsa2048, rsa3072, rsa4096',
  ],
])('%j is a mistake', async (args, message) => {
  const { create, cwd } = scene();
  const { code, stderr } = await create(args);
  expect(code).toBe(2);
  expect(stderr.startsWith(message)).toBe(true);
  expect(readdirSync(cwd)).toEqual([]);
});

describe('--into-gnupg', () => {
  let home: GnupgHome;
  beforeAll(() => (home = createGnupgHome()));
  afterAll(() => home.remove());

  test.each(['--no-passphrase', '--gpg-passphrase-env-var=P'])(
    'with %s: the pair can be used there at once',
    async (lock) => {
      const { create, cwd, listing } = scene();
      const env = { GNUPGHOME: home.path, PATH: process.env.PATH ?? '', P: PASSPHRASE };
      const { code, stdout, stderr } = await create([...ANN, lock, '--into-gnupg'], { env });
      expect(code).toBe(0);
      const fingerprint = LINE.exec(stdout)?.[1] ?? '';
      expect(stderr.split('\n')).toEqual([
        'Keys created OK',
        'The key is in your GnuPG. Next steps:',
        '  set up a folder for secrets: eyaml init; where it is set up already, add the line above to the recipients file',
        `  give the output of gpg --export --armor ${fingerprint} to everyone who encrypts;`,
        ...compareAndSign(LINE.exec(stdout)?.[1] ?? ''),
        '',
      ]);
      expect(listing()).toEqual([]);
      // It is one's own, so GnuPG vouches for it.
      const encrypted = await eyaml(['encrypt', '-s', 'x', '-o', 'string', '--gpg-recipients', fingerprint], {
        cwd,
        env,
      });
      expect(encrypted).toMatchObject({ code: 0, stderr: '' });
      const loopback = ['--pinentry-mode', 'loopback', '--passphrase', PASSPHRASE, '--decrypt'];
      const message = Buffer.from(/ENC\[GPG,(.*)\]/.exec(encrypted.stdout)?.[1] ?? '', 'base64');
      expect(home.gpg(loopback, message).toString()).toBe('x');
    },
  );

  test('with --here it is in files too', async () => {
    const { create, at } = scene();
    const env = { GNUPGHOME: home.path, PATH: process.env.PATH ?? '' };
    const { stdout, stderr } = await create([...ANN, '--no-passphrase', '--into-gnupg', '--here'], { env });
    expect(stderr).toContain(`    the key is in GnuPG too; ./${PRIVATE} is a copy of it\n`);
    expect(existsSync(at(PRIVATE))).toBe(true);
    expect(home.gpg(['--list-secret-keys']).toString()).toContain(LINE.exec(stdout)?.[1]);
  });

  test('where there is no GnuPG, nothing is made', async () => {
    const { create, cwd } = scene();
    const { code, stderr } = await create([...ANN, '--no-passphrase', '--into-gnupg']);
    expect(code).toBe(1);
    expect(stderr).toContain('error: there is no gpg on PATH [GPG_NOT_FOUND]\n');
    expect(existsSync(path.join(cwd, 'keys'))).toBe(false);
  });
});

describe('where GnuPG is there', () => {
  const DOWN = '\u001b[B';
  const withGnupg = (content: Parameters<typeof createGnupgHome>[0] = {}) => {
    const home = createGnupgHome(content);
    onTestFinished(() => home.remove());
    const { cwd, listing, create } = scene();
    const env = { HOME: cwd, GNUPGHOME: home.path };
    const onTerminal = (...args: string[]) => eyamlOnTerminal(['createkeys', '-n', 'gpg', ...args], { cwd, env });
    return {
      home,
      listing,
      onTerminal,
      create: (...args: string[]) => create(args, { env: { ...env, PATH: process.env.PATH } }),
    };
  };

  test.each([
    { answer: 'the first, which is selected', keys: '\r', isInGnupg: true },
    { answer: 'the second', keys: `${DOWN}\r`, isInGnupg: false },
  ])('a person is asked which of the two it shall be: $answer', async ({ keys, isInGnupg }) => {
    const { home, listing, onTerminal } = withGnupg();
    const terminal = onTerminal('--no-passphrase');
    await terminal.waitFor(/Your name and address/);
    terminal.type('Ann <ann@example.com>\r');
    await terminal.waitFor(/Where should the new key be\?/);
    await terminal.waitFor(/in a file in ~\/\.eyaml\/keys\//);
    terminal.type(keys);
    await terminal.waitFor(/Next steps:/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(listing().length).toBe(isInGnupg ? 0 : 4);
    expect(home.gpg(['--list-secret-keys']).toString().includes('ann@example.com')).toBe(isInGnupg);
  });

  test.each([[['--here']], [['--gpg-private-key', 'k.asc']], [['--gpg-public-key', 'k.asc']]])(
    'with %j nobody is asked',
    async (named) => {
      const { home, onTerminal } = withGnupg();
      const terminal = onTerminal('--no-passphrase', '--gpg-user-id', 'ann', ...named);
      expect((await terminal.ended).exitCode).toBe(0);
      expect(terminal.shown()).not.toContain('Where should');
      expect(home.gpg(['--list-secret-keys']).toString()).toBe('');
    },
  );

  test('without a terminal it is the key home', async () => {
    const { home, listing, create } = withGnupg();
    expect((await create(...ANN, '--no-passphrase')).code).toBe(0);
    expect(listing()).toHaveLength(4);
    expect(home.gpg(['--list-secret-keys']).toString()).toBe('');
  });
});

describe('in a git work tree', () => {
  const inGit = (...ignored: readonly string[]) => {
    const it = scene();
    execFileSync('git', ['init', '-q', it.cwd]);
    writeFileSync(it.at('.gitignore'), ignored.map((line) => `${line}\n`).join(''));
    return { ...it, env: { PATH: process.env.PATH } };
  };
  const WARNING =
    /^warning: (\S+) is in the git repository \.: never commit it; add it to \.gitignore, or move it out of there$/m;

  test('--here is warned of, and so is a PKCS7 pair', async () => {
    const { create, env, cwd } = inGit('*.txt');
    const made = await create([...ANN, '--no-passphrase', '--here'], { env });
    expect(WARNING.exec(made.stderr)?.[1]).toBe(`./${PRIVATE}`);
    const pkcs7 = await eyaml(['createkeys', '-n', 'pkcs7'], { cwd, env });
    expect(WARNING.exec(pkcs7.stderr)?.[1]).toBe('./keys/private_key.pkcs7.pem');
  });

  test.each(['keys/', 'private_key*', '*.asc'])('that ignores the file (%s) it is not', async (line) => {
    const { create, env } = inGit(line);
    const { code, stderr } = await create([...ANN, '--no-passphrase', '--here'], { env });
    expect(code).toBe(0);
    expect(stderr).not.toContain('warning');
  });

  test('the key home is no part of it', async () => {
    const { create, env, at } = inGit();
    const { stderr } = await create([...ANN, '--no-passphrase'], {
      env: { ...env, HOME: path.join(scratch, 'elsewhere') },
    });
    expect(stderr).not.toContain('warning');
    expect(existsSync(at('keys'))).toBe(false);
  });
});
