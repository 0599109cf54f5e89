import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { curveOf, leftPad } from './curves.js';
import { parseFingerprint, type Fingerprint } from './identifiers.js';
import { PUBLIC_KEY } from './packets.js';
import { readPublicNumbers, type PublicNumbers } from './public-numbers.js';
import type { Signature } from './signatures.js';

/**
 * The result of verifying a signature: the key made it (`valid`), or did not (`invalid`); made it, but with an old digest or unknown
 * critical subpackets (`weak`); or it cannot be verified (`unknown`): it is damaged, or its algorithm is not known. Only a valid
 * signature grants anything; a revocation counts unless it is invalid.
 */
export type Verdict = 'valid' | 'weak' | 'invalid' | 'unknown';

/** A key that makes signatures. */
export interface Signer {
  /** Verifies a signature over the given octets: the mathematics and the critical subpackets, not the times. */
  readonly verify: (signature: Signature, signed: Uint8Array) => Verdict;
  /** Whether a signature may be over the given octets, by the two octets of their digest that it repeats. */
  readonly mayCover: (signature: Signature, signed: Uint8Array) => boolean;
}

interface Verifier {
  readonly algorithms: ReadonlySet<number>;
  /** The minimum digest length in octets for such a key (g10/seskey.c, encode_md_value). */
  readonly shortestDigest: number;
  readonly verify: (digest: string, octets: Uint8Array, numbers: readonly Uint8Array[]) => boolean;
}

// RFC 9580, section 9.5: what GnuPG 2.2 knows.
const DIGESTS: ReadonlyMap<number, string> = new Map([
  [1, 'md5'],
  [2, 'sha1'],
  [3, 'ripemd160'],
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
  [11, 'sha224'],
]);
// The only digest that GnuPG refuses: keys made by GnuPG 1.4 and 2.0 have SHA-1 self-signatures and are still in use.
const WEAK_DIGEST = 'md5';
const { rsa, rsaEncryptOnly, rsaSignOnly, dsa, ecdsa, eddsa } = PUBLIC_KEY;
const RSA: ReadonlySet<number> = new Set([rsa, rsaEncryptOnly, rsaSignOnly]);
const KNOWN: ReadonlySet<number> = new Set([...RSA, dsa, ecdsa, eddsa]);
// id-ecPublicKey (RFC 5480, section 2.1.1), id-dsa (RFC 3279, section 2.3.2), id-Ed25519 (RFC 8410, section 3): in DER, with their tag.
const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');
const DSA = Buffer.from('06072a8648ce380401', 'hex');
const ED25519 = Buffer.from('06032b6570', 'hex');

/** Makes a {@link Signer} of the body of a primary key's packet; one with an unknown algorithm cannot verify any signature. */
export function createSigner(fingerprint: Fingerprint, body: Uint8Array): Signer {
  const verifier = verifierOf(fingerprint, body);
  return {
    verify: (signature, signed) => {
      const { keyAlgorithm, hashAlgorithm, numbers, trailer, isUnderstood } = signature;
      const digest = availableDigest(hashAlgorithm);
      if (!verifier || !digest || !numbers || !KNOWN.has(keyAlgorithm)) return 'unknown';
      if (!verifier.algorithms.has(keyAlgorithm)) return 'invalid';
      try {
        if (!verifier.verify(digest, Buffer.concat([signed, trailer]), numbers)) return 'invalid';
      } catch {
        return 'unknown';
      }
      const length = createHash(digest).digest().length;
      return digest === WEAK_DIGEST || length < verifier.shortestDigest || !isUnderstood ? 'weak' : 'valid';
    },
    mayCover: ({ hashAlgorithm, trailer, digestStart }, signed) => {
      const digest = availableDigest(hashAlgorithm);
      if (digest === undefined) return false;
      const octets = createHash(digest).update(signed).update(trailer).digest();
      return octets.subarray(0, 2).equals(digestStart);
    },
  };
}

// OpenSSL may not have the oldest ones, or may list them and refuse them.
function availableDigest(hashAlgorithm: number): string | undefined {
  const digest = DIGESTS.get(hashAlgorithm);
  try {
    if (digest !== undefined) createHash(digest);
    return digest;
  } catch {
    return undefined;
  }
}

function verifierOf(fingerprint: Fingerprint, body: Uint8Array): Verifier | undefined {
  try {
    const numbers = readPublicNumbers(fingerprint, body);
    return numbers && verifierWith(numbers, body[5] === eddsa);
  } catch {
    return undefined;
  }
}

function verifierWith(numbers: PublicNumbers, isEddsa: boolean): Verifier | undefined {
  if (numbers.kind === 'rsa') {
    const [n, e] = [numbers.modulus, numbers.exponent].map((number) => Buffer.from(number).toString('base64url'));
    const key = createPublicKey({ key: { kty: 'RSA', n: n ?? '', e: e ?? '' }, format: 'jwk' });
    const { length } = numbers.modulus;
    return {
      algorithms: RSA,
      shortestDigest: 0,
      verify: (digest, octets, [s]) =>
        s !== undefined && fits(length, s) && verify(digest, octets, key, leftPad(s, length)),
    };
  }
  if (numbers.kind === 'dsa') {
    const [p, q, g] = numbers.domain.map(derInteger);
    const domain = der(0x30, Buffer.concat([p ?? Buffer.of(), q ?? Buffer.of(), g ?? Buffer.of()]));
    return twoNumbers(dsa, spki([DSA, domain], derInteger(numbers.y)), numbers.domain[1]?.length ?? 0);
  }
  const curve = numbers.kind === 'signing' ? curveOf(numbers.curveOid) : undefined;
  if (numbers.kind !== 'signing' || curve === undefined || (curve.name === 'ed25519') !== isEddsa) return undefined;
  if (!isEddsa)
    return twoNumbers(ecdsa, spki([EC_PUBLIC_KEY, der(0x06, numbers.curveOid)], numbers.point), curve.octets);
  // A point starts with an octet that says how it is encoded (RFC 9580, section 5.5.5.5).
  const key = spki([ED25519], numbers.point.subarray(1));
  return {
    algorithms: new Set([eddsa]),
    shortestDigest: 0,
    // What is signed is the digest (RFC 9580, section 5.2.3.3).
    verify: (digest, octets, [r, s]) =>
      r !== undefined &&
      s !== undefined &&
      fits(32, r, s) &&
      verify(null, createHash(digest).update(octets).digest(), key, Buffer.concat([leftPad(r, 32), leftPad(s, 32)])),
  };
}

/** DSA and ECDSA: two numbers, each as long as the order of the group. */
function twoNumbers(algorithm: number, key: KeyObject, length: number): Verifier {
  return {
    algorithms: new Set([algorithm]),
    // For the 521 bits of P-521 a digest of 512 is enough.
    shortestDigest: Math.min(length, 64),
    verify: (digest, octets, [r, s]) => {
      if (r === undefined || s === undefined || !fits(length, r, s)) return false;
      const signature = Buffer.concat([leftPad(r, length), leftPad(s, length)]);
      return verify(digest, octets, { key, dsaEncoding: 'ieee-p1363' }, signature);
    },
  };
}

function fits(length: number, ...numbers: readonly Uint8Array[]): boolean {
  return numbers.every((number) => number.length <= length);
}

function spki(algorithm: readonly Uint8Array[], publicKey: Uint8Array): KeyObject {
  const octets = Buffer.concat([
    der(0x30, Buffer.concat(algorithm)),
    der(0x03, Buffer.concat([Buffer.of(0), publicKey])),
  ]);
  return createPublicKey({ key: der(0x30, octets), format: 'der', type: 'spki' });
}

function derInteger(number: Uint8Array): Buffer {
  return der(0x02, Buffer.concat([Buffer.alloc((number[0] ?? 0x80) & 0x80 ? 1 : 0), number]));
}

// Lengths of 128 octets and more start with an octet that says how many follow (X.690, section 8.1.3.5).
function der(tag: number, content: Uint8Array): Buffer {
  const { length } = content;
  const lengthOctets =
    length < 128
      ? Buffer.of(length)
      : length < 256
        ? Buffer.of(0x81, length)
        : Buffer.of(0x82, length >> 8, length & 0xff);
  return Buffer.concat([Buffer.of(tag), lengthOctets, content]);
}

/** @returns the fingerprint of a version 4 key (RFC 9580, section 5.5.4.2). */
export function fingerprintOf(body: Uint8Array): Fingerprint | undefined {
  return parseFingerprint(createHash('sha1').update(hashedKey(body)).digest('hex'));
}

/** A version 4 key as it is hashed (RFC 9580, section 5.2.4). */
export function hashedKey(body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0x99, body.length >> 8, body.length & 0xff), body]);
}
