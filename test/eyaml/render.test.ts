import { expect, test } from 'vitest';
import { render, renderValue } from '../../src/eyaml/render.js';
import { scan } from '../../src/eyaml/scan.js';
import { STYLES, fakePayload, onlyValue, valuesOf, wrapped } from './documents.js';

const PAYLOAD = fakePayload(1, 200);
// These are written with the tag in its plain form.
const OTHER_TAGS = ['with a tag in lower case', 'without a tag'];

test.each(Object.keys(STYLES).filter((style) => !OTHER_TAGS.includes(style)))(
  'a value written anew in its layout is the same text: %s',
  (style) => {
    const values = valuesOf(STYLES[style]?.(PAYLOAD, 'key') ?? '');
    expect(values.map(({ tag, payload, layout }) => renderValue(tag, payload, layout))).toEqual(
      values.map(({ text }) => text),
    );
  },
);

test.each([
  ['no tag', `ENC[${PAYLOAD}]`, `ENC[PKCS7,${PAYLOAD}]`],
  ['a tag in lower case', `ENC[gpg,${PAYLOAD}]`, `ENC[GPG,${PAYLOAD}]`],
])('a value with %s is written with one in upper case', (_, text, written) => {
  const { tag, payload, layout } = onlyValue(text);
  expect(renderValue(tag, payload, layout)).toBe(written);
});

test('a longer payload is wrapped as the shorter one was', () => {
  const { layout } = onlyValue(`a: "${wrapped(fakePayload(1), '\\\n  ', 76)}"`);
  expect(renderValue('GPG', PAYLOAD, layout)).toBe(wrapped(PAYLOAD, '\\\n  ', 76));
});

test.each([
  ['a string', undefined, `ENC[GPG,${PAYLOAD}]`],
  ['a block', '   ', wrapped(PAYLOAD, '\n   ')],
  ['a block at column 0', '', wrapped(PAYLOAD, '\n')],
])('without a wrapping of its own, %s has the default one', (_, blockIndent, text) => {
  expect(renderValue('GPG', PAYLOAD, { blockIndent, wrapping: undefined })).toBe(text);
});

test('tokens are rendered to the text that was scanned', () => {
  const text = `a: ENC[GPG,${PAYLOAD}]\nb: ENC[GPG,\nc: ENC[x]\n`;
  expect(render(scan(text))).toBe(text);
});
