import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, keyFile, recipientLine } from '../helpers/key-homes.js';
import { createScene, type Scene } from '../helpers/scene.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

// Alice is at the keyboard; mallory's key is not trusted.
let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({
    secret: ['alice'],
    pub: ['bob', 'zoe', 'ann', 'mallory'],
    trusted: ['alice', 'bob', 'zoe', 'ann'],
  });
});
afterAll(() => home.remove());

const LIST = 'hiera-eyaml-gpg.recipients';
const KEYS = '.eyaml/public-keys';
const fingerprintOf = (name: string) => FINGERPRINTS[name] ?? name;
const ANN = `${fingerprintOf('ann')} # Ann <ann@example.com>\n`;
const ZOE = `${fingerprintOf('zoe')} # Zoë Ünïcode <zoe@example.com>\n`;

function sceneWith(...names: readonly string[]): Scene {
  const it = createScene({ gnupg: home });
  it.write(LIST, names.map(recipientLine).join(''));
  return it;
}

const keysIn = (it: Scene) => readdirSync(path.join(it.cwd, KEYS)).sort();

test('a mistyped command is taken for a path that is not there, and the right one is named', async () => {
  const { code, stderr } = await sceneWith('alice').run(['recipients', 'ad']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'error: no such file or folder: ad [FILE_NOT_FOUND]\nhint: did you mean eyaml recipients add?\n',
  });
});

describe('which recipients file', () => {
  test('the nearest one, of a folder or a file that need not exist', async () => {
    const it = sceneWith('alice');
    it.write('a/b/c.yaml', '---\n');
    expect((await it.run(['recipients', 'add', '--to', 'a/b', 'ann@example.com'])).code).toBe(0);
    expect((await it.run(['recipients', 'add', '--to', 'a/new.yaml', 'zoe@example.com'])).code).toBe(0);
    expect(it.read(LIST)).toBe(recipientLine('alice') + ANN + ZOE);
  });

  test('the one that is named itself, and what a link leads to', async () => {
    const it = sceneWith('alice');
    it.write('team.recipients', recipientLine('alice'));
    mkdirSync(path.join(it.cwd, 'a'));
    symlinkSync('../team.recipients', path.join(it.cwd, 'a', LIST));
    expect((await it.run(['recipients', 'add', '--to', 'team.recipients', 'ann@example.com'])).code).toBe(0);
    expect((await it.run(['recipients', 'add', '--to', 'a', 'zoe@example.com'])).code).toBe(0);
    expect(it.read('team.recipients')).toBe(recipientLine('alice') + ANN + ZOE);
    expect(it.read(LIST)).toBe(recipientLine('alice'));
  });

  test('a new one, with --new', async () => {
    const it = sceneWith('alice');
    mkdirSync(path.join(it.cwd, 'a'));
    const made = await it.run(['recipients', 'add', '--new', '--to', 'a', 'ann@example.com', 'alice@example.com']);
    expect(made.code).toBe(0);
    expect(it.read(`a/${LIST}`)).toMatch(/^#.*\n#.*\nE756AF.*\nE01530.*\n$/);
    expect(it.read(LIST)).toBe(recipientLine('alice'));
    const again = await it.run(['recipients', 'add', '--new', '--to', 'a', 'zoe@example.com']);
    expect(again.stderr).toMatch(/already exists \[USAGE\]/);
    expect(again.code).toBe(2);
  });

  test.each([
    [['--gpg-recipients', 'alice@example.com'], /come from --gpg-recipients: there is no recipients file .*\[USAGE\]/],
    [['--to', 'nowhere/at/all'], /no such file or folder: nowhere\/at\/all \[FILE_NOT_FOUND\]/],
    [['--to', '..'], /\[RECIPIENTS_MISSING\]\nhint: eyaml recipients add --new KEY/],
  ])('none for %j', async (options, words) => {
    const it = sceneWith('alice');
    const run = await it.run(['recipients', 'add', 'ann@example.com', ...options]);
    expect(run.stderr).toMatch(words);
    expect(run.code).not.toBe(0);
    expect(it.read(LIST)).toBe(recipientLine('alice'));
  });
});

describe('adding', () => {
  test('one subkey, by its fingerprint', async () => {
    const it = sceneWith('alice');
    const subkey = '1EAE5F79C3331AE05F2C054C1E8E7705F0FDE5ED!';
    expect((await it.run(['recipients', 'add', subkey])).code).toBe(0);
    expect(it.read(LIST)).toBe(`${recipientLine('alice')}${subkey} # Bob <bob@example.com>\n`);
  });

  test('a key that GnuPG does not trust only where its trust does not count; then it is shown even with --quiet', async () => {
    const it = sceneWith('alice');
    expect((await it.run(['recipients', 'add', 'mallory@example.com'])).stderr).toMatch(/not trusted by GnuPG/);
    expect(it.read(LIST)).toBe(recipientLine('alice'));
    const run = await it.run(['recipients', 'add', '-q', '--gpg-trust', 'pinned', 'mallory@example.com']);
    expect(run.stderr).toContain('C869 411C 6BB3 AB31 9CDF  4C5A C55B E214 363E 66E9');
    expect(it.read(LIST)).toContain(fingerprintOf('mallory'));
  });

  test('many at once lose nobody', async () => {
    const it = sceneWith('alice');
    const names = ['bob', 'zoe', 'ann'];
    const runs = await Promise.all(
      [...names, ...names].map((name) => it.run(['recipients', 'add', '--no-recrypt', `${name}@example.com`])),
    );
    expect(runs.map(({ code }) => code)).toEqual(runs.map(() => 0));
    for (const name of names) expect(it.read(LIST).split(fingerprintOf(name))).toHaveLength(2);
  });

  test('nobody is named and there is no terminal', async () => {
    const run = await sceneWith('alice').run(['recipients', 'add']);
    expect(run.stderr).toMatch(/^error: missing KEY \[USAGE\]\n/);
    expect(run.code).toBe(2);
  });
});

describe('the folder of public keys', () => {
  test('gets the key of a new person, and keeps one that it has', async () => {
    const it = sceneWith('alice');
    addPublicKeys(it.cwd, ['alice', 'zoe']);
    await it.run(['recipients', 'add', 'ann@example.com', 'zoe@example.com']);
    expect(keysIn(it)).toEqual([`${fingerprintOf('ann')}.asc`, 'alice.asc', 'zoe.asc']);
    const armored = it.read(`${KEYS}/${fingerprintOf('ann')}.asc`);
    expect(home.gpg(['--show-keys'], armored).toString()).toContain('ann@example.com');
  });

  test('loses the key of a removed person, unless another list needs it', async () => {
    const it = sceneWith('alice', 'ann', 'zoe');
    addPublicKeys(it.cwd, ['alice', 'ann', 'zoe']);
    it.write(`sub/${LIST}`, 'ann@example.com\n');
    const run = await it.run(['recipients', 'remove', 'ann@example.com', 'zoe@example.com']);
    expect(run.code).toBe(0);
    expect(it.read(LIST)).toBe(recipientLine('alice'));
    expect(keysIn(it)).toEqual(['alice.asc', 'ann.asc']);
  });

  test('keeps a file that holds more than that key, and says so', async () => {
    const it = sceneWith('alice', 'ann');
    const keys = addPublicKeys(it.cwd, ['alice']);
    const both = ['ann', 'zoe'].map((name) => readFileSync(keyFile(name, 'pub'), 'utf8')).join('');
    writeFileSync(path.join(keys, 'team.asc'), both);
    const run = await it.run(['recipients', 'remove', 'ann@example.com']);
    expect(run.stderr).toContain(`warning: ${KEYS}/team.asc also holds other keys and was not changed\n`);
    expect(it.read(`${KEYS}/team.asc`)).toBe(both);
  });

  test('keeps a key while a list cannot be read', async () => {
    const it = sceneWith('alice', 'ann');
    addPublicKeys(it.cwd, ['alice', 'ann']);
    mkdirSync(path.join(it.cwd, 'sub', LIST), { recursive: true });
    expect((await it.run(['recipients', 'remove', 'ann@example.com'])).code).toBe(0);
    expect(keysIn(it)).toEqual(['alice.asc', 'ann.asc']);
  });
});

describe('a folder of keys that leads out of the repository', () => {
  test.each([
    ['add', 'ann@example.com'],
    ['remove', 'zoe@example.com'],
    ['update', undefined],
  ])('%s changes nothing in it', async (verb, name) => {
    const it = sceneWith('alice', 'zoe');
    const keys = addPublicKeys(it.homeFolder, ['alice', 'zoe']);
    mkdirSync(path.join(it.cwd, '.eyaml'));
    symlinkSync(keys, path.join(it.cwd, KEYS));
    const run = await it.run(['recipients', verb, ...(name === undefined ? [] : [name])]);
    expect(run.stderr).toMatch(/leads to .*, outside .*\[FILE_UNWRITABLE\]/);
    expect(run.code).toBe(1);
    expect(readdirSync(keys).sort()).toEqual(['alice.asc', 'zoe.asc']);
  });
});

describe('removing', () => {
  test('a person of whose key only the line is left', async () => {
    const it = sceneWith('alice');
    const gone = 'A'.repeat(40);
    it.write(LIST, `${recipientLine('alice')}${gone} # Carol <carol@example.com>\nhunter2 # dan@example.com\n`);
    const run = await it.run(['recipients', 'remove', 'carol@example.com', 'dan@example.com']);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('carol@example.com\n    AAAA AAAA');
    expect(run.stderr).not.toContain('hunter2');
    expect(it.read(LIST)).toBe(recipientLine('alice'));
  });

  test('every line of a key, or one subkey alone', async () => {
    const subkey = '1EAE5F79C3331AE05F2C054C1E8E7705F0FDE5ED!';
    const text = `${recipientLine('alice')}${subkey}\nbob@example.com\n`;
    const it = sceneWith();
    it.write(LIST, text);
    await it.run(['recipients', 'remove', subkey]);
    expect(it.read(LIST)).toBe(`${recipientLine('alice')}bob@example.com\n`);
    it.write(LIST, text);
    await it.run(['recipients', 'remove', fingerprintOf('bob')]);
    expect(it.read(LIST)).toBe(recipientLine('alice'));
  });

  test.each([
    ['everybody', ['alice@example.com', 'ann@example.com'], /would have no recipients \[RECIPIENTS_MISSING\]/],
    ['a part of two names', ['example.com'], /"example\.com" fits the lines of 2 people/],
    ['one of two who is not there', ['ann@example.com', 'zoe@example.com'], /"zoe@example\.com" is not in/],
  ])('%s is refused', async (_, names, words) => {
    const it = sceneWith('alice', 'ann');
    const run = await it.run(['recipients', 'remove', ...names]);
    expect(run.stderr).toMatch(words);
    expect(run.code).toBe(1);
    expect(it.read(LIST)).toBe(recipientLine('alice') + recipientLine('ann'));
  });
});

describe('update', () => {
  test('takes a renewed key from GnuPG, and from files, and adds to what is there', async () => {
    const it = sceneWith('alice', 'ann', 'zoe');
    addPublicKeys(it.cwd, ['alice', 'ann', 'zoe']);
    // Ann and Zoë renew their keys on their own machines.
    const theirs = createGnupgHome({ secret: ['ann', 'zoe'] });
    onTestFinished(() => theirs.remove());
    const own = createGnupgHome({ secret: ['alice'], pub: ['ann'] });
    onTestFinished(() => own.remove());
    for (const name of ['ann', 'zoe']) theirs.gpg(['--quick-set-expire', fingerprintOf(name), '2099-01-01']);
    own.gpg(['--import'], theirs.gpg(['--export', fingerprintOf('ann')]));
    const sent = path.join(it.homeFolder, 'zoe.asc');
    writeFileSync(sent, theirs.gpg(['--armor', '--export', fingerprintOf('zoe')]));

    const env = { GNUPGHOME: own.path };
    const run = await it.run(['recipients', 'update', '--gpg-public-keys', sent, '--gpg-trust', 'pinned'], { env });
    expect(run.stderr).toContain(`wrote ${KEYS}/ann.asc\nwrote ${KEYS}/zoe.asc\n`);
    for (const name of ['ann', 'zoe'])
      expect(home.gpg(['--show-keys'], it.read(`${KEYS}/${name}.asc`)).toString()).toContain('2099-01-01');
    expect(keysIn(it)).toEqual(['alice.asc', 'ann.asc', 'zoe.asc']);
    const again = await it.run(['recipients', 'update', '--gpg-public-keys', sent], { env });
    expect(again.stderr).toBe(`nothing to do: ${LIST} is unchanged\n`);
  });

  test('a copy that is older takes nothing away', async () => {
    const it = sceneWith('alice', 'revoked');
    addPublicKeys(it.cwd, ['alice', 'revoked']);
    const before = it.read(`${KEYS}/revoked.asc`);
    const old = createGnupgHome({ secret: ['alice'] });
    onTestFinished(() => old.remove());
    const run = await it.run(['recipients', 'update'], { env: { GNUPGHOME: old.path } });
    expect(run.code).toBe(0);
    expect(it.read(`${KEYS}/revoked.asc`)).toBe(before);
  });

  test('without a folder of keys there is nothing to update', async () => {
    const run = await sceneWith('alice').run(['recipients', 'update']);
    expect(run.stderr).toMatch(/^error: nothing to update: there is no folder \.eyaml\/public-keys/);
    expect(run.code).toBe(2);
  });
});

test('canonicalize changes nothing if a line cannot be', async () => {
  const it = sceneWith();
  it.write(LIST, 'alice@example.com\nmallory@example.com\n');
  const run = await it.run(['recipients', 'canonicalize']);
  expect(run.stderr).toMatch(/hiera-eyaml-gpg\.recipients:2: .*not trusted by GnuPG/);
  expect(run.code).toBe(1);
  expect(it.read(LIST)).toBe('alice@example.com\nmallory@example.com\n');
});

test('--recrypt fails if values could not be re-encrypted, and the list is changed', async () => {
  const it = sceneWith('alice');
  it.write('a.yaml', 'a: DEC::GPG[x]!\n');
  it.write('a.yaml', (await it.run(['encrypt', '-e', 'a.yaml', '--gpg-recipients', 'zoe@example.com'])).stdout);
  const run = await it.run(['recipients', 'add', '--recrypt', 'ann@example.com']);
  expect(run.stderr).toMatch(/some values were not re-encrypted.*\[VALUE_UNREADABLE\]/);
  expect(run.code).toBe(1);
  expect(it.read(LIST)).toBe(recipientLine('alice') + ANN);
});

describe('at a terminal', () => {
  async function sceneWithValue(): Promise<Scene> {
    const it = sceneWith('alice');
    it.write('a.yaml', 'a: DEC::GPG[x]!\n');
    it.write('a.yaml', (await it.run(['encrypt', '-e', 'a.yaml'])).stdout);
    return it;
  }

  test('people are searched for and ticked, and the recrypt is offered', async () => {
    const it = await sceneWithValue();
    const before = it.read('a.yaml');
    const terminal = eyamlOnTerminal(['recipients', 'add'], {
      cwd: it.cwd,
      env: { GNUPGHOME: home.path, HOME: it.homeFolder },
    });
    await terminal.waitFor(/❯ done \(0 chosen\)/);
    terminal.type('ann@');
    await terminal.waitFor(/❯ \[ \] Ann/);
    terminal.type('\r');
    await terminal.waitFor(/❯ done \(1 chosen\)/);
    terminal.type('\r');
    await terminal.waitFor(/1 reader is new\. Re-encrypt 1 value in 1 file\?/);
    terminal.type('y\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(it.read(LIST)).toBe(recipientLine('alice') + ANN);
    expect(it.read('a.yaml')).not.toBe(before);
  });

  test('no to the recrypt leaves the values and names the command', async () => {
    const it = await sceneWithValue();
    const before = it.read('a.yaml');
    const terminal = eyamlOnTerminal(['recipients', 'add', 'ann@example.com'], {
      cwd: it.cwd,
      env: { GNUPGHOME: home.path, HOME: it.homeFolder },
    });
    await terminal.waitFor(/Re-encrypt 1 value in 1 file\?/);
    terminal.type('n\r');
    await terminal.waitFor(/eyaml recrypt \./);
    expect((await terminal.ended).exitCode).toBe(0);
    expect(it.read('a.yaml')).toBe(before);
    expect(it.read(LIST)).toBe(recipientLine('alice') + ANN);
  });
});

describe('the command line', () => {
  test.each([
    [
      ['recipients', 'add', '--bogus'],
      /argument 1 of eyaml recipients add is not an option .*\n(?:.*\n)*hint: eyaml recipients add --help/,
    ],
    [['recipients', 'update', 'x'], /too many arguments: eyaml recipients update takes options only/],
  ])('%j', async (args, words) => {
    const run = await sceneWith('alice').run(args);
    expect(run.stderr).toMatch(words);
    expect(run.code).toBe(2);
  });

  test('help shows the commands of a command', async () => {
    const it = sceneWith('alice');
    const { stdout } = await it.run(['recipients', 'add', '--help']);
    expect(stdout).toContain('$ eyaml recipients add [KEY…] [options]');
    expect((await it.run(['help', 'recipients', 'remove'])).stdout).toContain('eyaml recipients remove');
    expect((await it.run([])).stderr).toMatch(/^ {2}recipients add {11}add people to a recipients file$/m);
  });

  test('a folder with the name of a command', async () => {
    const it = sceneWith('alice');
    cpSync(path.join(it.cwd, LIST), path.join(it.cwd, 'add', LIST));
    expect((await it.run(['recipients', './add'])).stdout).toContain(`add: add/${LIST}`.replace('add:', './add:'));
  });
});
