import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFingerprint } from '../../src/openpgp/identifiers.js';
import {
  addRecipients,
  parseRecipientsFile,
  readLines,
  readRecipientsFile,
  RECIPIENTS_FILE,
  renderLines,
} from '../../src/recipients/file.js';
import { parseSpec } from '../../src/recipients/spec.js';
import { defined } from '../helpers/defined.js';
import { eyamlErrorOf } from '../helpers/errors.js';
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

// On a screen these are one line each, and whoever reviews them sees nothing else.
test('a line end of another system hides no recipient', () => {
  const specs = (text: string) => parseRecipientsFile(text, 'f').specs.map(({ spec }) => spec);
  expect(specs(`# the team\r${FPR}\nalice@example.com\n`)).toEqual(['alice@example.com']);
  expect(parseSpec(specs(`alice@example.com\r${FPR}\n`)[0] ?? '')).toMatchObject({ kind: 'refused' });
  expect(parseSpec(specs(`\f${FPR}\n`)[0] ?? '')).toMatchObject({ kind: 'refused' });
});

describe('a file is read without loss', () => {
  // Lines as people write them, with every kind of end, and anything at all.
  const piece = fc.oneof(
    fc.constantFrom(
      '\n',
      '\r\n',
      '\r',
      '\ufeff',
      ' ',
      '\t',
      '#',
      ' # ',
      FPR,
      'ann@example.com',
      'C# team',
      '\u2028',
      '\v',
    ),
    fc.string({ unit: 'binary' }),
  );
  const text = fc.array(piece).map((pieces) => pieces.join(''));
  const recipient = fc.record({
    fingerprint: fc.stringMatching(/^[0-9A-F]{40}$/),
    userId: fc.oneof(piece, text),
  });
  const named = (read: string) => parseRecipientsFile(read, 'f').specs.map(({ spec }) => spec);

  test('what is read and rendered is the same text', () => {
    fc.assert(fc.property(text, (given) => renderLines(readLines(given)) === given));
  });

  test('a line is its text and its end, and its place is its number', () => {
    fc.assert(
      fc.property(text, (given) => {
        const lines = readLines(given);
        for (const line of lines.slice(0, -1)) expect(line.end).not.toBe('');
        for (const line of lines) expect(line.text).not.toContain('\n');
        const numbers = lines.flatMap(({ spec }, i) => (spec === '' ? [] : [{ file: 'f', line: i + 1 }]));
        expect(parseRecipientsFile(given, 'f').specs.map(({ place }) => place)).toEqual(numbers);
      }),
    );
  });

  test('what is added follows what is there, unchanged, and names those keys and nobody else', () => {
    fc.assert(
      fc.property(text, fc.array(recipient), (given, added) => {
        const keys = added.map(({ fingerprint, userId }) => ({
          fingerprint: defined(parseFingerprint(fingerprint)),
          userId,
        }));
        const after = renderLines(addRecipients(readLines(given), keys));
        expect(after.startsWith(given)).toBe(true);
        expect(named(after)).toEqual([...named(given), ...added.map(({ fingerprint }) => fingerprint)]);
      }),
    );
  });

  test.each([
    ['LF', '# team\nann@example.com\n', '\n'],
    ['CRLF', '# team\r\nann@example.com\r\n', '\r\n'],
    ['CRLF, and no end of the last line', '# team\r\nann@example.com', '\r\n'],
    ['LF, and no end of the only line', '\ufeffann@example.com', '\n'],
    ['no lines', '', '\n'],
  ])('added lines end as the others do: %s', (_, before, end) => {
    const alice = { fingerprint: defined(parseFingerprint(FPR)), userId: 'Alice <alice@example.com>' };
    const whole = before === '' || before.endsWith('\n') ? before : before + end;
    expect(renderLines(addRecipients(readLines(before), [alice, alice]))).toBe(
      `${whole}${`${FPR} # Alice <alice@example.com>${end}`.repeat(2)}`,
    );
    expect(renderLines(addRecipients(readLines(before), []))).toBe(before);
  });
});
