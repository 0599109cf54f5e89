import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generateKey } from 'openpgp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml, type RunOptions } from '../helpers/cli.js';
import { BOBS_PASSPHRASE, createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, copyKey, keyFile, keyfilesHome, recipientLine, toolsWithoutGpg } from '../helpers/key-homes.js';
import { eyamlOnTerminal, shellOnTerminal } from '../helpers/terminal.js';

// What only keys in files have. Everything but "both worlds" runs with a PATH that has no gpg.
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const PLAIN = 'a: one\nb: two\nc: three\n';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const { alice = '', bob = '', ann = '', puppetmaster = '' } = FINGERPRINTS;

let scratch: string;
let tools: string;
/** Three values for alice and bob. */
let values = '';

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'eyaml-keyfiles-'));
  tools = toolsWithoutGpg(scratch);
  const { folder, run } = scene(['alice']);
  writeFileSync(path.join(folder, 'new'), 'a: DEC::GPG[one]!\nb: DEC::GPG[two]!\nc: DEC::GPG[three]!\n');
  values = (await run(['encrypt', '-e', 'new'])).stdout;
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** A folder with values, recipients and public keys, and the home of somebody with private keys. */
function scene(keys: readonly string[], config?: readonly string[]) {
  const home = keyfilesHome(scratch, keys, config);
  const folder = path.join(home, 'data');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'x.eyaml'), values);
  writeFileSync(path.join(folder, RECIPIENTS), ['alice', 'bob'].map(recipientLine).join(''));
  const publicKeys = addPublicKeys(folder, ['alice', 'bob', 'ann']);
  const env = { HOME: home, PATH: tools };
  const tidy = (text: string) => text.replaceAll(folder, 'FOLDER').replaceAll(home, 'HOME');
  return {
    home,
    folder,
    publicKeys,
    env,
    tidy,
    run: async (args: readonly string[], { env: more, ...options }: RunOptions = {}) => {
      const { code, stdout, stderr } = await eyaml(args, { cwd: folder, ...options, env: { ...env, ...more } });
      return { code, stdout: tidy(stdout), stderr: tidy(stderr) };
    },
    onTerminal: (...args: string[]) => eyamlOnTerminal(args, { cwd: folder, env }),
  };
}

const DECRYPT = ['decrypt', '-f', 'x.eyaml'];
const BOB = '1E8E7705F0FDE5ED (Bob <bob@example.com>)';
const WARNING = 'warning: ';

describe('a private key', () => {
  test('from an environment variable', async () => {
    const { run } = scene([]);
    const env = { EYAML_KEY: readFileSync(keyFile('alice', 'sec'), 'utf8') };
    const ran = await run([...DECRYPT, '--gpg-private-key-env-var', 'EYAML_KEY', '-v'], { env });
    expect(ran).toMatchObject({ code: 0, stdout: PLAIN });
    expect(ran.stderr).toContain(
      `secret key ${alice} (Alice <alice@example.com>) from the environment variable EYAML_KEY\n`,
    );
  });

  test.each([
    [
      ['--gpg-private-key-env-var', 'EYAML_KEY'],
      'error: the environment variable EYAML_KEY (--gpg-private-key-env-var) is not set [OPENPGP_KEY_MISSING]\n',
    ],
    [
      ['--gpg-private-key', 'nowhere'],
      'error: cannot read the secret key nowhere: no such file [OPENPGP_KEY_MISSING]\n',
    ],
    [['--gpg-private-key', '.'], 'error: cannot read the secret key .: it is a folder [OPENPGP_KEY_UNREADABLE]\n'],
    [
      ['--gpg-private-key', 'x.eyaml'],
      'error: no secret key can be read from x.eyaml: it holds no OpenPGP key, or one that is cut short [KEY_FILE_INVALID]\n',
    ],
  ])('%j, where there is none, is told once', async (args, stderr) => {
    const { run, folder } = scene([]);
    chmodSync(path.join(folder, 'x.eyaml'), 0o600);
    expect(await run([...DECRYPT, ...args])).toEqual({ code: 1, stdout: '', stderr });
  });

  test('that is a public one', async () => {
    const { run, publicKeys } = scene([]);
    chmodSync(path.join(publicKeys, 'alice.asc'), 0o600);
    const { code, stderr } = await run([...DECRYPT, '--gpg-private-key', '.eyaml/public-keys/alice.asc']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'error: .eyaml/public-keys/alice.asc holds a public key, not a secret key [KEY_FILE_INVALID]\n',
    );
  });

  test.runIf(process.platform !== 'win32')(
    'that others may read is used, with a warning, also with a passphrase file',
    async () => {
      const { run, home } = scene(['bob'], []);
      writeFileSync(path.join(home, 'passphrase'), `${BOBS_PASSPHRASE}\r\n`, { mode: 0o640 });
      chmodSync(path.join(home, 'bob.asc'), 0o644);
      const given = ['--gpg-private-key', '~/bob.asc', '--gpg-passphrase-file', '~/passphrase'];
      expect(await run([...DECRYPT, ...given])).toEqual({
        code: 0,
        stdout: PLAIN,
        stderr: [
          'warning: the secret key HOME/bob.asc can be read by users other than its owner: chmod 600 HOME/bob.asc',
          'warning: the passphrase in HOME/passphrase can be read by users other than its owner: chmod 600 HOME/passphrase',
          '',
        ].join('\n'),
      });
    },
  );

  test('of several, that needs no passphrase is taken, wherever it is named', async () => {
    const { run } = scene(['bob', 'alice'], []);
    const given = ['--gpg-private-key', '../bob.asc', '--gpg-private-key', '../alice.asc'];
    expect(await run([...DECRYPT, ...given])).toEqual({ code: 0, stdout: PLAIN, stderr: '' });
  });
});

describe('a passphrase', () => {
  test.each([
    {
      from: 'an environment variable',
      args: ['--gpg-passphrase-env-var', 'P'],
      env: { P: BOBS_PASSPHRASE },
      stdout: PLAIN,
    },
    {
      from: 'an environment variable, wrong',
      args: ['--gpg-passphrase-env-var', 'P'],
      env: { P: 'correct horses' },
      stderr: `error: the passphrase for the secret key ${BOB} from HOME/bob.asc is wrong [PASSPHRASE_WRONG]\n`,
    },
    {
      from: 'an environment variable that is not set',
      args: ['--gpg-passphrase-env-var', 'P'],
      stderr: 'error: the environment variable that --gpg-passphrase-env-var names is not set [PASSPHRASE_MISSING]\n',
    },
    {
      from: 'a file that is not there',
      args: ['--gpg-passphrase-file', 'nowhere'],
      stderr: 'error: cannot read the file that --gpg-passphrase-file names: no such file [PASSPHRASE_MISSING]\n',
    },
    {
      from: 'nowhere, without a terminal',
      args: [],
      stderr: `error: no passphrase was given for the secret key ${BOB} from HOME/bob.asc [PASSPHRASE_CANCELLED]\nhint: without a terminal: --gpg-passphrase-file or --gpg-passphrase-env-var\n`,
    },
  ])('from $from', async ({ args, env, stdout = '', stderr = '' }) => {
    const { run } = scene(['bob']);
    expect(await run([...DECRYPT, ...args], { env: env ?? {} })).toEqual({ code: stderr ? 1 : 0, stdout, stderr });
  });

  const QUESTION = /Passphrase of Bob <bob@example\.com> \(C85E68E96F12CE00, .*bob\.asc\):/;

  test('is asked for once for several values, and not shown', async () => {
    const terminal = scene(['bob']).onTerminal(...DECRYPT);
    await terminal.waitFor(QUESTION);
    terminal.type(`${BOBS_PASSPHRASE}\r`);
    await terminal.waitFor(/c: three/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).not.toContain('horse');
    // The prompt redraws its line; a second question would be on a line of its own.
    expect(terminal.shown().match(/Passphrase of[^\n]*\n/g)).toHaveLength(1);
  });

  test('that is wrong is asked for three times', async () => {
    const terminal = scene(['bob']).onTerminal(...DECRYPT);
    await terminal.waitFor(QUESTION);
    terminal.type('one\r');
    for (const wrong of ['', BOBS_PASSPHRASE.toUpperCase()]) {
      await terminal.waitFor(/That was wrong\. Passphrase of Bob/);
      terminal.type(`${wrong}\r`);
    }
    await terminal.waitFor(/error: the passphrase for the secret key 1E8E7705F0FDE5ED .* is wrong/);
    expect((await terminal.ended).exitCode).toBe(1);
    expect(terminal.shown().match(/error:/g)).toHaveLength(1);
  });

  test('that is wrong at first may be right then', async () => {
    const terminal = scene(['bob']).onTerminal(...DECRYPT);
    await terminal.waitFor(QUESTION);
    terminal.type('wrong\r');
    await terminal.waitFor(/That was wrong/);
    terminal.type(`${BOBS_PASSPHRASE}\r`);
    await terminal.waitFor(/c: three/);
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test('Ctrl-C at the question ends the command', async () => {
    const terminal = scene(['bob']).onTerminal(...DECRYPT);
    await terminal.waitFor(QUESTION);
    terminal.type(CTRL_C);
    expect((await terminal.ended).exitCode).toBe(130);
    expect(terminal.shown()).toMatch(/aborted\s*$/);
  });

  test('is asked for at the terminal when standard input brings the value', async () => {
    const { folder, env } = scene(['bob']);
    const terminal = shellOnTerminal('cat x.eyaml | eyaml decrypt --stdin 2>log | cat >out; cat out', {
      cwd: folder,
      env,
    });
    await terminal.waitFor(QUESTION);
    terminal.type(`${BOBS_PASSPHRASE}\r`);
    await terminal.waitFor(/c: three/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(readFileSync(path.join(folder, 'log'), 'utf8')).toBe('');
  });

  test('is asked for when the value was typed at the same terminal', async () => {
    const terminal = scene(['bob']).onTerminal('decrypt', '--stdin');
    terminal.type(`${values.split('\n')[0] ?? ''}\r${CTRL_D}`);
    await terminal.waitFor(QUESTION);
    terminal.type(`${BOBS_PASSPHRASE}\r`);
    await terminal.waitFor(/a: one/);
    expect((await terminal.ended).exitCode).toBe(0);
  });
});

describe('a public key', () => {
  const encrypt = ['encrypt', '-s', 'x', '-o', 'string'];

  test('-v says where each key came from, and for whom a value is', async () => {
    const { run } = scene(['alice']);
    const { code, stderr } = await run([...encrypt, '-v', '--gpg-public-keys', keyFile('zoe', 'pub')]);
    expect(code).toBe(0);
    expect(stderr.split('\n').filter((line) => !line.startsWith('Loaded'))).toEqual([
      `secret key ${alice} (Alice <alice@example.com>) from HOME/alice.asc`,
      `public key ${FINGERPRINTS.zoe ?? ''} (Zoë Ünïcode <zoe@example.com>) from ${keyFile('zoe', 'pub')}`,
      `public key ${alice} (Alice <alice@example.com>) from FOLDER/.eyaml/public-keys/alice.asc`,
      `public key ${ann} (Ann <ann@example.com>) from FOLDER/.eyaml/public-keys/ann.asc`,
      `public key ${bob} (Bob <bob@example.com>) from FOLDER/.eyaml/public-keys/bob.asc`,
      `encrypting for the recipients of ${RECIPIENTS}:`,
      `  ${alice} Alice <alice@example.com>, from key files`,
      `  ${bob} Bob <bob@example.com>, from key files`,
      '',
    ]);
  });

  test('is looked for in the nearest folder, beside the file at hand, wherever one is', async () => {
    const { run, folder } = scene(['alice']);
    mkdirSync(path.join(folder, 'sub/deep'), { recursive: true });
    writeFileSync(path.join(folder, 'sub/deep/new'), 'a: DEC::GPG[x]!\n');
    addPublicKeys(path.join(folder, 'sub'), ['alice']);
    const { code, stderr } = await run(['encrypt', '-e', 'data/sub/deep/new'], { cwd: path.dirname(folder) });
    expect(code).toBe(1);
    expect(stderr).toBe(
      [
        `error: cannot encrypt for the recipients of data/${RECIPIENTS} [RECIPIENTS_INVALID]`,
        `  data/${RECIPIENTS}:2: no key in the keyring is "${bob}"`,
        '    put its public key into FOLDER/sub/.eyaml/public-keys',
        '',
      ].join('\n'),
    );
  });

  test('that cannot be used is told with its file, and keeps no other from being used', async () => {
    const { run, publicKeys, folder } = scene(['bob'], ['gpg_private_key: ~/bob.asc']);
    const at = (name: string) => path.join(publicKeys, name);
    copyKey('alice', at('alice.asc'));
    writeFileSync(at('broken.asc'), readFileSync(keyFile('ann', 'pub'), 'utf8').slice(0, 300));
    rmSync(at('ann.asc'));
    writeFileSync(at('README'), 'not a key');
    writeFileSync(at('v6.asc'), (await generateKey({ userIDs: { name: 'Six' }, config: { v6Keys: true } })).publicKey);
    writeFileSync(path.join(folder, RECIPIENTS), `${recipientLine('bob')}${recipientLine('alice')}`);
    const { code, stdout, stderr } = await run(encrypt);
    const faults = [
      `FOLDER/.eyaml/public-keys/alice.asc holds a SECRET key, ${alice}, among the public keys: it is not used. Remove it; if others could read it, it is no longer secret`,
      'FOLDER/.eyaml/public-keys/broken.asc: its armor is damaged or cut short',
      'FOLDER/.eyaml/public-keys/v6.asc: it holds a version 6 key, which older GnuPG cannot read',
    ];
    expect({ code, stdout, stderr: stderr.split('\n') }).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        ...faults.map((fault) => `${WARNING}${fault}`),
        `error: cannot encrypt for the recipients of ${RECIPIENTS} [RECIPIENTS_INVALID]`,
        `  ${RECIPIENTS}:2: no key in the keyring is "${alice}"`,
        `    put its public key into FOLDER/.eyaml/public-keys (not used: ${faults.join('; ')})`,
        '',
      ],
    });
    const forBob = await run([...encrypt, '-q', '--gpg-recipients', bob]);
    expect(forBob).toMatchObject({ code: 0, stderr: '' });
  });

  test('with an address that another claims too is not chosen, not even with trust always', async () => {
    const { run, publicKeys } = scene(['alice']);
    const forged = await generateKey({
      userIDs: { name: 'Ann', email: 'ann@example.com' },
      type: 'ecc',
      curve: 'curve25519Legacy',
    });
    writeFileSync(path.join(publicKeys, 'ann2.asc'), forged.publicKey);
    const { code, stdout, stderr } = await run([
      ...encrypt,
      '--gpg-recipients',
      'ann@example.com',
      '--gpg-trust',
      'always',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('"ann@example.com" matches 2 keys');
    expect(stderr).toContain(ann);
  });

  const REFUSED = 'error: cannot encrypt for the recipients of --gpg-recipients [RECIPIENTS_INVALID]\n';
  const NOT_YOU = `${WARNING}you are not a recipient of --gpg-recipients: you will not be able to read these values\n`;
  test.each([
    {
      what: 'by address, as it is without GnuPG',
      args: [],
      who: 'ann@example.com',
      refusal:
        /"ann@example\.com": pinned mode needs the full fingerprint\n.*write instead: E756[0-9A-F]{36} # Ann <ann@example\.com>\n$/,
    },
    { what: 'by fingerprint, as it is without GnuPG', args: [], who: ann },
    { what: 'by address, always', args: ['--gpg-trust', 'always'], who: 'ann@example.com' },
    { what: 'by address, always, as the old option says it', args: ['--gpg-always-trust'], who: 'ann@example.com' },
    {
      what: 'by fingerprint, wot',
      args: ['--gpg-trust', 'wot'],
      who: ann,
      refusal:
        /is not trusted by GnuPG[^\n]*\n[^\n]* --gpg-trust pinned trusts the fingerprints in the recipients file\n$/,
    },
  ])('is trusted or not: $what', async ({ args, who, refusal }) => {
    const { run } = scene(['alice']);
    const { code, stdout, stderr } = await run([...encrypt, ...args, '--gpg-recipients', who]);
    expect(code).toBe(refusal ? 1 : 0);
    expect(stdout).toMatch(refusal ? /^$/ : /^ENC\[GPG,[\w+/=]+\]$/);
    if (refusal === undefined) expect(stderr).toBe(NOT_YOU);
    else {
      expect(stderr.startsWith(REFUSED)).toBe(true);
      expect(stderr).toMatch(refusal);
    }
  });

  test('there is no other trust mode', async () => {
    const { run } = scene(['alice'], ['gpg_trust: never']);
    const ran = await run([...encrypt, '--gpg-recipients', ann]);
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: HOME/.eyaml/config.yaml:2: gpg_trust must be one of wot, pinned, always [CONFIG_INVALID]\n',
    });
  });
});

describe('the configuration', () => {
  test('lists keys, with a tilde and beside the current folder', async () => {
    const { run, folder, publicKeys } = scene(
      ['alice', 'bob'],
      [
        'gpg_private_key: [~/bob.asc, ../alice.asc]',
        'gpg_public_keys:\n  - ~/others\n  - ann.asc',
        'gpg_trust: always',
      ],
    );
    const others = path.join(path.dirname(folder), 'others');
    mkdirSync(others);
    copyFileSync(keyFile('puppetmaster', 'pub'), path.join(others, 'puppet.gpg'));
    copyFileSync(keyFile('ann', 'pub'), path.join(folder, 'ann.asc'));
    rmSync(publicKeys, { recursive: true });
    const ran = await run([
      'encrypt',
      '-s',
      'x',
      '-o',
      'string',
      '--gpg-recipients',
      `puppetmaster,ann@example.com,${alice}`,
    ]);
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(await run(['decrypt', '-s', ran.stdout])).toEqual({ code: 0, stdout: 'x', stderr: '' });
  });

  test('is weaker than the command line', async () => {
    const { run } = scene(['alice'], ['gpg_private_key: nowhere', 'gpg_always_trust: true']);
    const given = ['--gpg-private-key', '../alice.asc', '--gpg-trust', 'pinned'];
    expect(await run([...DECRYPT, ...given])).toEqual({ code: 0, stdout: PLAIN, stderr: '' });
    const { code } = await run(['encrypt', '-s', 'x', '--gpg-recipients', 'ann@example.com', ...given]);
    expect(code).toBe(1);
  });

  test('that came with the folder is told of when it decides about keys', async () => {
    const { run, folder, home } = scene(['alice'], []);
    const config = [
      'gpg_private_key: ../alice.asc',
      'gpg_public_keys: /tmp',
      'gpg_trust: always',
      'gpg_passphrase_file: p',
      'gpg_passphrase_env_var: P',
      'gpg_private_key_env_var: K',
    ];
    writeFileSync(path.join(folder, '.eyaml/config.yaml'), config.join('\n'));
    const { stderr, code } = await run(DECRYPT, { env: { K: readFileSync(path.join(home, 'alice.asc'), 'utf8') } });
    // What may be a passphrase or a key, given where its file or its variable is to be named, is not shown.
    const settings = [
      'gpg_private_key: "../alice.asc"',
      'gpg_public_keys: "/tmp"',
      'gpg_trust: "always"',
      ...['gpg_passphrase_file', 'gpg_passphrase_env_var', 'gpg_private_key_env_var'],
    ];
    const sets = `${WARNING}FOLDER/.eyaml/config.yaml, which came with this folder, sets`;
    expect(stderr).toBe(settings.map((setting) => `${sets} ${setting}\n`).join(''));
    expect(code).toBe(0);
  });

  test('of the wrong kind is an error', async () => {
    const { run, home } = scene([], ['gpg_private_key: {a: b}']);
    const { code, stderr } = await run(DECRYPT);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'error: HOME/.eyaml/config.yaml:2: gpg_private_key must be text [CONFIG_INVALID]\n',
    });
    expect(home).toBeTruthy();
  });
});

describe('neither GnuPG nor keys', () => {
  const BOTH_WAYS = [
    'error: there is no gpg on PATH [GPG_NOT_FOUND]',
    'hint: install GnuPG 2.2 or newer (Debian, Ubuntu: apt install gnupg; macOS: brew install gnupg), or set PATH',
    'hint: or use key files without GnuPG: your own key in ~/.eyaml/keys/ (eyaml createkeys -n gpg) or --gpg-private-key, the keys of others in a folder .eyaml/public-keys or --gpg-public-keys',
    '',
  ].join('\n');

  test.each([{ args: DECRYPT }, { args: ['encrypt', '-s', 'x'], without: '.eyaml' }])(
    '$args says both ways out',
    async ({ args, without }) => {
      const { run, folder } = scene([], []);
      if (without) rmSync(path.join(folder, without), { recursive: true });
      expect(await run(args)).toEqual({ code: 1, stdout: '', stderr: BOTH_WAYS });
    },
  );

  test('init says how to create a key', async () => {
    const { run, folder } = scene([], []);
    rmSync(path.join(folder, '.eyaml'), { recursive: true });
    rmSync(path.join(folder, RECIPIENTS));
    const { code, stderr } = await run(['init', '--all-keys']);
    expect({ code, stderr: stderr.split('\n').slice(0, 2) }).toEqual({
      code: 1,
      stderr: [
        'error: no keys found to encrypt for [RECIPIENTS_MISSING]',
        'hint: create your own key with: eyaml createkeys -n gpg --gpg-user-id "NAME <ADDRESS>"',
      ],
    });
  });

  test('public keys alone are enough to encrypt, with a warning', async () => {
    const { run } = scene([], []);
    const { code, stdout, stderr } = await run(['encrypt', '-s', 'x', '-o', 'string']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${WARNING}you are not a recipient of ${RECIPIENTS}: you will not be able to read these values\n`,
    });
    expect(stdout).toMatch(/^ENC\[GPG,/);
  });
});

describe('both worlds', () => {
  let home: GnupgHome;
  beforeAll(() => {
    home = createGnupgHome({ secret: ['alice'], pub: ['puppetmaster', 'mallory'], trusted: ['alice', 'puppetmaster'] });
  });
  afterAll(() => home.remove());
  const withGnupg = () => ({ env: { GNUPGHOME: home.path, PATH: process.env.PATH ?? '' } });
  const encryptFor = (...recipients: string[]) => [
    'encrypt',
    '-s',
    'x',
    '-o',
    'string',
    '--gpg-recipients',
    recipients.join(','),
  ];

  test('GnuPG answers first: its key is taken, with its trust, and not the one in a file', async () => {
    const { run, publicKeys } = scene([], []);
    copyFileSync(keyFile('puppetmaster', 'pub'), path.join(publicKeys, 'puppet.asc'));
    expect(await run(encryptFor('puppetmaster', 'alice@example.com'), withGnupg())).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test('a key of the keyring that nobody vouches for is not made trusted by a copy in a file', async () => {
    const { run, publicKeys } = scene([], []);
    copyFileSync(keyFile('mallory', 'pub'), path.join(publicKeys, 'mallory.asc'));
    const { code, stderr } = await run(encryptFor('mallory@example.com'), withGnupg());
    expect(code).toBe(1);
    expect(stderr).toContain(`gpg --quick-sign-key ${FINGERPRINTS.mallory ?? ''}`);
  });

  test('files fill in what the keyring lacks, which nobody vouches for either', async () => {
    const { run } = scene([], []);
    const refused = await run(encryptFor('alice@example.com', ann), withGnupg());
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`${ann} (Ann <ann@example.com>) is not trusted by GnuPG`);
    expect(refused.stderr).toContain('--gpg-trust pinned trusts the fingerprints');
    const pinned = await run([...encryptFor(alice, ann), '--gpg-trust', 'pinned', '-v'], withGnupg());
    expect(pinned.code).toBe(0);
    expect(pinned.stderr).toContain(
      `public key ${ann} (Ann <ann@example.com>) from FOLDER/.eyaml/public-keys/ann.asc\n`,
    );
    expect(await run(['decrypt', '-s', pinned.stdout], withGnupg())).toEqual({ code: 0, stdout: 'x', stderr: '' });
  });

  test("a private key in a file opens what GnuPG's cannot", async () => {
    const { run } = scene(['puppetmaster'], ['gpg_private_key: ~/puppetmaster.asc']);
    const { stdout } = await run(encryptFor(puppetmaster), withGnupg());
    expect(await run(['decrypt', '-s', stdout], withGnupg())).toEqual({ code: 0, stdout: 'x', stderr: '' });
    const without = await run(['decrypt', '-s', stdout], { env: { ...withGnupg().env, HOME: '/nonexistent' } });
    expect(without.code).toBe(1);
    expect(without.stderr).toContain('(puppetmaster): none of your secret keys is among them');
  });
});
