import { expect, test } from 'vitest';
import { scan } from '../../src/eyaml/scan.js';
import { isValue } from '../../src/eyaml/token.js';
import { STYLES, fakePayload, oneLine, onlyValue, valuesOf } from './documents.js';

const PAYLOAD = fakePayload(1);

test.each(Object.keys(STYLES))('a value is seen %s', (style) => {
  const text = `before: 1\n${STYLES[style]?.(PAYLOAD, 'key') ?? ''}after: 2\n`;
  const values = valuesOf(text);
  expect(values.length).toBeGreaterThan(0);
  for (const { payload, offset, line, text: valueText } of values) {
    expect(payload).toBe(PAYLOAD);
    expect(text.slice(offset, offset + valueText.length)).toBe(valueText);
    expect(line).toBe(text.slice(0, offset).split('\n').length);
  }
});

test.each(Object.keys(STYLES))('a value is seen in CRLF text %s', (style) => {
  const text = STYLES[style]?.(PAYLOAD, 'key') ?? '';
  const values = valuesOf(text.replaceAll('\n', '\r\n'));
  expect(values.map(({ payload }) => payload)).toEqual(valuesOf(text).map(() => PAYLOAD));
});

test.each([
  ['GPG', 'GPG'],
  ['gpg', 'GPG'],
  ['Pkcs7', 'PKCS7'],
  ['vault_2', 'VAULT_2'],
])('the tag %s is read as %s', (tag, read) => {
  expect(onlyValue(oneLine(PAYLOAD, tag)).tag).toBe(read);
});

test('a value without a tag is PKCS7', () => {
  expect(onlyValue(`ENC[${PAYLOAD}]`)).toMatchObject({ tag: 'PKCS7', payload: PAYLOAD });
});

test.each([
  ['white space of any kind', 'ENC[GPG, QUJD\tREVG \n\r\n  R0hJ ]', 'QUJDREVGR0hJ'],
  ['continuations and escapes of double quotes', 'ENC[GPG,QUJD\\\n  RE\\nVG\\ \\tR0hJ\\/w==]', 'QUJDREVGR0hJ/w=='],
  ['base64 that lacks its padding', 'ENC[GPG,QUI]', 'QUI'],
])('the payload is read through %s', (_, text, payload) => {
  expect(onlyValue(text).payload).toBe(payload);
});

test.each([
  ['a word', 'ENC[hello]'],
  ['nothing', 'ENC[]'],
  ['base64 that is no DER', 'ENC[aGVsbG8=]'],
  ['a DER sequence of short form', `ENC[${Buffer.from([0x30, 0x03, 1, 2, 3]).toString('base64')}]`],
  ['an open bracket', 'ENC[hello'],
  ['ENC in lower case', `enc[GPG,${PAYLOAD}]`],
  ['a tag that is no word', `ENC[G-P,${PAYLOAD}]`],
  ['an end of text', 'ENC['],
])('without a tag, %s is text', (_, text) => {
  expect(scan(text)).toEqual([{ kind: 'text', text }]);
});

test.each([
  ['an open bracket', `ENC[GPG,${PAYLOAD}`, 'no closing bracket, or is not base64'],
  ['an ellipsis', 'ENC[GPG,...]', 'no closing bracket, or is not base64'],
  ['no base64 at all', 'ENC[GPG,]', 'damaged or cut short'],
  ['a length that base64 never has', 'ENC[GPG,QUJDR]', 'damaged or cut short'],
  ['padding in the middle', 'ENC[GPG,QQ==QUJD]', 'damaged or cut short'],
  ['too much padding', 'ENC[GPG,QQ===]', 'damaged or cut short'],
  ['an escape that YAML gives another meaning', 'ENC[GPG,QUJD\\x41REVG]', 'damaged or cut short'],
  ['an unknown tag', 'ENC[FOO,hello]', 'damaged or cut short'],
])('with a tag, %s makes a suspect', (_, text, reason) => {
  const tokens = scan(`a: 1\nb: ${text}\n`);
  expect(tokens[1]).toMatchObject({ kind: 'suspect', offset: 8, line: 2 });
  expect(tokens[1]).toHaveProperty('reason', expect.stringContaining(reason));
});

test('a value after a suspect is seen', () => {
  const tokens = scan(`a: ENC[GPG,QUJD\nb: ${oneLine(PAYLOAD)}\n`);
  expect(tokens.map(({ kind }) => kind)).toEqual(['text', 'suspect', 'text', 'value', 'text']);
  expect(tokens.filter(isValue)).toMatchObject([{ payload: PAYLOAD, line: 2 }]);
});

test('a value inside what seemed to be one is seen', () => {
  expect(onlyValue(`ENC[GPG,ENC[${oneLine(PAYLOAD)}`).payload).toBe(PAYLOAD);
});
