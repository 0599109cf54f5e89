import { curveOf } from './curves.js';
import type { Fingerprint, KeyId } from './identifiers.js';
import type { ReadPart } from './keys.js';
import { PUBLIC_KEY } from './packets.js';
import { readPublicNumbers } from './public-numbers.js';
import { endAfter } from './signatures.js';

/**
 * Whether a part of a key may be used, according to its self-signatures: `e` expired, `r` revoked, `i` without a valid signature (GnuPG, doc/DETAILS, field 2).
 */
export type SelfValidity = '-' | 'e' | 'r' | 'i';

/** A primary key or subkey. Times are in seconds since 1970. */
export interface JudgedPart {
  readonly fingerprint: Fingerprint;
  readonly keyId: KeyId;
  readonly algorithm: number;
  readonly bits: number;
  readonly validity: SelfValidity;
  readonly created: number;
  readonly expires: number | undefined;
  readonly canEncrypt: boolean;
  /** Of a subkey this is what its owner says; whether the subkey agrees is not verified. */
  readonly canSign: boolean;
}

/** What signatures say about a part. */
export interface Terms {
  readonly keyFlags?: Uint8Array | undefined;
  readonly keyLifetime?: number | undefined;
}

// RFC 9580, section 5.2.3.29: sign data; encrypt communications, encrypt storage.
const SIGNS = 0x02;
const ENCRYPTS = 0x0c;
const CAN_ENCRYPT: ReadonlySet<number> = new Set([
  ...[PUBLIC_KEY.rsa, PUBLIC_KEY.rsaEncryptOnly, PUBLIC_KEY.elgamal, PUBLIC_KEY.ecdh],
]);
const CAN_SIGN: ReadonlySet<number> = new Set([
  ...[PUBLIC_KEY.rsa, PUBLIC_KEY.rsaSignOnly, PUBLIC_KEY.dsa, PUBLIC_KEY.ecdsa, PUBLIC_KEY.eddsa],
]);

/** When a part was created. */
export function createdOf({ body }: ReadPart): number {
  return Buffer.from(body).readUInt32BE(1);
}

/**
 * Combines what is known about a part.
 *
 * @param validity - what is known besides its terms; undefined when the terms alone decide whether it is usable.
 */
export function partOf(
  part: ReadPart,
  { keyFlags, keyLifetime }: Terms,
  validity: SelfValidity | undefined,
  now: number,
): JudgedPart {
  const { fingerprint, keyId, body } = part;
  const [algorithm, created] = [body[5] ?? 0, createdOf(part)];
  const expires = keyLifetime === undefined ? undefined : endAfter(created, keyLifetime);
  // Without key flags, everything that the algorithm can do (RFC 9580, section 5.2.3.29); empty flags allow nothing.
  const mayDo = (flag: number) => keyFlags === undefined || ((keyFlags[0] ?? 0) & flag) !== 0;
  return {
    ...{ fingerprint, keyId, algorithm, created, expires, bits: bitsOf(part) },
    validity: validity ?? (expires !== undefined && expires < now ? 'e' : '-'),
    canEncrypt: CAN_ENCRYPT.has(algorithm) && mayDo(ENCRYPTS),
    canSign: CAN_SIGN.has(algorithm) && mayDo(SIGNS),
  };
}

function bitsOf({ fingerprint, body }: ReadPart): number {
  const numbers = readPublicNumbers(fingerprint, body);
  switch (numbers?.kind) {
    case 'rsa':
    case 'dsa':
    case 'other':
      return numbers.modulus.length === 0 ? 256 : numbers.modulus.length * 8 - Math.clz32(numbers.modulus[0] ?? 0) + 24;
    case 'ecdh':
      return curveOf(numbers.parameters.curveOid)?.bits ?? 0;
    case 'signing':
      return curveOf(numbers.curveOid)?.bits ?? 0;
    case undefined:
      return 0;
  }
}
