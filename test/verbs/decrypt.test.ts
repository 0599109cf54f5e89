import { expect, test } from 'vitest';
import { pastedText } from '../../src/verbs/decrypt.js';
import { fakePayload, oneLine, wrapped } from '../eyaml/documents.js';

const BLOCK = wrapped(fakePayload(1), '\n  ');
const ONE_LINE = oneLine(fakePayload(1));

test.each(['>\n  ', '>-\n  ', '|\n  ', '>2- \n\n  ', '\n>\r\n  ', '  ', ''])(
  'of a block that is pasted below %j the value alone is meant',
  (before) => {
    expect(pastedText(`${before}${BLOCK}\n`)).toBe(BLOCK);
  },
);

test('of a value on one line below a header, too', () => {
  expect(pastedText(`>\n  ${ONE_LINE}\n`)).toBe(ONE_LINE);
});

test.each([
  ['a value on one line', ` ${ONE_LINE}\n`],
  ['a key', `key: >\n  ${BLOCK}\n`],
  ['a list item', `- >\n  ${BLOCK}\n`],
  ['text below', `>\n  ${BLOCK}\n  more\n`],
  ['two values', `>\n  ${BLOCK}\n  ${BLOCK}\n`],
  ['two headers', `>\n>\n  ${BLOCK}\n`],
  ['no value', '>\n  text\n'],
])('%s stays as it was given', (_, text) => {
  expect(pastedText(text)).toBe(text);
});
