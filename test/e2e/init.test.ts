import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml, type RunOptions } from '../helpers/cli.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, keyFile, keyfilesHome, toolsWithoutGpg } from '../helpers/key-homes.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';
import { groupedFingerprint } from '../../src/text/fingerprint.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const ADVICE = [
  'Compare each fingerprint with its owner: everyone in the recipients file can read what is encrypted from now on.',
  'Commit these files. Never commit a private key, a passphrase, or the output of eyaml decrypt.',
  'Next step: eyaml edit common.eyaml',
];
const NOT_YOURS =
  'warning: you have no private key for any of them: you will not be able to read what you encrypt here';

let scratch: string;
let tools: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'eyaml-init-'));
  tools = toolsWithoutGpg(scratch);
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** An empty folder, alice's home, and the public keys of some people beside it; no gpg on PATH. */
function scene(...known: readonly string[]) {
  const home = keyfilesHome(scratch, ['alice']);
  const cwd = path.join(home, 'data');
  mkdirSync(cwd);
  if (known.length > 0) addPublicKeys(home, known);
  const env = { HOME: home, PATH: tools };
  return {
    cwd,
    at: (file: string) => path.join(cwd, file),
    textOf: (file: string) => readFileSync(path.join(cwd, file), 'utf8'),
    files: () => readdirSync(cwd, { recursive: true, encoding: 'utf8' }).sort(),
    run: async (args: readonly string[], options: RunOptions = {}) => {
      const { code, stdout, stderr } = await eyaml(args, { cwd, ...options, env: { ...env, ...options.env } });
      return {
        code,
        stdout,
        stderr: stderr.replaceAll(cwd, 'FOLDER').replaceAll(home, 'HOME').split('\n').slice(0, -1),
      };
    },
    onTerminal: (...args: string[]) => eyamlOnTerminal(['init', ...args], { cwd, env }),
  };
}

const keyOf = (name: string) => `.eyaml/public-keys/${FINGERPRINTS[name] ?? ''}.asc`;
const line = (name: string, userId: string) => `${FINGERPRINTS[name] ?? ''} # ${userId}`;
const ALICE = line('alice', 'Alice <alice@example.com>');
const PUPPET = line('puppetmaster', 'puppetmaster');
const ZOE = line('zoe', 'Zoë Ünïcode <zoe@example.com>');

const shown = (name: string, userId: string) => `  ${groupedFingerprint(FINGERPRINTS[name] ?? '')}  ${userId}`;
const SHOWN = {
  alice: shown('alice', 'Alice <alice@example.com> (you)'),
  puppet: shown('puppetmaster', 'puppetmaster'),
  zoe: shown('zoe', 'Zoë Ünïcode <zoe@example.com>'),
};

const namesIn = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('--all-keys: recipients, public keys and configuration, ready to encrypt', async () => {
  const { run, textOf, files, cwd } = scene('zoe', 'puppetmaster', 'expired', 'revoked', 'nosub');
  expect(await run(['init', '--all-keys'])).toEqual({
    code: 0,
    stdout: '',
    stderr: [
      ...[RECIPIENTS, '.eyaml/config.yaml', ...['alice', 'puppetmaster', 'zoe'].map(keyOf)].map(
        (file) => `wrote ${file}`,
      ),
      'recipients:',
      ...Object.values(SHOWN),
      ...ADVICE,
    ],
  });
  // One's own first; what cannot be encrypted for is not there.
  expect(namesIn(textOf(RECIPIENTS))).toEqual([ALICE, PUPPET, ZOE]);
  expect(textOf('.eyaml/config.yaml')).toContain('encrypt_method: gpg\n');
  for (const file of files().filter((name) => name.endsWith('.asc'))) {
    expect(textOf(file)).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n/);
    expect(textOf(file)).not.toContain('PRIVATE');
  }
  // What was written is all that is needed, for somebody with a private key and nothing else.
  rmSync(path.join(cwd, '../.eyaml/public-keys'), { recursive: true });
  const { stdout, stderr } = await run(['encrypt', '-s', 'x', '-o', 'string']);
  expect(stderr).toEqual([]);
  expect(await run(['decrypt', '-s', stdout])).toEqual({ code: 0, stdout: 'x', stderr: [] });
});

describe('--recipient', () => {
  test('takes whoever is named, once, into a folder that is made', async () => {
    const { run, textOf, at, files } = scene('zoe', 'puppetmaster', 'ann', 'joann');
    const spaced = (FINGERPRINTS.zoe ?? '')
      .toLowerCase()
      .replace(/(.{4})/g, '$1 ')
      .trim();
    const names = ['puppetmaster', spaced, 'ZOE@example.com', FINGERPRINTS.zoe ?? ''];
    const { code, stderr } = await run(['init', 'a/b', ...names.flatMap((name) => ['--recipient', name])]);
    expect(code).toBe(0);
    expect(stderr).toContain(NOT_YOURS);
    expect(namesIn(textOf(`a/b/${RECIPIENTS}`))).toEqual([PUPPET, ZOE]);
    expect(readdirSync(at('a/b/.eyaml/public-keys')).sort()).toEqual(
      ['zoe', 'puppetmaster'].map((name) => path.basename(keyOf(name))).sort(),
    );
    expect(files()).toHaveLength(8);
  });

  test('says all that is wrong at once, and writes nothing', async () => {
    const { run, files } = scene('ann', 'joann', 'expired', 'nosub');
    const names = ['expired@example.com', 'nosub', 'nn', 'nobody'];
    const { code, stderr } = await run(['init', 'sub', ...names.flatMap((name) => ['--recipient', name])]);
    expect(code).toBe(1);
    expect(stderr.filter((text) => !text.startsWith('    '))).toEqual([
      'error: cannot encrypt for the recipients of --recipient [RECIPIENTS_INVALID]',
      expect.stringMatching(/no usable key for "expired@example\.com": .* expired on \d{4}-/),
      expect.stringMatching(/no usable key for "nosub": .* has no encryption subkey$/),
      expect.stringMatching(/"nn" matches 2 keys: /),
      expect.stringMatching(/no key in the keyring is "nobody"$/),
    ]);
    expect(files()).toEqual([]);
  });
});

describe('what is there', () => {
  test('stays as it is, and is said to; whoever is new is added to the recipients file', async () => {
    const { run, textOf, at } = scene('zoe');
    mkdirSync(at('.eyaml/public-keys'), { recursive: true });
    for (const file of [RECIPIENTS, '.eyaml/config.yaml', keyOf('zoe')]) writeFileSync(at(file), '# mine\n');
    const args = ['init', '--recipient', 'zoe@example.com', '--gpg-public-keys', keyFile('zoe', 'pub')];
    const { code, stderr } = await run(args);
    expect(code).toBe(0);
    expect(stderr.filter((text) => text.includes('already exists'))).toEqual(
      ['.eyaml/config.yaml', keyOf('zoe')].map((file) => `${file} already exists and was not changed`),
    );
    expect(stderr.some((text) => text.startsWith('wrote'))).toBe(false);
    for (const file of ['.eyaml/config.yaml', keyOf('zoe')]) expect(textOf(file)).toBe('# mine\n');
    expect(textOf(RECIPIENTS)).toBe(`# mine\n${ZOE}\n`);
  });

  test('and is a link to nowhere is not written through', async () => {
    const { run, at, files } = scene('zoe');
    symlinkSync('../elsewhere', at(RECIPIENTS));
    const { code, stderr } = await run(['init', '--recipient', 'zoe@example.com']);
    expect(code).toBe(1);
    expect(stderr).toEqual([`error: cannot write ${RECIPIENTS}: it already exists [FILE_UNWRITABLE]`]);
    expect(files()).not.toContain('elsewhere');
    expect(readdirSync(path.join(at('.'), '..'))).not.toContain('elsewhere');
  });

  test.each(['sub', 'sub/.eyaml', 'sub/.eyaml/public-keys'])(
    'a file that is to be the folder %s is an error',
    async (file) => {
      const { run, at } = scene('zoe');
      mkdirSync(path.dirname(at(file)), { recursive: true });
      writeFileSync(at(file), '');
      const { code, stderr } = await run(['init', 'sub', '--recipient', 'zoe@example.com']);
      expect(code).toBe(1);
      expect(stderr.filter((line) => line.startsWith('error: '))).toEqual([
        expect.stringMatching(
          /: cannot write sub\/.*: (?:it already exists|a part of its path is not a folder) \[FILE_UNWRITABLE\]$|sub\/\.eyaml\/public-keys: it is not a folder \[KEY_FILE_UNREADABLE\]$/,
        ),
      ]);
      expect(stderr.join('\n')).not.toContain('already exists');
    },
  );
});

describe('run again', () => {
  // The folder's own public keys are nearer.
  const TEAM = ['--gpg-public-keys', '../.eyaml/public-keys'];

  test('people are added, each once, and nothing else changes', async () => {
    const { run, textOf, at } = scene('zoe', 'puppetmaster');
    expect((await run(['init', '--recipient', 'alice@example.com'])).code).toBe(0);
    const before = textOf(RECIPIENTS);
    writeFileSync(at(RECIPIENTS), `${before}puppetmaster # by name\n# the end`);
    const again = await run(['init', '--all-keys', ...TEAM]);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toEqual([
      '.eyaml/config.yaml already exists and was not changed',
      `wrote ${keyOf('zoe')}`,
      `changed ${RECIPIENTS}`,
      'new recipients:',
      SHOWN.zoe,
      ...ADVICE,
    ]);
    expect(textOf(RECIPIENTS)).toBe(`${before}puppetmaster # by name\n# the end\n${ZOE}\n`);
    const third = await run(['init', '--all-keys', ...TEAM]);
    expect(third.code).toBe(0);
    expect(third.stderr).toContain('there is nobody to add: these keys are recipients already');
    expect(textOf(RECIPIENTS)).toBe(`${before}puppetmaster # by name\n# the end\n${ZOE}\n`);
  });

  test('CRLF stays, and values that are there are to be encrypted anew', async () => {
    const { run, textOf, at } = scene('zoe');
    await run(['init', '--recipient', 'alice@example.com']);
    writeFileSync(at(RECIPIENTS), `${ALICE}\r\n`);
    const value = await run(['encrypt', '-s', 'x', '-l', 'a', '-o', 'string']);
    writeFileSync(at('data.eyaml'), value.stdout);
    const { stderr } = await run(['init', '--recipient', 'zoe@example.com', ...TEAM]);
    expect(textOf(RECIPIENTS)).toBe(`${ALICE}\r\n${ZOE}\r\n`);
    expect(stderr.at(-1)).toBe('Next step: eyaml recrypt --dry-run .');
    expect(await run(['recrypt', '--dry-run', '.'])).toMatchObject({ code: 0 });
  });

  test('a recipients file that leads out of the repository is not read and not written', async () => {
    const { run, at } = scene('zoe');
    mkdirSync(at('.git'));
    writeFileSync(path.join(at('.'), '../mine.recipients'), '');
    symlinkSync('../mine.recipients', at(RECIPIENTS));
    const { code, stderr } = await run(['init', '--all-keys']);
    expect(code).toBe(1);
    expect(stderr[0]).toMatch(
      /^error: cannot read the recipients file .* outside the repository .* \[RECIPIENTS_UNREADABLE\]$/,
    );
    expect(readFileSync(path.join(at('.'), '../mine.recipients'), 'utf8')).toBe('');
  });
});

describe('without a choice', () => {
  test('there is nobody to ask where there is no terminal', async () => {
    const { run, files } = scene('zoe');
    expect(await run(['init'])).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'error: nothing was written: there is no terminal to ask who the recipients are [ABORTED]',
        'hint: --recipient KEY names one, --all-keys takes all',
      ],
    });
    expect(files()).toEqual([]);
  });

  test('both options are too many', async () => {
    expect((await scene('zoe').run(['init', '--all-keys', '--recipient', 'zoe@example.com'])).code).toBe(2);
  });

  test('no key that can be encrypted for is an error', async () => {
    const { run, files } = scene('expired');
    const { code, stderr } = await run(['init', '--all-keys', '--gpg-private-key', 'nowhere']);
    expect({ code, first: stderr[0] }).toEqual({
      code: 1,
      first: 'error: no keys found to encrypt for [RECIPIENTS_MISSING]',
    });
    expect(files()).toEqual([]);
  });
});

describe('at a terminal', () => {
  const DOWN = '\u001b[B';

  test("keys are ticked in a list, one's own at the top and already ticked", async () => {
    const { onTerminal, textOf } = scene('zoe', 'puppetmaster', 'ann');
    const terminal = onTerminal();
    await terminal.waitFor(/Who may read the secrets in this folder\?/);
    await terminal.waitFor(/zoe@example\.com/);
    expect(terminal.shown()).toMatch(/◉\S* E015308C/);
    expect(terminal.shown()).toMatch(/◯ E756AF42/);
    // From alice's past ann's to puppetmaster's.
    terminal.type(`${DOWN}${DOWN} `);
    await terminal.waitFor(/◉\S* F93322C7/);
    terminal.type('\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(namesIn(textOf(RECIPIENTS))).toEqual([ALICE, PUPPET]);
    expect(terminal.shown()).toContain(ADVICE[1]);
  });

  test('run again, those who are recipients already cannot be ticked', async () => {
    const { onTerminal, run, textOf } = scene('zoe');
    await run(['init', '--recipient', 'alice@example.com']);
    const terminal = onTerminal('--gpg-public-keys', keyFile('zoe', 'pub'));
    await terminal.waitFor(/Who else may read the secrets in this folder\?/);
    await terminal.waitFor(/zoe@example\.com/);
    await terminal.waitFor(/alice@example\.com> \(already a recipient\)/);
    terminal.type(' \r');
    await terminal.waitFor(/new recipients:/);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(namesIn(textOf(RECIPIENTS))).toEqual([ALICE, ZOE]);
    const third = onTerminal();
    await third.waitFor(/there is nobody to add/);
    expect((await third.ended).exitCode).toBe(0);
  });

  test.each([
    { what: 'nothing is ticked', keys: ' \r', code: 1, shown: /error: no key was chosen; nothing was written/ },
    { what: 'Ctrl-C', keys: '\u0003', code: 130, shown: /aborted/ },
  ])('$what: nothing is written', async ({ keys, code, shown }) => {
    const { onTerminal, files } = scene('zoe');
    const terminal = onTerminal();
    await terminal.waitFor(/zoe@example\.com/);
    terminal.type(keys);
    await terminal.waitFor(shown);
    expect((await terminal.ended).exitCode).toBe(code);
    expect(files()).toEqual([]);
  });
});

describe('with GnuPG', () => {
  let home: GnupgHome;
  beforeAll(() => (home = createGnupgHome({ secret: ['alice'], pub: ['zoe', 'bob'] })));
  afterAll(() => home.remove());

  test('keys of the keyring go to the folder, for those who have no GnuPG', async () => {
    const { run, textOf } = scene();
    const env = { GNUPGHOME: home.path, HOME: home.path, PATH: process.env.PATH ?? '' };
    const made = await run(['init', '--recipient', 'alice@example.com', '--recipient', 'zoe@example.com'], { env });
    expect(made).toMatchObject({ code: 0 });
    expect(made.stderr).not.toContain(NOT_YOURS);
    expect(namesIn(textOf(RECIPIENTS))).toEqual([ALICE, ZOE]);
    const { stdout, stderr } = await run(['encrypt', '-s', 'x', '-o', 'string']);
    expect(stderr).toEqual([]);
    expect(await run(['decrypt', '-s', stdout], { env })).toEqual({ code: 0, stdout: 'x', stderr: [] });
  });
});
