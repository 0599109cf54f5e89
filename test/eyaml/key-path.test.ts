import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatKeyPath, parseKeyPath, shownKeyPath, type KeyPath } from '../../src/eyaml/key-path.js';
import { printable } from '../../src/text/printable.js';

// What the form is made of, so that keys look like parts of it.
const PIECES = [
  '.',
  '[',
  ']',
  '[0]',
  '"',
  "'",
  '\\',
  '\\"',
  '?',
  '0',
  ' ',
  '\n',
  '\u202e',
  '\ud800',
  ':',
  'a',
  'ż',
  '🐢',
];
const anyKey = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 5 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const anyPath: fc.Arbitrary<KeyPath> = fc.array(fc.oneof(anyKey, fc.nat(), fc.constant(null)), { maxLength: 5 });
const RUNS = { numRuns: 5000 };

test.each<readonly [KeyPath, string]>([
  [[], ''],
  [['profile::db', 'users', 0, 'password'], 'profile::db.users[0].password'],
  [[1, 'a'], '[1].a'],
  [['a', 0, 12], 'a[0][12]'],
  [['a', '0'], 'a.0'],
  [['a', '[0]'], 'a."[0]"'],
  [['a.b'], '"a.b"'],
  [['a', 'b'], 'a.b'],
  [[''], '""'],
  [['', ''], '"".""'],
  [['two words'], '"two words"'],
  [['say "x"'], String.raw`"say \"x\""`],
  [['back\\slash'], 'back\\slash'],
  [['line\nend', 'x'], String.raw`"line\nend".x`],
  [['\u202ex'], String.raw`"\u202ex"`],
  [['true', '1.5', '~', '-'], 'true."1.5".~.-'],
  [['żółw', 'a/b', '%{x}'], 'żółw.a/b.%{x}'],
  [["it's"], `"it's"`],
  [['?'], '"?"'],
  [[null, 'a'], '?.a'],
])('%j is printed as %s, and read back', (path, printed) => {
  expect(formatKeyPath(path)).toBe(printed);
  expect(parseKeyPath(printed)).toEqual(path);
});

test('law: what is printed is read back as it was, so no two paths are printed alike', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      expect(parseKeyPath(formatKeyPath(path))).toEqual(path);
    }),
    RUNS,
  );
});

test('law: a terminal shows all of what is printed', () => {
  fc.assert(
    fc.property(anyPath, (path) => printable(formatKeyPath(path)) === formatKeyPath(path)),
    RUNS,
  );
});

test('law: whatever is read as a key path is one', () => {
  const anyText = fc.array(fc.constantFrom(...PIECES, '[12]', '""', '"a"'), { maxLength: 8 });
  fc.assert(
    fc.property(anyText, (pieces) => {
      const path = parseKeyPath(pieces.join(''));
      if (path) expect(parseKeyPath(formatKeyPath(path))).toEqual(path);
    }),
    RUNS,
  );
});

test('quotes that are not needed may be there', () => {
  expect(parseKeyPath('"a"."b"[0]."c"')).toEqual(['a', 'b', 0, 'c']);
});

test('single quotes hold their text as it stands', () => {
  expect(parseKeyPath(`'a.b'.'say "x"\\n'[0].''`)).toEqual(['a.b', 'say "x"\\n', 0, '']);
});

test.each([
  ...["'a", "a'b", "it's", "'a'b", "'a''b'"],
  ...['.', '.a', 'a.', 'a..b', 'a b', ' a', 'a\n', 'a"b', 'a"b"', '"a"b', '"a"."', '"a', String.raw`"\x"`, '"a\nb"'],
  ...['a.[0]', '[0]a', '[]', '[-1]', '[01]', '[1', 'a]', '[1.5]', '[99999999999999999999]', 'ENC[…]'],
])('%j is no key path', (text) => {
  expect(parseKeyPath(text)).toBeUndefined();
});

test.each<readonly [KeyPath, string]>([
  [['a', 'ENC[GPG,hQEMA]', 'b'], 'a."ENC[…]".b'],
  [['x ENC[GPG,hQEMA] y ENC[MIIB]'], '"x ENC[…] y ENC[…]"'],
  [['ENC[GPG,cut short'], '"ENC[…]"'],
  [['the DEC::GPG[secret]! here', 'b'], '"the DEC[…]".b'],
  [['dec(1) :: gpg [secret'], '"DEC[…]"'],
  [['a.b', 0], '"a.b"[0]'],
])('a message shows nothing of what a key holds: %j', (path, shown) => {
  expect(shownKeyPath(path)).toBe(shown);
});

test('very long paths take no time', () => {
  const path = Array.from({ length: 50_000 }, (_, i) => (i % 2 === 0 ? '"\\' : i));
  expect(JSON.stringify(parseKeyPath(formatKeyPath(path)))).toBe(JSON.stringify(path));
  const read = ['"', '"\\', '[0', 'a.'].map((piece) => parseKeyPath(piece.repeat(50_000)) === undefined);
  expect(read).toEqual([true, true, true, true]);
});
