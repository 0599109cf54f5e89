import { expect, test } from 'vitest';
import { decryptToMarkers } from '../../src/verbs/decrypt.js';
import { encryptMarkers } from '../../src/verbs/encrypt.js';
import { plainMethods, plainValue } from '../helpers/plain-encryptor.js';

const OLD = `---
a: ${plainValue('one', 101)}
b:
  c: >
    ${plainValue('x'.repeat(80), 102).replace(/(.{60})/g, '$1\n    ')}
  d: ["${plainValue('same', 103)}", "${plainValue('same', 104)}"]
e: ${plainValue('closed', 105)}
f: ${plainValue('pkcs7', 106, 'PKCS7')}
g: ${plainValue(new Uint8Array([0, 255, 13]), 107)}
h: "${plainValue('', 108)}"
`;

/** Shows the old text, changes that, encrypts it onto the old text. */
async function changed(change: (shown: string) => string, old = OLD) {
  const methods = plainMethods();
  const shown = await decryptToMarkers(old, 'f', methods, () => undefined);
  const text = await encryptMarkers(
    change(shown),
    { name: 'copy', target: 'f', onto: { text: old, name: 'f' } },
    methods,
  );
  return { text, encrypted: methods.encrypted };
}

test.each([
  ['', OLD],
  [', in CRLF', OLD.replaceAll('\n', '\r\n')],
])('what was shown and not changed has its old bytes%s', async (_, old) => {
  expect(await changed((shown) => shown, old)).toEqual({ text: old, encrypted: [] });
});

test('only what changed is encrypted', async () => {
  const { text, encrypted } = await changed((shown) =>
    shown.replace('[one]!', '[two]!').replace('h:', 'i: DEC::GPG[new]!\nh:'),
  );
  expect(encrypted).toEqual(['two', 'new']);
  expect(text.replace(/^[ai]: .*\n/gm, '')).toBe(OLD.replace(/^a: .*\n/m, ''));
});

test('a value that moved keeps its ciphertext, in the layout of its new place', async () => {
  const move = (shown: string) =>
    shown.replace(/^a: .*\n/m, '').replace('---\n', '---\nz:\n  y: >-\n      DEC::GPG[one]!\n');
  expect(await changed(move)).toEqual({
    text: OLD.replace(/^a: .*\n/m, '').replace('---\n', `---\nz:\n  y: >-\n      ${plainValue('one', 101)}\n`),
    encrypted: [],
  });
});

test('each old value is used once, at its own key first', async () => {
  const { text, encrypted } = await changed((shown) =>
    shown.replace('---\n', '---\nz: DEC::GPG[one]!\n').replace('d: [', 'd: ["DEC::GPG[same]!", '),
  );
  expect(encrypted).toEqual(['one', 'same']);
  expect(text).toContain(`\na: ${plainValue('one', 101)}\n`);
  // The first two of the list have the keys of the old ones.
  expect(text).toContain(`["${plainValue('same', 103)}", "${plainValue('same', 104)}", "`);
});

test('the same plaintext with another method is another value', async () => {
  const { text, encrypted } = await changed((shown) => shown.replace('DEC::PKCS7[', 'DEC::GPG['));
  expect(encrypted).toEqual(['pkcs7']);
  expect(text).toMatch(/^f: ENC\[GPG,/m);
});

test('text that is not YAML is matched by plaintext alone', async () => {
  const old = `<% if x %>: [\n${plainValue('one', 1)}\n`;
  expect(await changed((shown) => `${shown}DEC::GPG[two]!\n`, old)).toMatchObject({ encrypted: ['two'] });
});
