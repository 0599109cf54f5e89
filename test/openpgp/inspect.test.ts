import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EyamlError } from '../../src/errors.js';
import { readHead } from '../../src/openpgp/inspect.js';
import { FIXTURES } from '../helpers/gnupg.js';

const ALICE = '618FFB1B4D739FFF';
const HIDDEN = '0000000000000000';
const PUPPETMASTER = 'C625998B892677F8';
const vector = (name: string) => readFileSync(path.join(FIXTURES, 'vectors', name));

const VECTORS = [
  { name: 'hidden-recipient.gpg', readers: [HIDDEN], hasPassword: false, protection: 'mdc' },
  { name: 'one-hidden-one-named.gpg', readers: [HIDDEN, PUPPETMASTER], hasPassword: false, protection: 'mdc' },
  { name: 'compressed-zlib.gpg', readers: [ALICE], hasPassword: false, protection: 'mdc' },
  { name: 'compressed-bzip2.gpg', readers: [ALICE], hasPassword: false, protection: 'mdc' },
  { name: 'signed-and-encrypted.gpg', readers: [ALICE], hasPassword: false, protection: 'mdc' },
  { name: 'password-and-key.gpg', readers: [ALICE], hasPassword: true, protection: 'mdc' },
  { name: 'camellia256.gpg', readers: [ALICE], hasPassword: false, protection: 'mdc' },
  { name: '3des.gpg', readers: [ALICE], hasPassword: false, protection: 'mdc' },
  // Its data are damaged, which nobody sees who cannot open it.
  { name: 'bad-mdc.gpg', readers: [HIDDEN], hasPassword: false, protection: 'mdc' },
  { name: 'aead-ocb-packet20.gpg', readers: [ALICE], hasPassword: false, protection: 'aead' },
  { name: 'aead-eax-packet20.gpg', readers: [ALICE], hasPassword: false, protection: 'aead' },
] as const;

/** Octets in a packet with a header of the new format. */
function packet(tag: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0xc0 | tag]), newLength(body.length), body]);
}

function newLength(length: number): Buffer {
  if (length < 192) return Buffer.from([length]);
  if (length < 8384) return Buffer.from([192 + ((length - 192) >> 8), (length - 192) & 0xff]);
  return fiveOctetLength(length);
}

function fiveOctetLength(length: number): Buffer {
  const octets = Buffer.from([255, 0, 0, 0, 0]);
  octets.writeUInt32BE(length, 1);
  return octets;
}

/** Octets in a packet with a header of the old format; length type 3 has no length at all. */
function oldPacket(tag: number, body: Uint8Array, lengthType: 0 | 1 | 2 | 3): Buffer {
  const length = Buffer.alloc(lengthType === 3 ? 0 : 1 << lengthType);
  if (length.length > 0) length.writeUIntBE(body.length, 0, length.length);
  return Buffer.concat([Buffer.from([0x80 | (tag << 2) | lengthType]), length, body]);
}

/** Octets in a packet that comes in parts of 2^exponent octets each, and a last one of any length. */
function partialPacket(tag: number, body: Uint8Array, exponents: readonly number[]): Buffer {
  const parts = [Buffer.from([0xc0 | tag])];
  let at = 0;
  for (const exponent of exponents) {
    parts.push(Buffer.from([224 + exponent]), Buffer.from(body.subarray(at, at + 2 ** exponent)));
    at += 2 ** exponent;
  }
  return Buffer.concat([...parts, newLength(body.length - at), body.subarray(at)]);
}

/** A PKESK packet's body for a key ID, of ElGamal, so that its further fields are not read. */
const pkesk = (keyId: string) =>
  Buffer.concat([Buffer.from([3]), Buffer.from(keyId, 'hex'), Buffer.from([16]), Buffer.alloc(20, 1)]);
const DATA = Buffer.alloc(9000, 1);
const KEY = packet(1, pkesk(ALICE));
const ONLY_ALICE = { readers: [ALICE], hasPassword: false, protection: 'mdc' };

function codeOf(octets: Uint8Array): string | undefined {
  try {
    readHead(octets);
    return undefined;
  } catch (error) {
    if (error instanceof EyamlError) return error.code;
    throw error;
  }
}

describe('what GnuPG and RNP wrote', () => {
  test.each(VECTORS)('$name', ({ name, readers, ...others }) => {
    const head = readHead(vector(name));
    expect({ ...head, readers: [...head.readers].sort() }).toEqual({ ...others, readers });
  });

  test.each(['truncated.gpg', 'armored.asc'])('%s is no whole binary message', (name) => {
    expect(codeOf(vector(name))).toBe('MESSAGE_INVALID');
  });

  test.each(VECTORS)('$name: cut anywhere it is MESSAGE_INVALID', ({ name }) => {
    const whole = vector(name);
    for (let length = 0; length < whole.length; length += 1) {
      expect(codeOf(whole.subarray(0, length)), `${length} octets`).toBe('MESSAGE_INVALID');
    }
  });

  test.each(VECTORS)('$name: with any octet changed it is read, or MESSAGE_INVALID', ({ name }) => {
    const whole = vector(name);
    for (const at of whole.keys()) {
      for (const bits of [0x01, 0x40, 0x80, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ bits;
        expect([undefined, 'MESSAGE_INVALID']).toContain(codeOf(changed));
      }
    }
  });
});

describe('packet formats', () => {
  test.each([
    ['a new header, one octet of length', packet(18, DATA.subarray(0, 191))],
    ['a new header, two octets of length, the least', packet(18, DATA.subarray(0, 192))],
    ['a new header, two octets of length, the most', packet(18, DATA.subarray(0, 8383))],
    ['a new header, five octets of length', packet(18, DATA)],
    ['five octets for a short length', Buffer.concat([Buffer.from([0xd2]), fiveOctetLength(3), DATA.subarray(0, 3)])],
    ['parts', partialPacket(18, DATA, [9, 9, 12])],
    ['parts, the last one empty', partialPacket(18, DATA.subarray(0, 512), [9])],
    ['parts of one octet', partialPacket(18, DATA.subarray(0, 4), [0, 0, 0])],
  ])('%s', (_, data) => {
    const message = Buffer.concat([KEY, data]);
    expect(readHead(message)).toEqual(ONLY_ALICE);
    expect(codeOf(message.subarray(0, -1))).toBe('MESSAGE_INVALID');
    expect(codeOf(Buffer.concat([message, Buffer.from([0])]))).toBe('MESSAGE_INVALID');
  });

  test.each([0, 1, 2] as const)('old headers, length type %i', (lengthType) => {
    const message = Buffer.concat([
      oldPacket(1, pkesk(ALICE), lengthType),
      oldPacket(9, DATA.subarray(0, 99), lengthType),
    ]);
    expect(readHead(message)).toEqual({ ...ONLY_ALICE, protection: 'none' });
    expect(codeOf(message.subarray(0, -1))).toBe('MESSAGE_INVALID');
  });

  test('old headers without a length reach to the end', () => {
    const message = Buffer.concat([oldPacket(1, pkesk(ALICE), 0), oldPacket(9, DATA, 3)]);
    expect(readHead(message)).toEqual({ ...ONLY_ALICE, protection: 'none' });
  });
});

describe('packets', () => {
  const data = packet(18, Buffer.from([1, 2, 3]));
  test.each([
    ['SEIPD version 1', data, 'mdc'],
    ['SEIPD version 2', packet(18, Buffer.from([2, 2, 3])), 'aead'],
    ['the AEAD packet of GnuPG', packet(20, Buffer.from([1, 2, 3])), 'aead'],
    ['no protection at all', packet(9, Buffer.from([1, 2, 3])), 'none'],
  ])('%s', (_, last, protection) => {
    expect(readHead(Buffer.concat([KEY, last]))).toEqual({ ...ONLY_ALICE, protection });
  });

  test('every reader is told, twice if they are there twice; marker packets are skipped', () => {
    const keys = [KEY, packet(10, Buffer.from('PGP')), packet(1, pkesk(HIDDEN)), packet(1, pkesk(PUPPETMASTER)), KEY];
    expect(readHead(Buffer.concat([...keys, data])).readers).toEqual([ALICE, HIDDEN, PUPPETMASTER, ALICE]);
  });

  test('a password alone', () => {
    const message = Buffer.concat([packet(3, Buffer.from([4, 9, 0, 8])), data]);
    expect(readHead(message)).toEqual({ readers: [], hasPassword: true, protection: 'mdc' });
  });

  test('a recipient whose packet is of another version counts as hidden', () => {
    const message = Buffer.concat([packet(1, Buffer.concat([Buffer.from([6]), Buffer.alloc(30)])), data]);
    expect(readHead(message).readers).toEqual([HIDDEN]);
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('hello')],
    ['zeros', Buffer.alloc(100)],
    ['data for nobody', data],
    ['readers of nothing', KEY],
    ['data before readers', Buffer.concat([data, KEY])],
    ['data twice', Buffer.concat([KEY, data, data])],
    ['a packet of another kind between', Buffer.concat([KEY, packet(2, DATA), data])],
    ['data that are not encrypted', Buffer.concat([KEY, packet(11, DATA)])],
    ['a reader without a key ID', Buffer.concat([packet(1, Buffer.from([3, 1, 2])), data])],
    ['a reader that is empty', Buffer.concat([packet(1, Buffer.alloc(0)), data])],
    ['a length far beyond the end', Buffer.concat([KEY, Buffer.from([0xd2, 255, 255, 255, 255, 255, 1])])],
    ['a part far beyond the end', Buffer.concat([KEY, Buffer.from([0xd2, 254, 1])])],
  ])('%s is MESSAGE_INVALID', (_, octets) => expect(codeOf(octets)).toBe('MESSAGE_INVALID'));
});

describe('laws', () => {
  test('any octets are read, or MESSAGE_INVALID', () => {
    const first = fc.constantFrom(0x84, 0x85, 0xc1, 0xc3, 0xd2, 0xd4);
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(first, fc.uint8Array({ maxLength: 60 })).map(([header, rest]) => Buffer.from([header, ...rest])),
      fc.uint8Array({ maxLength: 60 }).map((rest) => Buffer.concat([KEY, rest])),
    );
    fc.assert(
      fc.property(octets, (any) => [undefined, 'MESSAGE_INVALID'].includes(codeOf(any))),
      { numRuns: 5000 },
    );
  });

  test('however a message is cut into packets, its readers are the same', () => {
    const keyId = fc
      .uint8Array({ minLength: 8, maxLength: 8 })
      .map((id) => Buffer.from(id).toString('hex').toUpperCase());
    const keyPacket = fc
      .tuple(keyId, fc.constantFrom(0, 1, 2, undefined))
      .map(([id, type]) => ({ id, octets: type === undefined ? packet(1, pkesk(id)) : oldPacket(1, pkesk(id), type) }));
    const parts = fc.array(fc.nat({ max: 8 }), { maxLength: 5 });
    fc.assert(
      fc.property(fc.array(keyPacket, { minLength: 1, maxLength: 6 }), parts, (keys, exponents) => {
        const message = Buffer.concat([...keys.map(({ octets }) => octets), partialPacket(18, DATA, exponents)]);
        expect(readHead(message).readers).toEqual(keys.map(({ id }) => id));
      }),
      { numRuns: 300 },
    );
  });
});
