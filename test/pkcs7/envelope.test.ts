import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EyamlError } from '../../src/errors.js';
import { createKeyPair } from '../../src/pkcs7/certificate.js';
import { readEnvelope, writeEnvelope } from '../../src/pkcs7/envelope.js';
import { certificateIdOf, NO_CERTIFICATE } from '../../src/pkcs7/names.js';
import { CERTIFICATE, CERTIFICATE_FILE, openssl, PRIVATE_KEY, PRIVATE_KEY_FILE, selfSigned } from '../helpers/pkcs7.js';

const ID = certificateIdOf(CERTIFICATE.raw);
const write = (plaintext: Uint8Array) => writeEnvelope(plaintext, CERTIFICATE.publicKey, ID);
const BIG = randomBytes(100_000);

let folder: string;
/** Somebody else's certificate and key, one so small that it goes before ours, and one for an elliptic curve. */
let other: { keyFile: string; certificateFile: string };
let small: { keyFile: string; certificateFile: string };
let curve: { keyFile: string; certificateFile: string };
beforeAll(() => {
  folder = mkdtempSync('/tmp/eg-');
  other = selfSigned(folder, 'other', ['-addext', 'subjectKeyIdentifier=hash']);
  small = selfSigned(folder, 'small', ['-newkey', 'rsa:1024', '-noenc', '-keyout', path.join(folder, 'small.key')]);
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', path.join(folder, 'ec.key')];
  curve = selfSigned(folder, 'curve', ec);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What reading and opening comes to: octets, undefined, or the code of an error of ours. */
function outcomeOf(octets: Uint8Array): Uint8Array | undefined | string {
  try {
    return readEnvelope(octets).open(PRIVATE_KEY);
  } catch (error) {
    if (error instanceof EyamlError) return error.code;
    throw error;
  }
}

describe('what was encrypted comes back', () => {
  test('whatever the octets are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (plaintext) => {
        expect(readEnvelope(write(plaintext)).open(PRIVATE_KEY)).toEqual(Buffer.from(plaintext));
      }),
      { numRuns: 100, examples: [[new Uint8Array()], [new Uint8Array(16)], [new Uint8Array(BIG)]] },
    );
  });

  test('also out of a view of a larger buffer, and for a bare public key', () => {
    const view = BIG.subarray(7, 40);
    const written = writeEnvelope(view, CERTIFICATE.publicKey, NO_CERTIFICATE);
    const padded = Buffer.concat([BIG, written]);
    const envelope = readEnvelope(padded.subarray(BIG.length));
    expect(envelope.open(PRIVATE_KEY)).toEqual(view);
    expect(envelope.readers).toEqual(['serial 00 issuer /']);
  });

  test('two envelopes of one plaintext share neither key nor content', () => {
    const [one, two] = [write(Buffer.from('same')), write(Buffer.from('same'))].map((der) => Buffer.from(der));
    expect(one?.subarray(-16)).not.toEqual(two?.subarray(-16));
    expect(one?.subarray(60, 300)).not.toEqual(two?.subarray(60, 300));
  });

  test('what the Ruby tool writes is written but for key, vector and content', () => {
    const tree = readFileSync(path.join(import.meta.dirname, '../../fixtures/tree/pkcs7/untagged.eyaml'), 'utf8');
    const ruby = Buffer.from(/ENC\[(.*)\]/.exec(tree)?.[1] ?? '', 'base64');
    const ours = Buffer.from(write(Buffer.from('pkcs7 string')));
    const key = ruby.indexOf(Buffer.from('04820100', 'hex')) + 4;
    const vector = ruby.indexOf(Buffer.from('0410', 'hex'), key + 256) + 2;
    for (const [at, length] of [
      [key, 256],
      [vector, 16],
      [ruby.length - 16, 16],
    ] as const) {
      ruby.fill(0, at, at + length);
      ours.fill(0, at, at + length);
    }
    expect(ours.toString('hex')).toBe(ruby.toString('hex'));
  });
});

describe.each([2048, 3072, 4096])('openssl reads ours: %i bits', (bits) => {
  let [keyFile, certificateFile, messageFile] = ['', '', ''];
  beforeAll(async () => {
    [keyFile, certificateFile, messageFile] = ['key', 'crt', 'der'].map((end) =>
      path.join(folder, `${bits}.${end}`),
    ) as [string, string, string];
    const { privateKey, certificate } = await createKeyPair({ bits, subject: '/C=DE/CN=ours', digest: 'SHA256' });
    const { raw, publicKey } = new X509Certificate(certificate);
    writeFileSync(keyFile, privateKey);
    writeFileSync(certificateFile, certificate);
    const message = writeEnvelope(BIG, publicKey, certificateIdOf(raw));
    writeFileSync(messageFile, message);
    expect(readEnvelope(message).open(createPrivateKey(privateKey))).toEqual(BIG);
  });

  test.each(['cms', 'smime'])('%s', (program) => {
    const decrypt = [program, '-decrypt', '-binary', '-inform', 'DER', '-in', messageFile, '-inkey', keyFile];
    expect(openssl([...decrypt, '-recip', certificateFile]).equals(BIG)).toBe(true);
    expect(openssl(decrypt).equals(BIG)).toBe(true);
  });
});

describe('what openssl writes is read', () => {
  const CIPHERS = ['-aes128', '-aes192', '-aes256', '-des3'];
  const SHAPES = [[], ['-stream'], ['-indef']];
  const PLAINTEXTS = [new Uint8Array(), Buffer.from('\0\r\nshort\xff', 'latin1'), BIG];

  test.each(CIPHERS.flatMap((cipher) => SHAPES.map((shape) => [[cipher, ...shape].join(' '), cipher, shape] as const)))(
    '%s, for three certificates, ours the second',
    (_, cipher, shape) => {
      for (const program of ['cms', 'smime']) {
        const encrypt = [program, '-encrypt', '-binary', '-outform', 'DER', cipher, ...shape];
        for (const plaintext of PLAINTEXTS) {
          const envelope = readEnvelope(
            openssl([...encrypt, other.certificateFile, small.certificateFile, CERTIFICATE_FILE], plaintext),
          );
          expect(Buffer.from(plaintext).equals(envelope.open(PRIVATE_KEY) ?? Buffer.alloc(1))).toBe(true);
          const readers = ['/CN=small', '', '/CN=other'].map((issuer) => (issuer ? `issuer ${issuer}` : ID.text));
          expect(envelope.readers.map((reader) => reader.replace(/^serial \w{40} /, ''))).toEqual(readers);
        }
      }
    },
  );

  const cms = (...more: string[]) =>
    openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes256', ...more], 'content');

  test('with key identifiers', () => {
    const message = cms('-recip', other.certificateFile, '-keyid');
    const { readers, open } = readEnvelope(message);
    expect(open(createPrivateKey(readFileSync(other.keyFile)))).toEqual(Buffer.from('content'));
    const text = openssl(['x509', '-in', other.certificateFile, '-noout', '-ext', 'subjectKeyIdentifier']).toString();
    const identifier = /^\s*([0-9A-F:]{59})$/m.exec(text)?.[1]?.replaceAll(':', '').toLowerCase();
    expect(readers).toEqual([`key identifier ${identifier ?? ''}`]);
    expect(open(PRIVATE_KEY)).toBeUndefined();
  });

  test('beside readers of other kinds', () => {
    const message = cms('-recip', curve.certificateFile, '-recip', CERTIFICATE_FILE);
    expect(readEnvelope(message).open(PRIVATE_KEY)).toEqual(Buffer.from('content'));
  });

  test.each([
    ['RSA with OAEP', () => ['-recip', CERTIFICATE_FILE, '-keyopt', 'rsa_padding_mode:oaep'], /encrypted with RSA/],
    ['an elliptic curve', () => ['-recip', curve.certificateFile], /encrypted with RSA/],
    ['a password', () => ['-pwri_password', 'swordfish'], /cannot be read/],
    ['Camellia', () => ['-camellia256', '-recip', CERTIFICATE_FILE], /cipher/],
    ['AES-CFB', () => ['-aes-128-cfb', '-recip', CERTIFICATE_FILE], /cipher/],
    ['AES-GCM', () => ['-aes-256-gcm', '-recip', CERTIFICATE_FILE], /not CMS EnvelopedData/],
  ])('but %s is not', (_, args, message) => {
    const encrypted = cms(...args());
    expect(() => readEnvelope(encrypted)).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
    expect(() => readEnvelope(encrypted)).toThrow(message);
  });

  test('nor is what is signed or merely wrapped', () => {
    const sign = ['cms', '-sign', '-outform', 'DER', '-signer', CERTIFICATE_FILE, '-inkey', PRIVATE_KEY_FILE];
    for (const message of [openssl(sign, 'x'), openssl(['cms', '-data_create', '-outform', 'DER'], 'x')]) {
      expect(() => readEnvelope(message)).toThrow(/not CMS EnvelopedData/);
    }
  });
});

describe('damage', () => {
  const PLAINTEXT = randomBytes(40);
  const DER = Buffer.from(write(PLAINTEXT));
  const stream = () =>
    openssl(['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes256', '-stream', CERTIFICATE_FILE], PLAINTEXT);

  test('an envelope that is cut, wherever, is MESSAGE_INVALID, also a streamed one', () => {
    for (const whole of [DER, stream()]) {
      for (let length = 0; length < whole.length; length += 1) {
        expect([length, outcomeOf(whole.subarray(0, length))]).toEqual([length, 'MESSAGE_INVALID']);
      }
    }
  });

  test('one whose key or readers are changed gives nothing or the plaintext, never something else', () => {
    const vector = DER.indexOf(Buffer.from('0410', 'hex'), 300);
    for (let at = 0; at < vector; at += 1) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const damaged = Buffer.from(DER);
        damaged[at] = (damaged[at] ?? 0) ^ mask;
        const outcome = outcomeOf(damaged);
        if (outcome instanceof Uint8Array) expect([at, mask, outcome]).toEqual([at, mask, PLAINTEXT]);
      }
    }
  });

  test('any change ends in nothing, octets or MESSAGE_INVALID', () => {
    const change = fc.record({
      at: fc.nat({ max: DER.length - 1 }),
      octets: fc.uint8Array({ maxLength: 4 }),
      removed: fc.nat({ max: 4 }),
    });
    const envelopes = fc.constantFrom(DER, stream());
    fc.assert(
      fc.property(envelopes, fc.array(change, { minLength: 1, maxLength: 3 }), (envelope, changes) => {
        let damaged = envelope;
        for (const { at, octets, removed } of changes) {
          damaged = Buffer.concat([damaged.subarray(0, at), octets, damaged.subarray(at + removed)]);
        }
        const outcome = outcomeOf(damaged);
        if (typeof outcome === 'string') expect(outcome).toBe('MESSAGE_INVALID');
      }),
      { numRuns: 500 },
    );
  });

  test('octets of any kind are MESSAGE_INVALID', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        expect(outcomeOf(octets)).toBe('MESSAGE_INVALID');
      }),
    );
  });

  test.each([
    ['definite', Buffer.alloc(200_000, Buffer.from('3080', 'hex'))],
    ['constructed octets', Buffer.concat([DER.subarray(0, 15), Buffer.alloc(200_000, Buffer.from('2480', 'hex'))])],
  ])('deep nesting (%s) is MESSAGE_INVALID', (_, octets) => expect(outcomeOf(octets)).toBe('MESSAGE_INVALID'));

  test('content that no cipher could have made is damage, and not a matter of keys', () => {
    // The last block is taken off, and the three lengths around the content are mended.
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const short = Buffer.from(writeEnvelope(Buffer.alloc(3), publicKey, ID));
    const content = short.length - 18;
    expect(short.subarray(content, content + 2).toString('hex')).toBe('8010');
    const cut = (octets: number) => {
      const damaged = Buffer.from(short.subarray(0, short.length - octets));
      damaged[content + 1] = 16 - octets;
      for (const at of lengthsAround(short, content)) damaged.writeUInt16BE(damaged.readUInt16BE(at) - octets, at);
      const info = damaged.indexOf(Buffer.from('303c0609', 'hex')) + 1;
      damaged[info] = (damaged[info] ?? 0) - octets;
      return damaged;
    };
    expect(outcomeOf(cut(0))).toBeUndefined();
    for (const octets of [1, 8, 16]) expect([octets, outcomeOf(cut(octets))]).toEqual([octets, 'MESSAGE_INVALID']);
  });

  /** Where the lengths of two octets stand of what holds the place to its very end. */
  function lengthsAround(der: Buffer, place: number): number[] {
    const starts = Array.from({ length: place }, (_, at) => at).filter(
      (at) => der.readUInt16BE(at + 1) + at + 3 === der.length,
    );
    return starts.filter((at) => der[at] === 0x82).map((at) => at + 1);
  }
});
