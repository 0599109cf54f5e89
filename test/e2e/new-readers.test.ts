import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, keyfilesHome, toolsWithoutGpg } from '../helpers/key-homes.js';
import { readersFor, readersOf, subkeysOf } from '../helpers/readers.js';
import { relabelled } from '../helpers/relabel.js';
import { createScene } from '../helpers/scene.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

// A line was added to the recipients file after the values were encrypted: mallory's, whose key everybody has and GnuPG accepts here. The
// user has acknowledged it, without knowing what that means for the values.
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const lineOf = (name: string) => `${FINGERPRINTS[name] ?? ''}\n`;
const TWO = 'a: DEC::GPG[one]!\nb: DEC::GPG[two]!\n';
const QUESTION = /Encrypt what you change to this new reader\?/;
const said = (verb: string, values: string) =>
  `+ Mallory <mallory@example.com> ${FINGERPRINTS.mallory ?? ''} will read what you ${verb}; ${values} of this file`;

const WORLDS = ['gnupg', 'keyfiles'] as const;
type World = (typeof WORLDS)[number];

let home: GnupgHome;
let folder: string;
let environments: Readonly<Record<World, Readonly<Record<string, string>>>>;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['mallory'] });
  folder = mkdtempSync('/tmp/eyaml-readers-');
  environments = {
    gnupg: { GNUPGHOME: home.path },
    keyfiles: { HOME: keyfilesHome(folder, ['alice']), PATH: toolsWithoutGpg(folder) },
  };
});
afterAll(() => {
  home.remove();
  rmSync(folder, { recursive: true });
});

/** Two values for alice, and then a line for mallory. */
async function sceneIn(world: World) {
  const it = createScene({ env: environments[world] });
  addPublicKeys(it.cwd, ['alice', 'mallory']);
  it.write(RECIPIENTS, lineOf('alice'));
  it.write('plain.yaml', TWO);
  it.write('a.yaml', (await it.run(['encrypt', '-e', 'plain.yaml'])).stdout);
  it.write(RECIPIENTS, lineOf('alice') + lineOf('mallory'));
  expect((await it.run(['recipients', 'ack', '--yes'])).code).toBe(0);
  it.write('editor', '#!/bin/sh\necho opened >&2\nsed -i s/one/three/ "$1"\n');
  chmodSync(path.join(it.cwd, 'editor'), 0o755);
  const env = { HOME: it.homeFolder, ...environments[world], EDITOR: './editor' };
  return {
    ...it,
    editOnce: (...options: readonly string[]) => it.run(['edit', ...options, 'a.yaml'], { env }),
    onTerminal: (...args: readonly string[]) => eyamlOnTerminal(args, { cwd: it.cwd, env }),
    readers: () => readersOf(home, path.join(it.cwd, 'a.yaml')),
  };
}

const ALICE = () => readersFor(home, ['alice']);
const BOTH = () => readersFor(home, ['alice', 'mallory']);
const BOTH_SUBKEYS = () => ['alice', 'mallory'].map((name) => subkeysOf(home, name).at(-1));

describe.each(WORLDS)('%s, pinned, with no terminal', (world) => {
  test('edit says who will read what is changed, --quiet or not, and goes on', async () => {
    const it = await sceneIn(world);
    const { code, stderr } = await it.editOnce('-q', '--gpg-trust', 'pinned');
    expect(code).toBe(0);
    expect(stderr).toContain(`${said('change', '2 other values')} are not encrypted to them\n`);
    expect(stderr.indexOf('+ Mallory')).toBeLessThan(stderr.indexOf('opened'));
    expect(it.readers()).toEqual([BOTH(), ALICE()]);
  });

  test('edit says it too of a reader whom one other value lacks', async () => {
    const it = await sceneIn(world);
    await it.editOnce('--gpg-trust', 'pinned');
    const { stderr } = await it.editOnce('-d', '--gpg-trust', 'always');
    expect(stderr).toContain(`${said('change', '1 other value')} is not encrypted to them\n`);
  });

  test('encrypt -e says it too of values without a tag, with -n gpg', async () => {
    const it = await sceneIn(world);
    it.write('a.yaml', `${it.read('a.yaml').replaceAll('ENC[GPG,', 'ENC[')}new: DEC::GPG[four]!\n`);
    const { code, stderr } = await it.run(['encrypt', '-n', 'gpg', '-e', 'a.yaml', '--gpg-trust', 'pinned']);
    expect(code).toBe(0);
    expect(stderr).toContain(`${said('encrypt', '2 other values')} are not encrypted to them\n`);
  });

  test('encrypt -e of a file with values says it', async () => {
    const it = await sceneIn(world);
    it.write('b.yaml', `${it.read('a.yaml')}c: DEC::GPG[three]!\n`);
    const { code, stderr } = await it.run(['encrypt', '-q', '--gpg-trust', 'pinned', '-e', 'b.yaml']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `${said('encrypt', '2 other values')} are not encrypted to them\n`,
    });
  });

  test('recrypt of one file shows the plan, --quiet or not, and goes on', async () => {
    const it = await sceneIn(world);
    const { code, stderr } = await it.run(['recrypt', '-q', '--gpg-trust', 'pinned', 'a.yaml']);
    expect(code).toBe(0);
    expect(stderr).toContain(`  + ${FINGERPRINTS.mallory ?? ''} Mallory <mallory@example.com>`);
    expect(it.readers()).toEqual([BOTH(), BOTH()]);
  });

  test('nothing is said when all values are encrypted to all', async () => {
    const it = await sceneIn(world);
    it.write(RECIPIENTS, lineOf('alice'));
    expect((await it.run(['recipients', 'ack', '--yes'])).code).toBe(0);
    const { stderr } = await it.editOnce('--gpg-trust', 'pinned');
    expect(stderr).toBe('opened\n');
  });
});

describe('on a terminal, pinned', () => {
  test.each([
    { way: 'no, which Enter says', keys: '\r', exitCode: 1 },
    { way: 'Ctrl-C', keys: '\u0003', exitCode: 130 },
  ])('edit asks before the editor opens; $way: it does not open', async ({ keys, exitCode }) => {
    const it = await sceneIn('keyfiles');
    const before = it.read('a.yaml');
    const terminal = it.onTerminal('edit', 'a.yaml');
    await terminal.waitFor(QUESTION);
    terminal.type(keys);
    expect((await terminal.ended).exitCode).toBe(exitCode);
    expect(terminal.shown()).not.toContain('opened');
    expect(it.read('a.yaml')).toBe(before);
  });

  test('edit goes on after yes, and does not ask again', async () => {
    const it = await sceneIn('gnupg');
    const terminal = it.onTerminal('edit', '--gpg-trust', 'pinned', 'a.yaml');
    await terminal.waitFor(QUESTION);
    terminal.type('y\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(it.readers()).toEqual([BOTH(), ALICE()]);
  });

  test.each([
    { keys: '\r', exitCode: 1, readers: () => [ALICE(), ALICE()] },
    { keys: 'y\r', exitCode: 0, readers: () => [BOTH(), BOTH()] },
  ])('recrypt of one file asks, since somebody is added: $keys', async ({ keys, exitCode, readers }) => {
    const it = await sceneIn('keyfiles');
    const terminal = it.onTerminal('recrypt', 'a.yaml');
    await terminal.waitFor(/1 reader is new\. Re-encrypt 2 values in 1 file\?/);
    terminal.type(keys);
    expect((await terminal.ended).exitCode).toBe(exitCode);
    expect(it.readers()).toEqual(readers());
  });
});

test('where GnuPG answers for the keys it is told and nobody is asked; --quiet hides it', async () => {
  const it = await sceneIn('gnupg');
  const terminal = it.onTerminal('edit', 'a.yaml');
  expect((await terminal.ended).exitCode).toBe(0);
  expect(terminal.shown()).toContain('+ Mallory <mallory@example.com>');
  expect((await it.editOnce('-q')).stderr).toBe('opened\n');
});

test('what is said while files are read does not run into the bar', async () => {
  const { write, onTerminal } = await sceneIn('gnupg');
  write('.eyaml/config.yaml', 'gpg_trust: pinned\n');
  const terminal = onTerminal('recrypt', '--dry-run', '.');
  await terminal.ended;
  expect(terminal.shown()).toContain('\r\u001b[Kencrypting for the recipients of');
});

test('recrypt -d gpg shows everybody who will read as added', async () => {
  const it = createScene({ gnupg: home, keys: true });
  it.write(RECIPIENTS, lineOf('alice') + lineOf('mallory'));
  it.write('a.yaml', `a: ${(await it.run(['encrypt', '-n', 'pkcs7', '-s', 'x', '-o', 'string'])).stdout}\n`);
  const { stderr } = await it.run(['recrypt', '-d', 'gpg', '--dry-run', 'a.yaml']);
  expect(stderr).toMatch(/^ {2}\+ \S+ Alice .*\n {2}\+ \S+ Mallory /m);
});

test('recrypt renews a value with a reader under another’s name, and names it as a secret to change', async () => {
  const it = await sceneIn('gnupg');
  const [alice = '', mallory = ''] = BOTH_SUBKEYS();
  const octets = home.gpg(['--trust-model', 'always', '-r', `${alice}!`, '-r', `${mallory}!`, '--encrypt'], 'x');
  it.write('b.yaml', `a: ENC[GPG,${relabelled(octets, { [mallory]: alice }).toString('base64')}]\n`);
  it.write(RECIPIENTS, lineOf('alice'));
  const { code, stderr } = await it.run(['recrypt', 'b.yaml']);
  expect(code).toBe(0);
  expect(stderr).toContain('  ! 1 value with a reader who is named twice\n');
  expect(stderr).toContain('somebody with a key that you do not have could read these secrets');
  expect(readersOf(home, path.join(it.cwd, 'b.yaml'))).toEqual([ALICE()]);
});
