import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, recipientLine } from '../helpers/key-homes.js';
import { createScene, type Scene } from '../helpers/scene.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

const LIST = 'hiera-eyaml-gpg.recipients';
// While the key "expired" was valid.
const EARLIER = '1795381682';
const ROTAS_OLD_SUBKEY = '5AC8B38C665EED5C25518033E1A609B4914EE3A9';
const PUBLIC = ['bob', 'zoe', 'ann', 'rota', 'expired'];

/** Makes values for anybody. */
let maker: GnupgHome;
/** That of the person at the keyboard, who has no key of mallory, and no secret key. */
let home: GnupgHome;
/** The second key of Ann. */
let secondKey: string;
beforeAll(() => {
  maker = createGnupgHome({ pub: [...PUBLIC, 'mallory'], secret: [] });
  home = createGnupgHome({ pub: PUBLIC });
  maker.gpg([
    '--yes',
    '--passphrase',
    '',
    '--quick-gen-key',
    'Ann <ann@example.com>',
    'future-default',
    'default',
    '2099-01-01',
  ]);
  home.gpg(['--import'], maker.gpg(['--export', 'ann@example.com']));
  const listed = maker.gpg(['--with-colons', '--list-secret-keys']).toString();
  secondKey = /^fpr:+([0-9A-F]{40}):$/m.exec(listed)?.[1] ?? '';
  home.gpg(['--import-ownertrust'], `${secondKey}:6:\n`);
});
afterAll(() => {
  maker.remove();
  home.remove();
});

const fingerprintOf = (name: string) => FINGERPRINTS[name] ?? name;

/** A value for these people; a name before which stands `?` is hidden. */
function valueFor(...names: readonly string[]): string {
  const recipients = names.flatMap((name) =>
    name.startsWith('?') ? ['-R', fingerprintOf(name.slice(1))] : ['-r', fingerprintOf(name)],
  );
  const then = names.includes('expired') ? ['--faked-system-time', EARLIER] : [];
  const octets = maker.gpg([...then, '--trust-model', 'always', ...recipients, '--encrypt'], 'canary');
  return `ENC[GPG,${octets.toString('base64')}]`;
}

const vector = (name: string) => `ENC[GPG,${readFileSync(path.join(FIXTURES, 'vectors', name)).toString('base64')}]`;
const pkcs7Value = () =>
  /ENC\[PKCS7,[^\]]+\]/.exec(readFileSync(path.join(FIXTURES, 'tree/pkcs7/mixed.eyaml'), 'utf8'))?.[0] ?? '';

interface RowJson {
  readonly path: string;
  readonly source: string | null;
  readonly values: number;
  readonly otherMethods: Readonly<Record<string, number>>;
  readonly readers: readonly {
    readonly fingerprint?: string;
    readonly keyId?: string;
    readonly userId?: string;
    readonly expires?: string | null;
    readonly standing: string;
  }[];
  readonly differing: readonly {
    readonly missing: readonly string[];
    readonly extra: readonly string[];
    readonly hidden: number;
    readonly password: boolean;
    readonly values: readonly { readonly file: string; readonly line: number; readonly key: string | null }[];
  }[];
  readonly damaged: readonly object[];
  readonly unread: readonly { readonly file: string; readonly message: string }[];
}

async function rowsOf(it: Scene, ...args: readonly string[]): Promise<ReadonlyMap<string, RowJson>> {
  const { code, stdout, stderr } = await it.run(['recipients', '--tree', '--format', 'json', ...args]);
  expect(code, stderr).toBe(0);
  return new Map((JSON.parse(stdout) as readonly RowJson[]).map((row) => [row.path, row]));
}

/** `NAME STANDING` of each reader of a row. */
const told = (row: RowJson | undefined) =>
  row?.readers.map(({ userId, keyId = '', standing }) => `${userId?.split(' ')[0] ?? keyId} ${standing}`);
/** `KEY: missing …, extra …` of each value that differs. */
const differing = (row: RowJson | undefined) =>
  row?.differing.flatMap(({ missing, extra, values }) =>
    values.map(({ key }) => `${key ?? '-'}: ${missing.length} missing, ${extra.length} extra`),
  );

const list = (...names: readonly string[]) => names.map(recipientLine).join('');

test('rows are folders with recipients of their own, and each value counts where it is', async () => {
  const it = createScene({ gnupg: home });
  it.write(LIST, list('bob', 'zoe'));
  it.write('a.yaml', `a: ${valueFor('bob', 'zoe')}\n# ${valueFor('bob')}\n`);
  it.write('sub/b.yaml', `b: ${valueFor('bob', 'zoe')}\n`);
  it.write(`sub/prod/${LIST}`, list('ann'));
  it.write('sub/prod/deep/c.eyaml', `c:\n  d: [1, "${valueFor('ann', 'bob')}"]\n`);
  it.write('sub/prod/empty.yaml', 'a: 1\n');
  const rows = await rowsOf(it, '.');
  expect([...rows.keys()]).toEqual(['.', 'sub/prod']);
  expect(rows.get('.')).toMatchObject({ values: 3, source: LIST });
  expect(told(rows.get('.'))).toEqual(['Bob reader', 'Zoë missing']);
  expect(rows.get('.')?.differing).toMatchObject([
    { missing: [fingerprintOf('zoe')], extra: [], values: [{ file: 'a.yaml', line: 2, key: null }] },
  ]);
  expect(told(rows.get('sub/prod'))).toEqual(['Bob extra', 'Ann reader']);
  expect(differing(rows.get('sub/prod'))).toEqual(['c.d[1]: 0 missing, 1 extra']);
  expect((await rowsOf(it, 'sub')).get('sub')).toMatchObject({ values: 1, source: LIST, differing: [] });
  expect((await rowsOf(it, 'a.yaml')).get('a.yaml')?.values).toBe(2);
});

test('an older subkey is its owner, and so is an expired key; two keys of one person are two readers', async () => {
  const it = createScene({ gnupg: home });
  it.write(LIST, list('rota', 'expired', 'ann'));
  it.write('a.yaml', `a: ${valueFor(`${ROTAS_OLD_SUBKEY}!`, 'expired', 'ann')}\nb: ${valueFor('rota', secondKey)}\n`);
  const row = (await rowsOf(it)).get('.');
  expect(told(row)).toEqual(['Rota reader', 'Expired unusable', 'Ann missing', 'Ann extra']);
  expect(differing(row)).toEqual(['b: 2 missing, 1 extra']);
  const anns = row?.readers.filter(({ userId }) => userId?.startsWith('Ann'));
  expect(anns?.map(({ fingerprint, expires }) => [fingerprint, expires?.slice(0, 4) ?? null])).toEqual([
    [fingerprintOf('ann'), null],
    [secondKey, '2099'],
  ]);
  const { stdout } = await it.run(['recipients', '--tree']);
  expect(stdout).toContain('expired 2026-11-22\n');
  expect(stdout).toMatch(/^4 {2}Ann <ann@example\.com>\n {3}\S.*\S {2}expires 20(?:98|99)-\d\d-\d\d$/m);
});

describe('a reader who is not in the list', () => {
  const standingsWith = async (value: string, ...lines: readonly string[]) => {
    const it = createScene({ gnupg: home });
    it.write(LIST, `${list('bob')}${lines.map((line) => `${line}\n`).join('')}`);
    it.write('a.yaml', `a: ${value}\n`);
    return (await rowsOf(it)).get('.')?.readers.slice(1);
  };

  test('and of whom no key is known is a key ID; a line without a key may mean them', async () => {
    const value = valueFor('bob', 'mallory');
    const keyId = expect.stringMatching(/^[0-9A-F]{16}$/) as string;
    expect(await standingsWith(value)).toEqual([{ keyId, standing: 'extra' }]);
    expect(await standingsWith(value, 'mallory@example.com')).toEqual([{ keyId, standing: 'unsure' }]);
  });

  test.each([
    ['extra', 'mallory@example.com'],
    // Two keys have this name.
    ['unsure', 'ann'],
    // Too short to be sure of.
    ['unsure', fingerprintOf('ann').slice(-8)],
  ])('is %s beside the line %j', async (standing, line) => {
    expect(await standingsWith(valueFor('bob', 'ann'), line)).toMatchObject([
      { fingerprint: fingerprintOf('ann'), standing },
    ]);
  });
});

test('a folder without recipients, values of PKCS7, hidden readers, passwords and damage are said', async () => {
  const it = createScene({ gnupg: home });
  it.write('a.yaml', `a: ${valueFor('bob')}\nb: ${pkcs7Value()}\nc: ENC[OTHER,AAAA]\n`);
  it.write(`b/${LIST}`, list('bob', 'zoe'));
  const hidden = valueFor('?zoe', 'bob');
  it.write('b/b.yaml', `h: ${hidden}\np: ${vector('password-and-key.gpg')}\nt: ${vector('truncated.gpg')}\n`);
  const rows = await rowsOf(it, '.');
  expect(rows.get('.')).toMatchObject({ source: null, values: 1, otherMethods: { PKCS7: 1, OTHER: 1 } });
  expect(told(rows.get('.'))).toEqual(['Bob extra']);
  expect(rows.get('b')).toMatchObject({ values: 3, damaged: [{ file: 'b/b.yaml', line: 3, key: 't' }] });
  expect(rows.get('b')?.differing.map(({ hidden, password }) => [hidden, password])).toEqual([
    [1, false],
    [0, true],
  ]);
  const { stdout } = await it.run(['recipients', '--tree', '.']);
  for (const said of [
    '.: no recipients\n',
    '1 value of PKCS7 in .: everybody with that private key can read them\n',
    '1 value of OTHER in .: they do not say who can read them\n',
    '1 value:\n  ? 2 Zoë Ünïcode <zoe@example.com> may be the reader who is not named\n  ! 1 hidden recipient: nobody can tell who it is\n    b/b.yaml:1: h\n',
    '  ! a password can open it\n    b/b.yaml:2: p\n',
    '1 damaged value:\n  nobody can tell who could read it\n    b/b.yaml:3: t\n',
  ])
    expect(stdout).toContain(said);
});

test('a hidden reader or a password beside all recipients is a difference', async () => {
  const it = createScene({ gnupg: home });
  it.write(LIST, list('bob'));
  const loopback = ['--pinentry-mode', 'loopback', '--passphrase', 'x', '--trust-model', 'always'];
  const both = maker.gpg([...loopback, '-r', fingerprintOf('bob'), '--symmetric', '--encrypt'], 'canary');
  it.write('a.yaml', `h: ${valueFor('bob', '?zoe')}\np: ENC[GPG,${both.toString('base64')}]\nb: ${valueFor('bob')}\n`);
  const row = (await rowsOf(it)).get('.');
  expect(told(row)).toEqual(['Bob reader']);
  expect(row?.differing).toMatchObject([
    { missing: [], extra: [], hidden: 1, password: false, values: [{ key: 'h' }] },
    { missing: [], extra: [], hidden: 0, password: true, values: [{ key: 'p' }] },
  ]);
});

describe('what decides about a file decides about its values', () => {
  test('a rule has a row of its own', async () => {
    const it = createScene({ gnupg: home });
    it.write(LIST, list('bob'));
    it.write('lists/ops.recipients', list('zoe'));
    it.write('.eyaml/config.yaml', 'rules:\n  - path: "ops/*.yaml"\n    recipients_file: lists/ops.recipients\n');
    it.write('ops/a.yaml', `a: ${valueFor('zoe')}\n`);
    it.write('ops/deep/b.yaml', `b: ${valueFor('bob')}\n`);
    const rows = await rowsOf(it);
    expect([...rows].map(([name, row]) => [name, row.values, differing(row)])).toEqual([
      ['.', 1, []],
      ['ops/*.yaml', 1, []],
    ]);
    expect(told(rows.get('ops/*.yaml'))).toEqual(['Zoë reader']);
  });

  test('an option decides about all of them', async () => {
    const it = createScene({ gnupg: home });
    it.write(`a/${LIST}`, list('bob'));
    it.write('a/a.yaml', `a: ${valueFor('bob')}\n`);
    const rows = await rowsOf(it, '--gpg-recipients', 'zoe@example.com', '.');
    expect(told(rows.get('a'))).toEqual(['Zoë missing', 'Bob extra']);
  });

  test('keys nearer than the recipients file have a row of their own, and name readers', async () => {
    const it = createScene({ gnupg: home });
    it.write(LIST, 'mallory@example.com\n');
    it.write('a/a.yaml', `a: ${valueFor('mallory')}\n`);
    addPublicKeys(path.join(it.cwd, 'a'), ['mallory']);
    it.write('b.yaml', `b: ${valueFor('mallory')}\n`);
    const rows = await rowsOf(it, '--gpg-always-trust');
    expect([...rows].map(([name, row]) => [name, told(row)])).toEqual([
      ['.', ['Mallory unsure']],
      ['a', ['Mallory reader']],
    ]);
  });
});

test('a file that cannot be read is said, and the others are shown', async () => {
  const it = createScene({ gnupg: home });
  it.write(LIST, list('bob'));
  it.write('a.yaml', `a: ${valueFor('bob')}\n`);
  writeFileSync(path.join(it.cwd, 'b.yaml'), Buffer.from([0xff, 0xfe, 0x41]));
  const row = (await rowsOf(it)).get('.');
  expect(row).toMatchObject({ values: 1, unread: [{ file: 'b.yaml' }] });
  expect((await it.run(['recipients', '--tree'])).stdout).toMatch(/^problems:\n {2}b\.yaml: /m);
});

describe('forms', () => {
  /** A tree with names that would be controls, formulas or markup. */
  function hostile(): Scene {
    const it = createScene({ gnupg: home });
    const folder = '=1+1 \u001b[2J<b>,';
    it.write(`${folder}/${LIST}`, list('bob'));
    it.write(`${folder}/a.yaml`, `"@k\\e[31m,<i>": ${valueFor('zoe')}\n`);
    return it;
  }

  test.each(['text', 'csv', 'json'])(
    '%s has no control character and no plaintext, whatever the names are',
    async (format) => {
      const { code, stdout, stderr } = await hostile().run(['recipients', '--tree', '--format', format, '.']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toMatch(/[^\r\n\P{Cc}]/u);
      expect(stdout).not.toMatch(/canary|ENC\[/);
      expect(stdout).toContain('@k');
    },
  );

  test('csv has a column for each key, a row for each value that differs, and no formula', async () => {
    const { stdout } = await hostile().run(['recipients', '--tree', '--format', 'csv', '.']);
    const [head = '', ...lines] = stdout.trimEnd().split('\r\n');
    expect(head).toBe(
      `path,source,file,line,key,values,"Bob <bob@example.com> (${fingerprintOf('bob')}), does not expire","Zoë Ünïcode <zoe@example.com> (${fingerprintOf('zoe')}), does not expire",notes`,
    );
    expect(lines.map((line) => line.split(',').slice(-5))).toEqual([
      ['', '0', '', '', ''],
      ['', '1', 'missing', 'extra', ''],
      ['<i>"""', '', 'missing', 'extra', ''],
    ]);
    expect(lines[1]).toMatch(/^"'=1\+1 /);
  });

  test('--json is --format json, and both are only for --tree', async () => {
    const it = createScene({ gnupg: home });
    it.write(LIST, list('bob'));
    const [one, other] = await Promise.all(
      [['--json'], ['--format', 'json']].map((args) => it.run(['recipients', '--tree', ...args])),
    );
    expect(one?.stdout).toBe(other?.stdout);
    // What the row had before it told of values.
    expect(JSON.parse(one?.stdout ?? '')).toMatchObject([
      { path: '.', source: LIST, method: 'GPG', recipients: [{ line: 1, canEncrypt: true }] },
    ]);
    const refused = [
      ['--format', 'csv'],
      ['--tree', '--json', '--format', 'csv'],
      ['--tree', '--format', 'xml'],
    ];
    for (const args of refused) expect((await it.run(['recipients', ...args])).code).toBe(2);
    expect((await it.run(['recipients', '--tree', 'nowhere'])).stderr).toMatch(/no such file or folder: nowhere/);
  });

  test('text fits the terminal: each key has one line where that is wide enough', async () => {
    const it = createScene({ gnupg: home });
    it.write(LIST, list('bob'));
    const { stdout } = await it.run(['recipients', '--tree']);
    expect(stdout).toMatch(/^1 {2}Bob <bob@example\.com>\n {3}24E6 /);
    const terminal = eyamlOnTerminal(['recipients', '--tree'], {
      cwd: it.cwd,
      env: { HOME: it.homeFolder, GNUPGHOME: home.path },
    });
    expect((await terminal.ended).exitCode).toBe(0);
    expect(terminal.shown()).toMatch(/^1 {2}24E6 .* {2}does not expire {2}Bob <bob@example\.com>\r$/m);
  });
});
