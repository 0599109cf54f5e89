import { describe, expect, test } from 'vitest';
import { WILDCARD_KEY_ID, type Fingerprint } from '../../src/openpgp/identifiers.js';
import { readPkesk } from '../../src/openpgp/packets.js';
import { readPublicNumbers } from '../../src/openpgp/public-numbers.js';

const hex = (text: string) => Buffer.from(text.replace(/\s/g, ''), 'hex');
const FINGERPRINT = '52F72E0B18501EB6343FAC64618FFB1B4D739FFF' as Fingerprint;

describe('PKESK packets', () => {
  test.each([
    ['RSA', '03 c625998b892677f8 01 000f 7fff', 'C625998B892677F8', 1, { kind: 'rsa', encrypted: hex('7fff') }],
    [
      'RSA, encrypt only',
      '03 c625998b892677f8 02 0001 01',
      'C625998B892677F8',
      2,
      { kind: 'rsa', encrypted: hex('01') },
    ],
    [
      'ECDH',
      '03 618ffb1b4d739fff 12 000f 40aa 03 010203',
      '618FFB1B4D739FFF',
      18,
      { kind: 'ecdh', ephemeralPoint: hex('40aa'), wrapped: hex('010203') },
    ],
    ['a hidden recipient', '03 0000000000000000 01 0001 01', WILDCARD_KEY_ID, 1, { kind: 'rsa', encrypted: hex('01') }],
    [
      'ElGamal, which only GnuPG can handle',
      '03 1370c65e701bb4d3 10 0001 01 0001 01',
      '1370C65E701BB4D3',
      16,
      undefined,
    ],
    ['an algorithm to come', '03 1370c65e701bb4d3 63 00', '1370C65E701BB4D3', 99, undefined],
    ['another version', '06 15 04', WILDCARD_KEY_ID, 0, undefined],
  ])('%s', (_, body, keyId, algorithm, fields) => {
    expect(readPkesk(hex(body))).toEqual({ keyId, algorithm, fields });
  });

  test.each([
    '',
    '03',
    '03 c625998b892677',
    '03 c625998b892677f8 01 00',
    '03 c625998b892677f8 01 0010 7f',
    '03 618ffb1b4d739fff 12 000f 40aa 03 0102',
  ])('cut short: %s', (body) => expect(() => readPkesk(hex(body))).toThrow(RangeError));
});

describe('the ECDH parameters of a subkey', () => {
  const head = '04 6ab1dcba 12 0a 2b060104019755010501 0107';
  const parametersIn = (kdf: string) => {
    const numbers = readPublicNumbers(FINGERPRINT, hex(`${head} 40 ${'11'.repeat(32)} ${kdf}`));
    return numbers?.kind === 'ecdh' ? numbers.parameters : undefined;
  };
  test('are read', () => {
    expect(parametersIn('03 01 08 07')).toEqual({
      curveOid: hex('2b060104019755010501'),
      hashAlgorithm: 8,
      wrapAlgorithm: 7,
      fingerprint: Buffer.from(FINGERPRINT, 'hex'),
    });
  });

  test.each(['00', '01 01', '03 02 08 07', '04 01 08 07 00'])(
    'in another form belong to no key derivation: %s',
    (kdf) => expect(parametersIn(kdf)).toMatchObject({ hashAlgorithm: 0, wrapAlgorithm: 0 }),
  );

  test('of a version 6 key are not read', () =>
    expect(readPublicNumbers(FINGERPRINT, hex('06 6ab1dcba 12 00'))).toBeUndefined());

  test('cut short', () => expect(() => readPublicNumbers(FINGERPRINT, hex(head))).toThrow(RangeError));
});
