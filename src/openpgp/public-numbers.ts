import type { Fingerprint } from './identifiers.js';
import { PUBLIC_KEY } from './packets.js';
import { OctetReader } from './reader.js';
import type { EcdhParameters } from './session-key.js';

/** The public numbers of a key, by algorithm. */
export type PublicNumbers =
  | { readonly kind: 'rsa'; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  | { readonly kind: 'ecdh'; readonly parameters: EcdhParameters; readonly point: Uint8Array }
  /** ECDSA and EdDSA: keys that sign. */
  | { readonly kind: 'signing'; readonly curveOid: Uint8Array; readonly point: Uint8Array }
  /** DSA; `domain` is p, q and g. */
  | {
      readonly kind: 'dsa';
      readonly modulus: Uint8Array;
      readonly domain: readonly Uint8Array[];
      readonly y: Uint8Array;
    }
  /** Only the length is known: ElGamal, and algorithms newer than this program. */
  | { readonly kind: 'other'; readonly modulus: Uint8Array };

/**
 * Reads the public numbers out of the body of a version 4 public (sub)key packet (RFC 9580, section 5.5.5).
 *
 * @returns undefined when the key has another version.
 * @throws RangeError when the body is cut short.
 */
export function readPublicNumbers(fingerprint: Fingerprint, body: Uint8Array): PublicNumbers | undefined {
  return body[0] === 4 ? readNumbers(new OctetReader(body), fingerprint) : undefined;
}

/**
 * The public fields of a version 4 secret (sub)key packet; they come first in its body (RFC 9580, section 5.5.3).
 *
 * @param accepted - whether its numbers must be written in their canonical form.
 * @returns undefined when the key has another version, or an algorithm whose fields are not known.
 * @throws RangeError when the body is cut short, or a number is not accepted.
 */
export function publicHalf(body: Uint8Array, accepted: 'any' | 'canonical' = 'any'): Uint8Array | undefined {
  if (body[0] !== 4) return undefined;
  const reader = new OctetReader(body, accepted);
  const numbers = readNumbers(reader, '');
  return numbers.kind === 'other' && numbers.modulus.length === 0 ? undefined : body.subarray(0, reader.position);
}

// Version, four octets of time, algorithm, numbers.
function readNumbers(reader: OctetReader, fingerprint: string): PublicNumbers {
  reader.take(5);
  const algorithm = reader.octet();
  switch (algorithm) {
    case PUBLIC_KEY.rsa:
    case PUBLIC_KEY.rsaEncryptOnly:
    case PUBLIC_KEY.rsaSignOnly:
      return { kind: 'rsa', modulus: reader.mpi(), exponent: reader.mpi() };
    case PUBLIC_KEY.ecdh: {
      const curveOid = reader.take(reader.octet());
      const point = reader.mpi();
      const parameters = { curveOid, ...readKdf(reader), fingerprint: Buffer.from(fingerprint, 'hex') };
      return { kind: 'ecdh', parameters, point };
    }
    case PUBLIC_KEY.ecdsa:
    case PUBLIC_KEY.eddsa:
      return { kind: 'signing', curveOid: reader.take(reader.octet()), point: reader.mpi() };
    case PUBLIC_KEY.dsa: {
      const domain = [reader.mpi(), reader.mpi(), reader.mpi()] as const;
      return { kind: 'dsa', modulus: domain[0], domain, y: reader.mpi() };
    }
    case PUBLIC_KEY.elgamal: {
      const [modulus] = [reader.mpi(), reader.mpi(), reader.mpi()] as const;
      return { kind: 'other', modulus };
    }
    default:
      return { kind: 'other', modulus: Buffer.alloc(0) };
  }
}

// RFC 9580, section 11.5: in any other form the parameters belong to a key derivation that does not exist yet.
function readKdf(reader: OctetReader): Pick<EcdhParameters, 'hashAlgorithm' | 'wrapAlgorithm'> {
  const [reserved, hashAlgorithm = 0, wrapAlgorithm = 0, more] = reader.take(reader.octet());
  return reserved === 1 && more === undefined
    ? { hashAlgorithm, wrapAlgorithm }
    : { hashAlgorithm: 0, wrapAlgorithm: 0 };
}
