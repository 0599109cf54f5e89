import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { openContext } from '../../src/context/open.js';
import * as library from '../../src/index.js';
import { encryptText } from '../../src/verbs/encrypt.js';
import { cleanEnvironment } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS } from '../helpers/gnupg.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(path.join(ROOT, 'docs/library.md'), 'utf8');
const { alice = '' } = FINGERPRINTS;

test('the example of docs/library.md does what it says', () => {
  const home = createGnupgHome({ secret: ['alice'] });
  onTestFinished(() => home.remove());
  const cwd = scratchFolder();
  const [, example = ''] = /```js\n([^]*?)```/.exec(PAGE) ?? [];
  const built = pathToFileURL(path.join(ROOT, 'dist/src/index.js')).href;
  writeFileSync(path.join(cwd, 'example.mjs'), example.replace("'hiera-eyaml-gpg'", JSON.stringify(built)));
  writeFileSync(path.join(cwd, 'hiera-eyaml-gpg.recipients'), `${alice}\n`);
  const env = cleanEnvironment({ GNUPGHOME: home.path });
  const printed = execFileSync(process.execPath, ['example.mjs'], { cwd, env }).toString();
  expect(printed).toMatch(
    /^line 2: db\.password \(GPG\)\ndb:\n {2}password: s3cret\n\nre-encrypted 1 of 1 files\n\[\]\n\[\n? *'the message cannot be read:[^]*\]\n$/,
  );
  expect(readFileSync(path.join(cwd, 'common.eyaml'), 'utf8')).toMatch(/^db:\n {2}password: ENC\[GPG,/);
});

test('every name that the library exports is in the page', () => {
  const table = PAGE.slice(PAGE.indexOf('## What it exports'));
  const source = readFileSync(path.join(ROOT, 'src/index.ts'), 'utf8');
  const names = [...source.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(',').map((name) => name.replace('type', '').trim()),
  );
  expect(names.length).toBeLessThan(26);
  expect(names.filter((name) => !table.includes(`\`${name}\``))).toEqual([]);
  expect(names).toEqual(expect.arrayContaining(Object.keys(library)));
});

test('relative paths in options start from cwd', async () => {
  const cwd = scratchFolder();
  writeFileSync(path.join(cwd, 'team.recipients'), 'nobody@example.com\n');
  const options = { 'gpg-recipients-file': 'team.recipients', 'gpg-public-keys': ['keys'] };
  const context = openContext({ environment: { PATH: '' }, cwd, homeFolder: cwd, options });
  onTestFinished(() => context.close());
  const encrypting = encryptText(Buffer.from('x'), path.join(cwd, 'a.yaml'), context);
  await expect(encrypting).rejects.toMatchObject({ problems: [{ place: { line: 1 } }] });
});
