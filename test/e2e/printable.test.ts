import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printable } from '../../src/text/printable.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { createScene, type Scene } from '../helpers/scene.js';

// Turns the direction of writing, is not seen, clears the screen (by a character of one byte and by one of two), spells in tags.
const NASTY = 'x\u202ey\u200bz\u001b[2J\u009b2J\u{e0041}';
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';

let gnupg: GnupgHome;
let forOther: string;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'] });
  // GnuPG takes no control characters in a user ID that it makes itself.
  const other = 'Eve\u202e\u200b\u{e0041} <eve@example.com>';
  gnupg.gpg(['--passphrase', '', '--quick-gen-key', other, 'future-default', 'default', 'never']);
  const octets = gnupg.gpg(['--trust-model', 'always', '-r', 'eve@example.com', '--encrypt'], 'x');
  forOther = `ENC[GPG,${octets.toString('base64')}]`;
});
afterAll(() => gnupg.remove());

/** A folder in which a file, a key path, a line of a recipients file and a user ID all hold what does not show. */
function nastyScene(): Scene {
  const it = createScene({ gnupg });
  const folder = path.join(it.cwd, NASTY);
  mkdirSync(folder);
  writeFileSync(path.join(folder, RECIPIENTS), 'alice@example.com\n');
  const cut = 'ENC[GPG,cut short';
  writeFileSync(path.join(folder, `${NASTY}.yaml`), `"${escaped(NASTY)}": ${forOther}\nb: ${cut}\nc: DEC::GPG[x]!\n`);
  return it;
}

// YAML 1.2, section 5.7.
function escaped(text: string): string {
  return Array.from(text, (c) => `\\U${(c.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`).join('');
}

const FILE = path.join(NASTY, `${NASTY}.yaml`);

describe('nothing but printable text is written by', () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>?]>([
    ['check', ['check', '.']],
    ['check that opens', ['check', '--decrypt', '.']],
    ['check for GitHub', ['check', '--format', 'github', '.']],
    ['check for GitLab', ['check', '--format', 'gitlab', '.']],
    ['check for JUnit', ['check', '--format', 'junit', '.']],
    ['check as JSON', ['check', '--format', 'json', '.']],
    ['check as SARIF', ['check', '--format', 'sarif', '.']],
    ['decrypt', ['decrypt', '-f', FILE]],
    ['decrypt of what is not there', ['decrypt', '-f', `${FILE}.gone`]],
    ['encrypt', ['encrypt', '-v', '-s', 'x', '--gpg-recipients', `nobody${NASTY}`]],
    ['encrypt -e', ['encrypt', '-v', '-e', `${FILE}.gone`]],
    ['edit', ['edit', '-v', FILE], { EDITOR: 'true' }],
    ['recrypt', ['recrypt', '--dry-run', '-v', '.']],
    ['recrypt as JSON', ['recrypt', '--dry-run', '--json', '.']],
    ['createkeys', ['createkeys', '--pkcs7-private-key', `${NASTY}/k.pem`, '--pkcs7-public-key', `${NASTY}/c.pem`]],
    ['init', ['init', '--recipient', 'eve@example.com', '--gpg-always-trust', NASTY]],
    ['a command that there is not', [NASTY]],
    ['an option that there is not', ['check', `--${NASTY}`, '.']],
  ])('%s', async (_, args, env = {}) => {
    const { stdout, stderr } = await nastyScene().run(args, { env });
    const lines = `${stdout}${stderr}`.split('\n');
    expect(lines.map(printable)).toEqual(lines);
    expect(lines.length).toBeGreaterThan(1);
  });
});

test('check as JSON gives names exactly', async () => {
  const { stdout } = await nastyScene().run(['check', '--format', 'json', '.']);
  const { findings } = JSON.parse(stdout) as { findings: { file: string; keyPath?: string }[] };
  expect(findings.map(({ file }) => file)).toContain(FILE);
});
