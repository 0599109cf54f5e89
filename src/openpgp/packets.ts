import { WILDCARD_KEY_ID, parseKeyId, type Fingerprint, type KeyId } from '../identifiers.js';
import { OctetReader } from './octets.js';
import type { EcdhParameters } from './session-key.js';

/** Public key algorithms of RFC 9580, section 9.1, as far as they can encrypt. */
export const PUBLIC_KEY = { rsa: 1, rsaEncryptOnly: 2, elgamal: 16, ecdh: 18 } as const;

/** The fields of a PKESK packet that hold the session key, by algorithm (RFC 9580, section 5.1). */
export type PkeskFields =
  | { readonly kind: 'rsa'; readonly encrypted: Uint8Array }
  | { readonly kind: 'ecdh'; readonly ephemeralPoint: Uint8Array; readonly wrapped: Uint8Array };

/** One session key, encrypted for one recipient. */
export interface Pkesk {
  /** The recipient's encryption subkey; {@link WILDCARD_KEY_ID} for a hidden recipient. */
  readonly keyId: KeyId;
  /** RFC 9580, section 9.1. */
  readonly algorithm: number;
  /** Undefined for algorithms that only GnuPG itself can handle. */
  readonly fields: PkeskFields | undefined;
}

/**
 * Reads the body of a PKESK packet. A version other than 3 has no key ID that is read here, and no fields.
 *
 * @throws RangeError when the body is cut short.
 */
export function readPkesk(body: Uint8Array): Pkesk {
  const reader = new OctetReader(body);
  if (reader.octet() !== 3) return { keyId: WILDCARD_KEY_ID, algorithm: 0, fields: undefined };
  const keyId = parseKeyId(Buffer.from(reader.take(8)).toString('hex')) ?? WILDCARD_KEY_ID;
  const algorithm = reader.octet();
  return { keyId, algorithm, fields: readFields(algorithm, reader) };
}

function readFields(algorithm: number, reader: OctetReader): PkeskFields | undefined {
  switch (algorithm) {
    case PUBLIC_KEY.rsa:
    case PUBLIC_KEY.rsaEncryptOnly:
      return { kind: 'rsa', encrypted: reader.mpi() };
    case PUBLIC_KEY.ecdh:
      return { kind: 'ecdh', ephemeralPoint: reader.mpi(), wrapped: reader.take(reader.octet()) };
    default:
      return undefined;
  }
}

/**
 * Reads the ECDH parameters out of the body of a version 4 public (sub)key packet (RFC 9580, section 5.5.5.6).
 *
 * @returns undefined when the key is no version 4 ECDH key.
 */
export function readEcdhParameters(fingerprint: Fingerprint, body: Uint8Array): EcdhParameters | undefined {
  const reader = new OctetReader(body);
  if (reader.octet() !== 4) return undefined;
  reader.take(4);
  if (reader.octet() !== PUBLIC_KEY.ecdh) return undefined;
  const curveOid = reader.take(reader.octet());
  reader.mpi();
  const [, hashAlgorithm = 0, wrapAlgorithm = 0] = reader.take(reader.octet());
  return { curveOid, hashAlgorithm, wrapAlgorithm, fingerprint: Buffer.from(fingerprint, 'hex') };
}
