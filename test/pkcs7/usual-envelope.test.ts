import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DER, splitDer, writeDer } from '../../src/pkcs7/der.js';
import { readEnvelope, writeEnvelope } from '../../src/pkcs7/envelope.js';
import { certificateIdOf, NO_CERTIFICATE } from '../../src/pkcs7/names.js';
import { readUsualEnvelope, writeUsualEnvelope } from '../../src/pkcs7/usual-envelope.js';
import { FIXTURES } from '../helpers/gnupg.js';
import { CERTIFICATE, CERTIFICATE_FILE, openssl, PRIVATE_KEY } from '../helpers/pkcs7.js';

const ID = certificateIdOf(CERTIFICATE.raw);
const write = (plaintext: Uint8Array, id = ID) => Buffer.from(writeEnvelope(plaintext, CERTIFICATE.publicKey, id));
const byOpenssl = (...args: string[]) =>
  openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', ...args, CERTIFICATE_FILE], 'x');

/** The same with a length of the whole that is longer than needed, which is BER and no DER: the ASN.1 library reads it. */
function inBer(envelope: Buffer): Buffer {
  const [content = Buffer.of()] = splitDer(envelope, DER.sequence);
  const length = Buffer.alloc(5, 0x84);
  length.writeUInt32BE(content.length, 1);
  return Buffer.concat([Buffer.of(DER.sequence), length, content]);
}

test('what Ruby, openssl and eyaml write is usual', () => {
  const tree = readFileSync(path.join(FIXTURES, 'tree/pkcs7/untagged.eyaml'), 'utf8');
  const ruby = Buffer.from(/ENC\[(.*)\]/.exec(tree)?.[1] ?? '', 'base64');
  for (const envelope of [ruby, byOpenssl('-aes256'), write(randomBytes(300))])
    expect(readUsualEnvelope(envelope)).toBeDefined();
});

test('other ciphers, streams and BER are not, and are left to the library', () => {
  const others = [byOpenssl('-aes128'), byOpenssl('-aes256', '-stream')];
  for (const envelope of [...others, inBer(write(randomBytes(9)))]) expect(readUsualEnvelope(envelope)).toBeUndefined();
});

test('the library reads the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 700 }), fc.constantFrom(ID, NO_CERTIFICATE), (plaintext, id) => {
      const envelope = write(plaintext, id);
      const [ours, theirs] = [envelope, inBer(envelope)].map(readEnvelope);
      expect(ours?.readers).toEqual(theirs?.readers);
      expect(ours?.open(PRIVATE_KEY)).toEqual(theirs?.open(PRIVATE_KEY));
      expect(theirs?.open(PRIVATE_KEY)).toEqual(Buffer.from(plaintext));
    }),
    { numRuns: 30 },
  );
});

test('law: nothing is read that would not be written so', () => {
  const envelope = write(randomBytes(40));
  const at = fc.nat({ max: envelope.length - 1 });
  fc.assert(
    fc.property(at, fc.uint8Array({ maxLength: 3 }), fc.nat({ max: 3 }), (from, octets, removed) => {
      const changed = Buffer.concat([envelope.subarray(0, from), octets, envelope.subarray(from + removed)]);
      const found = readUsualEnvelope(changed);
      if (found) expect(writeUsualEnvelope(found)).toEqual(changed);
    }),
    { numRuns: 500 },
  );
});

test.each([0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffff])(
  'an element of %i octets is read back',
  (length) => {
    const content = Buffer.alloc(length, 7);
    const element = writeDer(DER.octets, content);
    const found = splitDer(Buffer.concat([element, element]), DER.octets, DER.octets);
    expect(found.map((one) => one.equals(content))).toEqual([true, true]);
  },
);

test.each([
  ['nothing', ''],
  ['another tag', '0500'],
  ['no length', '04'],
  ['a length that is cut short', '0482ff'],
  ['content that is cut short', '040201'],
  ['a longer length than needed', '048100'],
  ['a zero before the length', '0482007f'],
  ['the indefinite form', '04800000'],
  ['something behind it', '04000000'],
])('%s is no element', (_, hex) => {
  expect(splitDer(Buffer.from(hex, 'hex'), DER.octets)).toEqual([]);
});
