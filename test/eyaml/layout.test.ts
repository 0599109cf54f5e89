import { expect, test } from 'vitest';
import { blockAt, joinPayload, wrap } from '../../src/eyaml/layout.js';
import { fakePayload, onlyValue, oneLine, wrapped, wrappedAlone } from './documents.js';

const VALUE = 'VALUE';
const PAYLOAD = fakePayload(1, 200);

test.each([
  ['>', 'key: >\n  VALUE', '  '],
  ['|', 'key: |\n  VALUE', '  '],
  ['>- at the end of a list item', '- >-\n    VALUE', '    '],
  ['|+ under a question mark', '? |+\n  VALUE', '  '],
  ['an indentation indicator', 'key: >2\n  VALUE', '  '],
  ['both indicators', 'key: |2-\n  VALUE', '  '],
  ['blanks after it', 'key: >  \n  VALUE', '  '],
  ['a comment', 'key: > # a [note] \n  VALUE', '  '],
  ['an anchor', 'key: &anchor >\n  VALUE', '  '],
  ['a tag', 'key: !!str |\n  VALUE', '  '],
  ['a tag on a line of its own', 'key:\n  !!str |\n  VALUE', '  '],
  ['a document start', '--- |\nVALUE', ''],
  ['a line of its own', 'key:\n  >\n  VALUE', '  '],
  ['CRLF', 'key: >\r\n  VALUE', '  '],
  ['blank lines in between', 'key: >\n\n   \n  VALUE', '  '],
  ['an indent by tabs', 'key: >\n\tVALUE', '\t'],
])('a block scalar header with %s', (_, text, indent) => {
  expect(blockAt(text, text.indexOf(VALUE))?.indent).toBe(indent);
});

test.each([
  ['on the line of its key', 'key: VALUE'],
  ['after other text in the block', 'key: >\n  text VALUE'],
  ['below other text in the block', 'key: >\n  text\n  VALUE'],
  ['below a comparison', 'key: a >\n  VALUE'],
  ['below three indicators', 'key: >2-+\n  VALUE'],
  ['below a comment glued to the indicator', 'key: >#note\n  VALUE'],
  ['at the start of the text', 'VALUE'],
  ['below nothing but blank lines', '\n\nVALUE'],
  ['below a marker before a bar', '| DEC(1)::GPG[a]! |\n  VALUE'],
  ['below a plaintext with an anchor', 'DEC(1)::GPG[a &b]! |\n  VALUE'],
  ['below a plaintext that reads like a header', 'DEC(1)::GPG[a: > # b]!\n  VALUE'],
  ['below a header whose comment holds a value', 'key: > # ENC[GPG,QUJD]\n  VALUE'],
])('no block: %s', (_, text) => {
  expect(blockAt(text, text.lastIndexOf(VALUE))).toBeUndefined();
});

test('the base64 is what remains without white space, continuations and escapes', () => {
  expect(joinPayload('QU JD\n\tRE\\\n  VG\\r\\n\\ \\/')).toBe('QUJDREVG/');
});

test.each([
  ['one line', `a: ${oneLine(PAYLOAD)}`, undefined],
  ['60 columns', `a: >\n  ${wrapped(PAYLOAD, '\n  ')}`, { separator: '\n  ', first: 60, rest: 60 }],
  ['76 columns', `a: >\n  ${wrapped(PAYLOAD, '\n  ', 76)}`, { separator: '\n  ', first: 76, rest: 76 }],
  ['base64 alone at 60', `a: >\n  ${wrappedAlone(PAYLOAD, '\n  ')}`, { separator: '\n  ', first: 68, rest: 60 }],
  ['a block on one line', `a: >\n  ${oneLine(PAYLOAD)}`, { separator: '', first: Infinity, rest: Infinity }],
  ['a block too short to wrap', 'a: >\n  ENC[GPG,QUJD]', undefined],
  ['blanks within a line', 'a: ENC[GPG, QUJD REVG]', undefined],
  ['continuations', `a: "${wrapped(PAYLOAD, '\\\n    ')}"`, { separator: '\\\n    ', first: 60, rest: 60 }],
  ['escapes', `a: "${wrapped(PAYLOAD, '\\n', 76)}"`, { separator: '\\n', first: 76, rest: 76 }],
  ['a first line for the tag', 'a: >\n  ENC[GPG,\n  QUJD\n  REVG]', { separator: '\n  ', first: 8, rest: 4 }],
  ['a lone last piece', `a: "${wrapped(fakePayload(1, 60), '\n ')}"`, { separator: '\n ', first: 60, rest: 60 }],
  [
    'a lone last piece, base64 alone at 60',
    `a: >\n  ${wrappedAlone(fakePayload(1, 60), '\n  ')}`,
    { separator: '\n  ', first: 68, rest: 60 },
  ],
])('the wrapping of a value is read: %s', (_, text, wrapping) => {
  expect(onlyValue(text).layout.wrapping).toEqual(wrapping);
});

test.each([
  ['a short text stays whole', 'abcd', 'abcd'],
  ['each piece but the last is full', 'abcdefghij', 'abcd\n ef\n gh\n ij'],
  ['the last piece may be short', 'abcdefg', 'abcd\n ef\n g'],
])('wrap: %s', (_, text, pieces) => {
  expect(wrap(text, { separator: '\n ', first: 4, rest: 2 })).toBe(pieces);
});
