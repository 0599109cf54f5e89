import { expect, test } from 'vitest';
import { lineCounter, normalizeText } from '../../src/eyaml/lines.js';

test.each([
  ['LF', 'a\nb\n', 'a\nb\n'],
  ['CRLF throughout', 'a\r\nb\r\n', 'a\nb\n'],
  ['CRLF without a final newline', 'a\r\nb', 'a\nb'],
  ['mixed line ends', 'a\r\nb\nc\r\n', 'a\r\nb\nc\r\n'],
  ['an LF at the very start', '\na\r\n', '\na\r\n'],
  ['lone CR', 'a\rb', 'a\rb'],
  ['CR before CRLF', 'a\r\r\n', 'a\r\n'],
  ['a byte order mark', '\ufeffa\r\nb\n', 'a\r\nb\n'],
  ['a byte order mark and CRLF', '\ufeffa\r\nb\r\n', 'a\nb\n'],
  ['two byte order marks', '\ufeff\ufeffa', '\ufeffa'],
  ['no text', '', ''],
])('normalized and restored: %s', (_, original, text) => {
  const normalized = normalizeText(original);
  expect(normalized.text).toBe(text);
  expect(normalized.restore(text)).toBe(original);
});

test('what is added to a CRLF text gets its line ends', () => {
  expect(normalizeText('\ufeffa\r\n').restore('a\nb\n')).toBe('\ufeffa\r\nb\r\n');
});

test('lines are counted from 1, a newline belonging to the line it ends', () => {
  const lineAt = lineCounter('ab\n\ncd\n');
  expect([0, 1, 2, 3, 4, 6, 7, 7].map(lineAt)).toEqual([1, 1, 1, 2, 3, 3, 4, 4]);
});
