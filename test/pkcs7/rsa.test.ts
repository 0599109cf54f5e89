import { constants, generateKeyPairSync, publicEncrypt, randomBytes, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rsaDecrypt, rsaEncrypt } from '../../src/pkcs7/rsa.js';
import { CERTIFICATE, PRIVATE_KEY } from '../helpers/pkcs7.js';

const PUBLIC_KEY = CERTIFICATE.publicKey;
const OCTETS = 256;
const LENGTHS = [16, 24, 32];

/** A block as PKCS #1 v1.5 has it: 00 02, octets that are not zero, 00, content. */
function blockOf(content: Uint8Array, octets = OCTETS): Buffer {
  const pad = Buffer.alloc(octets - content.length - 3, 0xa5);
  return Buffer.concat([Buffer.from([0, 2]), pad, Buffer.from([0]), content]);
}

/** Encrypts a whole block, be it padded or not. */
function encryptBlock(block: Uint8Array, key: KeyObject = PUBLIC_KEY): Buffer {
  return publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block);
}

describe.each([2048, 3072])('with %i bits', (bits) => {
  const pair = generateKeyPairSync('rsa', { modulusLength: bits });

  test.each(LENGTHS)('%i octets come back, whoever padded them', (length) => {
    const content = randomBytes(length);
    const byOpenssl = publicEncrypt({ key: pair.publicKey, padding: constants.RSA_PKCS1_PADDING }, content);
    for (const encrypted of [byOpenssl, rsaEncrypt(pair.publicKey, content)]) {
      expect(encrypted).toHaveLength(bits / 8);
      expect(rsaDecrypt(pair.privateKey, encrypted, length)).toEqual(content);
    }
  });

  test('another key opens nothing', () => {
    const encrypted = rsaEncrypt(pair.publicKey, randomBytes(32));
    expect(rsaDecrypt(PRIVATE_KEY, encrypted, 32)).toBeUndefined();
  });
});

describe('broken padding is undefined', () => {
  const content = randomBytes(32).map((octet) => octet || 1);
  const good = blockOf(content);
  const separator = OCTETS - 33;
  const changed = (at: number, octet: number) => {
    const block = Buffer.from(good);
    block[at] = octet;
    return block;
  };
  const cases: Readonly<Record<string, Buffer>> = {
    'first octet 01': changed(0, 1),
    'second octet 01': changed(1, 1),
    'second octet 00': changed(1, 0),
    'second octet 03': changed(1, 3),
    'no separator': changed(separator, 0xa5),
    'a separator too early': changed(separator - 1, 0),
    'two separators, the first in the pad': changed(100, 0),
    'seven octets of pad': changed(9, 0),
    'no pad at all': changed(2, 0),
    'content one octet too long': blockOf(Buffer.concat([content, Buffer.from([7])])),
    'content one octet too short': blockOf(content.subarray(1)),
    'no content': blockOf(new Uint8Array()),
    'nothing but zeros': Buffer.alloc(OCTETS),
  };

  test('the block itself is not', () => expect(rsaDecrypt(PRIVATE_KEY, encryptBlock(good), 32)).toEqual(content));

  test.each(Object.entries(cases))('%s', (_, block) => {
    expect(rsaDecrypt(PRIVATE_KEY, encryptBlock(block), 32)).toBeUndefined();
  });

  test('eight octets of pad are the fewest', () => {
    const small = generateKeyPairSync('rsa', { modulusLength: 1024 });
    for (const [length, isEnough] of [
      [117, true],
      [118, false],
    ] as const) {
      const block = encryptBlock(blockOf(Buffer.alloc(length, 1), 128), small.publicKey);
      expect(rsaDecrypt(small.privateKey, block, length) !== undefined).toBe(isEnough);
    }
  });

  test.each([0, 1, OCTETS - 1, OCTETS + 1, 2 * OCTETS])('%i octets are no block', (length) => {
    expect(rsaDecrypt(PRIVATE_KEY, Buffer.alloc(length, 0x5a), 32)).toBeUndefined();
  });

  test('a number greater than the modulus', () => {
    expect(rsaDecrypt(PRIVATE_KEY, Buffer.alloc(OCTETS, 0xff), 32)).toBeUndefined();
  });
});

test('any block is opened if and only if the RFC says so', () => {
  const near = fc.tuple(
    fc.constantFrom(0, 1, 2, 3, 8, 9, 10, 11, ...LENGTHS.map((length) => OCTETS - length - 1), OCTETS - 1),
    fc.constantFrom(0, 1, 2, 0xff),
  );
  const far = fc.tuple(fc.integer({ min: 1, max: OCTETS - 1 }), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...LENGTHS),
      fc.array(fc.oneof(near, far), { maxLength: 3 }),
      fc.constantFrom(...LENGTHS),
      (written, changes, wanted) => {
        const block = blockOf(Buffer.alloc(written, 0xa5));
        for (const [at, octet] of changes) block[at] = at === 0 ? octet & 0x7f : octet;
        const separator = block.indexOf(0, 2);
        const isGood = block[0] === 0 && block[1] === 2 && separator >= 10 && separator === OCTETS - wanted - 1;
        const opened = rsaDecrypt(PRIVATE_KEY, encryptBlock(block), wanted);
        expect(opened).toEqual(isGood ? block.subarray(separator + 1) : undefined);
      },
    ),
    { numRuns: 300 },
  );
});
