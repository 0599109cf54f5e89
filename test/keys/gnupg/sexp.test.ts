import { describe, expect, test } from 'vitest';
import { encValue, readValue } from '../../../src/keys/gnupg/sexp.js';

describe('what PKDECRYPT takes', () => {
  test.each([
    ['RSA', { kind: 'rsa', encrypted: Buffer.from('7fff', 'hex') }, '(7:enc-val(3:rsa(1:a2:\x7f\xff)))'],
    [
      'RSA, not to be read as negative',
      { kind: 'rsa', encrypted: Buffer.from('80ff', 'hex') },
      '(7:enc-val(3:rsa(1:a3:\0\x80\xff)))',
    ],
    [
      'ECDH, the wrapped key with its length',
      { kind: 'ecdh', ephemeralPoint: Buffer.from('@point'), wrapped: Buffer.from('w:()\0') },
      '(7:enc-val(4:ecdh(1:s6:\x05w:()\0)(1:e6:@point)))',
    ],
  ] as const)('%s', (_, wrapped, text) => expect(encValue(wrapped).toString('latin1')).toBe(text));
});

describe('what it answers', () => {
  test.each([
    ['(5:value3:abc)', 'abc'],
    ['(5:value3:a)\0)', 'a)\0'],
    ['(5:value0:)', ''],
    ['(5:value3:abc)\0', 'abc'],
  ])('%j', (answer, value) => expect(readValue(Buffer.from(answer))?.toString()).toBe(value));

  test.each(['', '(5:value9:short)', '(5:value:abc)', '(5:other3:abc)', '5:value3:abc', '(5:value3abc)'])(
    '%j is something else',
    (answer) => {
      expect(readValue(Buffer.from(answer))).toBeUndefined();
    },
  );
});
