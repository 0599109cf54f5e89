import { chmodSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { toolsWithoutGpg } from '../helpers/key-homes.js';
import { createScene, type Scene, tagsIn } from '../helpers/scene.js';
import { scratchFolder } from '../helpers/files.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const ALICE = `${FINGERPRINTS.alice ?? ''} # Alice\n`;
const PLAIN = 'port: 80\n';
// A ciphertext may hold the number.
const CHANGE_PLAIN = "sed -i 's/port: 80/port: 81/'";

let home: GnupgHome;
let value: string;
beforeAll(async () => {
  home = createGnupgHome({ secret: ['alice'], pub: ['zoe'] });
  const run = await eyaml(['encrypt', '-s', 'x', '-o', 'string', '--gpg-recipients', 'alice@example.com'], {
    env: { GNUPGHOME: home.path },
  });
  value = run.stdout;
});
afterAll(() => home.remove());

function sceneWith(recipients: (it: Scene) => void, env: Readonly<Record<string, string>> = {}) {
  const it = createScene({ gnupg: home, keys: true, env });
  it.write('a.yaml', `a: ${value}\n${PLAIN}`);
  recipients(it);
  return it;
}

const inTheWay = (it: Scene) => path.join(it.cwd, RECIPIENTS);
const BROKEN: readonly [string, (it: Scene) => void, RegExp][] = [
  ['a line stands for no key', (it) => it.write(RECIPIENTS, `${ALICE}gone@example.com\n`), /gone@example\.com/],
  ['the file names nobody', (it) => it.write(RECIPIENTS, '# later\n'), /has no recipients/],
  ['there is no file', () => undefined, /there is no hiera-eyaml-gpg\.recipients/],
  ['the file is a link to nowhere', (it) => symlinkSync('nowhere', inTheWay(it)), /hiera-eyaml-gpg\.recipients/],
];

describe.each(BROKEN)('%s', (_, recipients, words) => {
  test.each([[[]], [['-d']]])('edit %j of plain text works, with a warning', async (options) => {
    const it = sceneWith(recipients);
    const { code, stderr } = await it.edit('a.yaml', CHANGE_PLAIN, ...options);
    expect({ code, text: it.read('a.yaml') }).toEqual({ code: 0, text: `a: ${value}\nport: 81\n` });
    expect(stderr).toMatch(/^warning: (?:GPG values cannot be|no new values can be)/m);
    expect(stderr).toMatch(words);
  });

  test('a new GPG value is an error, and the file stays as it was', async () => {
    const it = sceneWith(recipients);
    const before = it.read('a.yaml');
    const { code, stderr } = await it.edit('a.yaml', 'sed -i "\\$a n: DEC::GPG[y]!"');
    expect({ code, text: it.read('a.yaml') }).toEqual({ code: 1, text: before });
    expect(stderr).toMatch(/^error: /m);
    expect(stderr.split(/^error: /m)[1]).toMatch(words);
  });

  test('a new PKCS7 value that the person asks for can be added', async () => {
    const it = sceneWith(recipients);
    expect((await it.edit('a.yaml', 'sed -i "\\$a n: DEC::PKCS7[y]!"')).code).toBe(0);
    expect(tagsIn(it.read('a.yaml'))).toEqual(['GPG', 'PKCS7']);
  });
});

test('with no gpg and no key files edit -d of plain text works, and a new value is an error', async () => {
  const it = sceneWith((scene) => scene.write(RECIPIENTS, ALICE), { PATH: toolsWithoutGpg(scratchFolder()) });
  rmSync(path.join(it.cwd, 'keys'), { recursive: true });
  const { code, stderr } = await it.edit('a.yaml', CHANGE_PLAIN, '-d');
  expect({ code, text: it.read('a.yaml') }).toEqual({ code: 0, text: `a: ${value}\nport: 81\n` });
  expect(stderr).toMatch(/^warning: GPG values cannot be added or changed: /m);
  expect((await it.edit('a.yaml', 'sed -i "\\$a n: DEC::GPG[y]!"', '-d')).code).toBe(1);
  expect(tagsIn(it.read('a.yaml'))).toEqual(['GPG']);
});

test('a wrong method is still an error before the editor opens', async () => {
  const it = sceneWith((scene) => scene.write(RECIPIENTS, ALICE));
  expect((await it.edit('a.yaml', 'touch opened', '-n', 'nothing')).code).toBe(2);
  expect(it.has('opened')).toBe(false);
});

test('the preamble holds the warning, on lines of its own, and not with --no-preamble', async () => {
  const it = sceneWith((scene) => scene.write(RECIPIENTS, 'gone@example.com\n'));
  const shown = await it.edit('a.yaml', 'cat');
  expect(shown.stdout).toMatch(/^# \| warning: GPG values cannot be added or changed: [^]*^# \| {3}\S*:1: no key/m);
  expect((await it.edit('a.yaml', 'cat', '--no-preamble')).stdout).not.toContain('warning');
});

test('on a terminal the error leads back to the editor, and what was fixed meanwhile counts', async () => {
  const it = sceneWith((scene) => scene.write(RECIPIENTS, `${ALICE}gone@example.com\n`));
  // The first time it adds a value, the second time nothing.
  it.write('editor', '#!/bin/sh\ngrep -q n: "$1" || echo "n: DEC::GPG[word]!" >> "$1"\n');
  chmodSync(path.join(it.cwd, 'editor'), 0o755);
  const before = it.read('a.yaml');
  const terminal = eyamlOnTerminal(['edit', 'a.yaml'], {
    cwd: it.cwd,
    env: { HOME: it.homeFolder, GNUPGHOME: home.path, EDITOR: './editor' },
  });
  await terminal.waitFor(/Return to the editor\?/);
  expect(readFileSync(path.join(it.cwd, 'a.yaml'), 'utf8')).toBe(before);
  it.write(RECIPIENTS, ALICE);
  terminal.type('\r');
  expect((await terminal.ended).exitCode).toBe(0);
  expect((await it.run(['decrypt', '-f', 'a.yaml'])).stdout).toBe('a: x\nport: 80\nn: word\n');
});

describe('a key that was added while the editor was open counts', () => {
  const BOB = path.join(FIXTURES, 'keys/bob.pub.asc');
  const ADD_BOB = [
    ['imported into GnuPG', `gpg --batch --quiet --import ${BOB} 2>/dev/null`],
    ['put into a folder of public keys', `cp ${BOB} .eyaml/public-keys/`],
  ] as const;

  test.each(ADD_BOB)('%s', async (_, add) => {
    const own = createGnupgHome({ secret: ['alice'] });
    onTestFinished(() => own.remove());
    const it = createScene({ gnupg: own });
    it.write(RECIPIENTS, `${ALICE}bob@example.com\n`);
    it.write('a.yaml', PLAIN);
    it.write('.eyaml/public-keys/README', 'public keys\n');
    const editor = `sh -c '${add}; echo "n: DEC::GPG[word]!" >> "$0"'`;
    const { code, stderr } = await it.edit('a.yaml', editor, '--gpg-always-trust');
    expect(stderr).toContain('no key in the keyring is "bob@example.com"');
    expect({ code, tags: tagsIn(it.read('a.yaml')) }).toEqual({ code: 0, tags: ['GPG'] });
  });
});
