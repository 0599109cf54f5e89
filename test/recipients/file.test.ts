import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  KEYS_FOLDER,
  nearestKeysFolder,
  nearestRecipientsFile,
  parseRecipientsFile,
  readRecipientsFile,
  RECIPIENTS_FILE,
} from '../../src/recipients/file.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { parseSpec } from '../../src/recipients/spec.js';
import { scratchFolder } from '../helpers/files.js';
import { FIXTURES } from '../helpers/gnupg.js';

const FPR = 'E015308C4D2A7A72D79DBFA7F06891CB0871B647';
const SPACED = 'E015 308C 4D2A 7A72 D79D  BFA7 F068 91CB 0871 B647';

describe('what a line says', () => {
  test.each([
    ['alice@example.com', 'alice@example.com'],
    ['  alice@example.com\t', 'alice@example.com'],
    ['', undefined],
    [' \t ', undefined],
    ['# a comment', undefined],
    ['   # an indented comment', undefined],
    ['#alice@example.com', undefined],
    [`${FPR} # Alice`, FPR],
    [`${FPR} #Alice`, FPR],
    [`${FPR}! # Alice`, `${FPR}!`],
    [`0x${FPR} # Alice`, `0x${FPR}`],
    [`${SPACED}  # Alice`, SPACED],
    ['F06891CB0871B647 #alice', 'F06891CB0871B647'],
    ['alice@example.com #alice', 'alice@example.com'],
    ['<alice@example.com> # alice', '<alice@example.com>'],
    ['Alice <alice@example.com> # on leave', 'Alice <alice@example.com>'],
    ['Room #5 <room@example.com>', 'Room #5 <room@example.com>'],
    ['Dad #2 <dad@example.com>', 'Dad #2 <dad@example.com>'],
    ['Room #5 <room@example.com> # old', 'Room #5 <room@example.com>'],
    ['C# team', 'C# team'],
    ['puppetmaster #', 'puppetmaster'],
    ['Zoë Ünïcode <zoe@example.com>', 'Zoë Ünïcode <zoe@example.com>'],
  ])('%j names %j', (line, spec) => {
    const specs = parseRecipientsFile(line, 'f').specs;
    const named = specs.map(({ spec, place }) => ({ spec, place }));
    expect(named).toEqual(spec === undefined ? [] : [{ spec, place: { file: 'f', line: 1 } }]);
  });
});

test.each([
  [`${FPR} # Alice <alice@example.com>`, 'Alice <alice@example.com>'],
  [`${FPR} #Alice # old`, 'Alice # old'],
  ['Alice <alice@example.com> # on leave', 'on leave'],
  [FPR, undefined],
  ['Room #5 <room@example.com>', undefined],
  ['puppetmaster #', undefined],
])('the comment of %j is %j', (line, comment) => {
  expect(parseRecipientsFile(line, 'f').specs.map((spec) => spec.comment)).toEqual([comment]);
});

test.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])('%s, a byte order mark and a missing last line end are fine, and lines keep their numbers', (_, end) => {
  const text = `\ufeff${['# team', 'puppetmaster', '', 'ann@example.com'].join(end)}`;
  expect(parseRecipientsFile(text, 'dir/file')).toEqual({
    source: 'dir/file',
    specs: [
      { spec: 'puppetmaster', place: { file: 'dir/file', line: 2 } },
      { spec: 'ann@example.com', place: { file: 'dir/file', line: 4 } },
    ],
  });
});

test('a byte order mark does not hide a comment', () => {
  expect(parseRecipientsFile('\ufeff# team\nann\n', 'f').specs).toEqual([
    { spec: 'ann', place: { file: 'f', line: 2 } },
  ]);
});

test('reads a file of the Ruby tool', async () => {
  const file = path.join(FIXTURES, 'tree/development/app1', RECIPIENTS_FILE);
  const { source, specs } = await readRecipientsFile(file);
  expect(source).toBe(path.relative('', file));
  expect(specs.map(({ spec }) => spec)).toEqual(['puppetmaster', 'alice@example.com', 'ann@example.com']);
});

test.each([
  ['/nonexistent/file', 'RECIPIENTS_FILE_MISSING'],
  ['/', 'RECIPIENTS_UNREADABLE'],
])('a file that cannot be read is an error and named: %s', async (file, code) => {
  const error = await eyamlErrorOf(() => readRecipientsFile(file));
  expect(error.code).toBe(code);
  expect(error.message).toContain(`cannot read the recipients file ${file}: `);
});

describe('the nearest file', () => {
  let top: string;
  const at = (name: string) => path.join(top, name);
  const recipientsIn = (folder: string) => path.join(top, folder, RECIPIENTS_FILE);

  beforeEach(() => {
    top = scratchFolder();
    mkdirSync(at('env/app/deep'), { recursive: true });
    mkdirSync(at('elsewhere/deep'), { recursive: true });
    for (const folder of ['env', 'env/app', 'elsewhere']) writeFileSync(recipientsIn(folder), 'somebody\n');
    writeFileSync(at('env/app/deep/file.yaml'), '');
    writeFileSync(at('env/file.yaml'), '');
  });

  test.each([
    ['in the same folder', 'env/file.yaml', 'env'],
    ['above, the nearer one alone', 'env/app/deep/file.yaml', 'env/app'],
    ['of a file that does not exist yet', 'env/app/new.yaml', 'env/app'],
    ['of a file in folders that do not exist yet', 'env/new/newer/new.yaml', 'env'],
    ['for a path with ..', 'env/app/../new.yaml', 'env'],
  ])('%s', async (_, target, folder) => {
    expect(await nearestRecipientsFile(at(target))).toBe(recipientsIn(folder));
  });

  test.each([
    ['a link to a file', 'elsewhere/link.yaml', '../env/app/deep/file.yaml', 'elsewhere/link.yaml', 'env/app'],
    ['a link to a folder', 'elsewhere/link', '../env/app', 'elsewhere/link/new.yaml', 'env/app'],
    ['a link to a file that is missing', 'elsewhere/link.yaml', '../env/new.yaml', 'elsewhere/link.yaml', 'env'],
  ])('goes by the real path: %s', async (_, link, to, target, folder) => {
    symlinkSync(to, at(link));
    expect(await nearestRecipientsFile(at(target))).toBe(recipientsIn(folder));
  });

  test('a relative link to a missing file, reached through a linked folder, leads where the system would go', async () => {
    symlinkSync('../elsewhere/deep', at('env/link'));
    symlinkSync('../new.yaml', at('elsewhere/deep/dangling.yaml'));
    expect(await nearestRecipientsFile(at('env/link/dangling.yaml'))).toBe(recipientsIn('elsewhere'));
  });

  test.runIf(process.geteuid?.() === 0)(
    'is an error where another user may have put it, and nobody else is read',
    async () => {
      chmodSync(at('env/app'), 0o1777);
      const target = at('env/app/deep/file.yaml');
      expect(await nearestRecipientsFile(target)).toBe(recipientsIn('env/app'));
      chownSync(recipientsIn('env/app'), 65534, 65534);
      const error = await eyamlErrorOf(() => nearestRecipientsFile(target));
      expect(error).toMatchObject({ code: 'RECIPIENTS_UNREADABLE', file: recipientsIn('env/app') });
      expect(error.message).toMatch(/: another user made it where everybody may write$/);
      chmodSync(at('env/app'), 0o775);
      expect(await nearestRecipientsFile(target)).toBe(recipientsIn('env/app'));
    },
  );

  test.runIf(process.geteuid?.() === 0)('so is a folder of public keys', async () => {
    mkdirSync(at(`env/${KEYS_FOLDER}`), { recursive: true });
    chmodSync(at('env'), 0o1777);
    expect(await nearestKeysFolder(at('env/file.yaml'))).toBe(at(`env/${KEYS_FOLDER}`));
    chownSync(path.dirname(at(`env/${KEYS_FOLDER}`)), 65534, 65534);
    const error = await eyamlErrorOf(() => nearestKeysFolder(at('env/file.yaml')));
    expect(error).toMatchObject({ code: 'KEY_FILE_UNREADABLE' });
    expect(error.message).toMatch(/: another user made it where everybody may write$/);
  });

  test('a linked recipients file counts', async () => {
    symlinkSync('../hiera-eyaml-gpg.recipients', recipientsIn('env/app/deep'));
    expect(await nearestRecipientsFile(at('env/app/deep/file.yaml'))).toBe(recipientsIn('env/app/deep'));
  });

  test('a folder of that name is an error, not a reason to look further up', async () => {
    mkdirSync(recipientsIn('env/app/deep'));
    await expect(nearestRecipientsFile(at('env/app/deep/file.yaml'))).rejects.toMatchObject({
      code: 'RECIPIENTS_UNREADABLE',
    });
  });

  test.each([
    ['leads nowhere', 'missing'],
    ['goes round in circles', RECIPIENTS_FILE],
  ])('a recipients file that is a link and %s is an error, not a reason to look further up', async (_, to) => {
    symlinkSync(to, recipientsIn('env/app/deep'));
    const error = await eyamlErrorOf(() => nearestRecipientsFile(at('env/app/deep/file.yaml')));
    expect(error.code).toBe('RECIPIENTS_UNREADABLE');
    expect(error.message).toContain(recipientsIn('env/app/deep'));
  });

  test('there may be none', async () => {
    expect(await nearestRecipientsFile('/nonexistent/file.yaml')).toBeUndefined();
  });
});

// On a screen these are one line each, and whoever reviews them sees nothing else.
test('a line end of another system hides no recipient', () => {
  const specs = (text: string) => parseRecipientsFile(text, 'f').specs.map(({ spec }) => spec);
  expect(specs(`# the team\r${FPR}\nalice@example.com\n`)).toEqual(['alice@example.com']);
  expect(parseSpec(specs(`alice@example.com\r${FPR}\n`)[0] ?? '')).toMatchObject({ kind: 'refused' });
  expect(parseSpec(specs(`\f${FPR}\n`)[0] ?? '')).toMatchObject({ kind: 'refused' });
});
