import { createCipheriv, createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSessionKey, unpadPkcs1, unwrapEcdh, type EcdhParameters } from '../../src/openpgp/session-key.js';

const AES256 = 9;
const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff', 'hex');

/** Algorithm octet, session key, checksum. */
function encode(key: Uint8Array = KEY, algorithm = AES256, sum = key.reduce((a, b) => a + b, 0)): Buffer {
  return Buffer.of(algorithm, ...key, (sum >> 8) & 0xff, sum & 0xff);
}

describe('a session key with its checksum', () => {
  test.each([
    [2, 24],
    [7, 16],
    [8, 24],
    [9, 32],
    [11, 16],
    [13, 32],
  ])('algorithm %i has %i octets', (algorithm, length) => {
    const data = Buffer.alloc(length, 0xfe);
    expect(readSessionKey(encode(data, algorithm))).toEqual({ algorithm, data });
    expect(readSessionKey(encode(data.subarray(1), algorithm))).toBeUndefined();
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['too short', Buffer.of(9, 0, 0)],
    [
      'a checksum that is off by one',
      encode(
        KEY,
        AES256,
        KEY.reduce((a, b) => a + b, 1),
      ),
    ],
    ['an unknown algorithm', encode(KEY, 99)],
    ['a key too short for its algorithm', encode(KEY.subarray(0, 16))],
    ['an octet too many', Buffer.concat([encode(), Buffer.of(0)])],
  ])('%s', (_, octets) => expect(readSessionKey(octets)).toBeUndefined());
});

describe('PKCS #1 v1.5', () => {
  const block = (padding: Buffer, ...head: number[]) =>
    Buffer.concat([Buffer.from(head), padding, Buffer.of(0), encode()]);
  const filled = (length: number) => Buffer.alloc(length, 0xa5);

  test.each([
    ['with its leading 00', block(filled(200), 0, 2)],
    ['without, as gpg-agent gives it', block(filled(200), 2)],
    ['with the shortest padding', block(filled(8), 2)],
  ])('%s', (_, octets) => expect(unpadPkcs1(octets)).toEqual({ algorithm: AES256, data: KEY }));

  test.each([
    ['padding of 7 octets', block(filled(7), 0, 2)],
    ['no padding', block(filled(0), 0, 2)],
    ['block type 01', block(filled(200), 0, 1)],
    ['two leading zeros', block(filled(200), 0, 0, 2)],
    ['no 00 after the padding', Buffer.concat([Buffer.of(2), filled(200)])],
    ['no session key after the 00', Buffer.concat([Buffer.of(2), filled(200), Buffer.of(0)])],
    ['a session key with a wrong checksum', Buffer.concat([block(filled(200), 2).subarray(0, -1), Buffer.of(0)])],
    ['nothing', Buffer.alloc(0)],
  ])('%s', (_, octets) => expect(unpadPkcs1(octets)).toBeUndefined());

  test('law: any padding without a zero may stand before any key', () => {
    const padding = fc.uint8Array({ min: 1, minLength: 8, maxLength: 300 });
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(padding, key, (padding, key) => {
        const octets = Buffer.concat([Buffer.of(2), padding, Buffer.of(0), encode(key)]);
        expect(unpadPkcs1(octets)?.data).toEqual(Buffer.from(key));
      }),
    );
  });
});

describe('RFC 6637', () => {
  const shared = Buffer.alloc(32, 0x77);
  const curve25519 = Buffer.from('2b060104019755010501', 'hex');
  const parameters = (more: Partial<EcdhParameters> = {}): EcdhParameters => ({
    curveOid: curve25519,
    hashAlgorithm: 8,
    wrapAlgorithm: 7,
    fingerprint: Buffer.alloc(20, 0xf0),
    ...more,
  });

  /** The sender's side, after section 7 and 8 of the RFC. */
  function wrap(padded: Uint8Array, { curveOid, hashAlgorithm, wrapAlgorithm, fingerprint }: EcdhParameters): Buffer {
    const hash = { 8: 'sha256', 9: 'sha384', 10: 'sha512' }[hashAlgorithm] ?? '';
    const bits = { 7: 128, 8: 192, 9: 256 }[wrapAlgorithm] ?? 0;
    const param = Buffer.concat([
      Buffer.of(curveOid.length),
      curveOid,
      Buffer.from([0x12, 0x03, 0x01, hashAlgorithm, wrapAlgorithm]),
      Buffer.from('416e6f6e796d6f75732053656e64657220202020', 'hex'),
      fingerprint,
    ]);
    const digest = createHash(hash)
      .update(Buffer.concat([Buffer.from('00000001', 'hex'), shared, param]))
      .digest();
    const cipher = createCipheriv(`id-aes${bits}-wrap`, digest.subarray(0, bits / 8), Buffer.alloc(8, 0xa6));
    return Buffer.concat([cipher.update(padded), cipher.final()]);
  }
  const pad = (octets: Buffer, count: number, value = count) => Buffer.concat([octets, Buffer.alloc(count, value)]);

  test.each([
    [8, 7],
    [8, 9],
    [9, 8],
    [10, 9],
  ])('hash %i, wrap %i', (hashAlgorithm, wrapAlgorithm) => {
    const p = parameters({ hashAlgorithm, wrapAlgorithm });
    expect(unwrapEcdh(shared, wrap(pad(encode(), 5), p), p)).toEqual({ algorithm: AES256, data: KEY });
  });

  test('padding may hide the length of the key', () => {
    const p = parameters();
    const key = Buffer.alloc(16, 1);
    expect(unwrapEcdh(shared, wrap(pad(encode(key, 7), 21), p), p)).toEqual({ algorithm: 7, data: key });
  });

  const p = parameters();
  const good = wrap(pad(encode(), 5), p);
  test.each([
    ['another shared secret', Buffer.alloc(32, 0x78), good, p],
    ['another fingerprint', shared, good, parameters({ fingerprint: Buffer.alloc(20, 0xf1) })],
    ['another curve', shared, good, parameters({ curveOid: Buffer.from('2b81040022', 'hex') })],
    ['another hash', shared, good, parameters({ hashAlgorithm: 9 })],
    ['a hash that is not known', shared, good, parameters({ hashAlgorithm: 2 })],
    ['a wrap that is not known', shared, good, parameters({ wrapAlgorithm: 3 })],
    ['a wrapped key cut short', shared, good.subarray(8), p],
    ['a wrapped key of a length that cannot be', shared, good.subarray(1), p],
    ['no wrapped key', shared, Buffer.alloc(0), p],
    ['padding octets that differ', shared, wrap(pad(encode(), 5, 4), p), p],
    ['padding of 0', shared, wrap(pad(encode(), 5, 0), p), p],
    ['padding longer than all', shared, wrap(Buffer.alloc(40, 41), p), p],
    ['a wrong checksum', shared, wrap(pad(encode(KEY, AES256, 1), 5), p), p],
  ])('%s', (_, secret, wrapped, parameters) => expect(unwrapEcdh(secret, wrapped, parameters)).toBeUndefined());
});
