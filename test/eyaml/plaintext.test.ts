import { expect, test } from 'vitest';
import { editableText, escapeClosing, indentLines, unescapeClosing, unindentLines } from '../../src/eyaml/plaintext.js';

test.each(['', 'hunter2', ' "quoted" ', 'a]b', 'a]!b', 'tab\there', 'two\nlines\n', 'żółw 🐢', "it's", '\\n'])(
  'is shown as text: %j',
  (text) => {
    expect(editableText(Buffer.from(text))).toBe(text);
  },
);

test.each([
  ['octets that are no UTF-8', Buffer.from([0xff, 0xfe])],
  ['a surrogate in UTF-8', Buffer.from([0xed, 0xa0, 0x80])],
  ['NUL', Buffer.from('a\0b')],
  ['a carriage return', Buffer.from('a\r\nb')],
  ['an escape character', Buffer.from('\u001b[31m')],
  ['a vertical tab', Buffer.from('a\vb')],
  ['DEL', Buffer.from('a\u007fb')],
  ['a C1 control', Buffer.from('a\u0085b')],
  ['a line separator', Buffer.from('a\u2028b')],
  ['a paragraph separator', Buffer.from('a\u2029b')],
  ['a byte order mark', Buffer.from('\ufeffa')],
  ['a marker of its own', Buffer.from('see DEC::GPG[x]!')],
  ['what reads like a marker', Buffer.from('see dec::gpg')],
])('is not shown as text: %s', (_, plaintext) => {
  expect(editableText(plaintext)).toBeUndefined();
});

test.each([
  ['no closing', 'a]b!', 'a]b!'],
  ['a closing', 'a]!b', String.raw`a]\!b`],
  ['an escaped closing', String.raw`a]\!b`, String.raw`a]\\!b`],
  ['many backslashes', String.raw`a]\\\!b`, String.raw`a]\\\\!b`],
  ['closings side by side', ']!]!', String.raw`]\!]\!`],
  ['brackets before a closing', ']]]!', String.raw`]]]\!`],
  ['backslashes that lead to no closing', String.raw`]\\ !`, String.raw`]\\ !`],
])('escape and its undoing: %s', (_, text, escaped) => {
  expect(escapeClosing(text)).toBe(escaped);
  expect(unescapeClosing(escaped)).toBe(text);
});

test.each([
  ['one line', 'a', 'a'],
  ['further lines', 'a\nb\n  c', 'a\n  b\n    c'],
  ['blank lines stay empty', 'a\n\nb', 'a\n\n  b'],
  ['lines of blanks', 'a\n \nb', 'a\n   \n  b'],
  ['the last line, though empty', 'a\n', 'a\n  '],
  ['the first line is left alone', '  a\nb', '  a\n  b'],
])('indent on and off: %s', (_, text, indented) => {
  expect(indentLines(text, '  ')).toBe(indented);
  expect(unindentLines(indented, '  ')).toBe(text);
});

test.each([
  ['pasted at column 0', 'a\nb\nc'],
  ['pasted with an indent of its own', 'a\n  b\nc'],
  ['an indent by tabs', 'a\n\tb'],
])('taken as it stands, since not every line has the indent: %s', (_, text) => {
  expect(unindentLines(text, '  ')).toBe(text);
});

test('blank lines need not have the indent', () => {
  expect(unindentLines('a\n\n \n  b', '  ')).toBe('a\n\n \nb');
});
