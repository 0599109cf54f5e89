import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

/** The symmetric key of one message. */
export interface SessionKey {
  /** RFC 9580, section 9.3: 7 to 9 are AES-128 to AES-256. */
  readonly algorithm: number;
  readonly data: Uint8Array;
}

/** The parameters of an ECDH subkey for the key derivation of RFC 6637, section 7. */
export interface EcdhParameters {
  /** The curve's object identifier in DER, without tag and length. */
  readonly curveOid: Uint8Array;
  /** RFC 9580, section 9.5: 8 to 10 are SHA-256 to SHA-512. */
  readonly hashAlgorithm: number;
  /** RFC 9580, section 9.3: 7 to 9 are AES-128 to AES-256. */
  readonly wrapAlgorithm: number;
  /** The subkey's own fingerprint, 20 octets. */
  readonly fingerprint: Uint8Array;
}

const KEY_LENGTHS: ReadonlyMap<number, number> = new Map([
  [2, 24],
  [3, 16],
  [4, 16],
  [7, 16],
  [8, 24],
  [9, 32],
  [10, 32],
  [11, 16],
  [12, 24],
  [13, 32],
]);
const HASHES: ReadonlyMap<number, string> = new Map([
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
]);
const WRAPS: ReadonlyMap<number, { cipher: string; length: number }> = new Map([
  [7, { cipher: 'id-aes128-wrap', length: 16 }],
  [8, { cipher: 'id-aes192-wrap', length: 24 }],
  [9, { cipher: 'id-aes256-wrap', length: 32 }],
]);
const PADDED_LENGTH = 40;
const WRAP_IV = Buffer.alloc(8, 0xa6);

/**
 * Reads the result of an RSA or ECDH operation: algorithm octet, session key, two octets of checksum (RFC 9580, section 5.1.3).
 *
 * @returns undefined when the checksum or the length is wrong, that is, when the wrong key was used.
 */
export function readSessionKey(octets: Uint8Array): SessionKey | undefined {
  const [algorithm = 0] = octets;
  const data = octets.subarray(1, -2);
  const sum = data.reduce((total, octet) => (total + octet) & 0xffff, 0);
  const [high = 0, low = 0] = octets.subarray(-2);
  return octets.length > 3 && sum === high * 256 + low && KEY_LENGTHS.get(algorithm) === data.length
    ? { algorithm, data }
    : undefined;
}

/**
 * Takes a session key out of a PKCS #1 v1.5 encryption block (RFC 8017, section 7.2.2): `00 02`, at least eight octets that are
 * not zero, `00`, and the session key with its checksum. The leading `00` may be missing, as gpg-agent leaves it out.
 *
 * @returns undefined for any fault; wrong padding and a wrong checksum cannot be distinguished.
 */
export function unpadPkcs1(block: Uint8Array): SessionKey | undefined {
  const padded = block[0] === 0 ? block.subarray(1) : block;
  const end = padded.indexOf(0, 1);
  const sessionKey = readSessionKey(padded.subarray(end + 1));
  return padded[0] === 2 && end >= 9 ? sessionKey : undefined;
}

/**
 * Unwraps a session key with an ECDH shared secret: key derivation of RFC 6637, section 7, AES key unwrap of RFC 3394, and the
 * PKCS #5 padding of RFC 6637, section 8.
 *
 * @param sharedX - the shared point's x coordinate, at the curve's full length.
 * @param wrapped - the wrapped session key of the PKESK packet, without its length octet.
 * @returns undefined when the wrapping does not fit, that is, when the wrong key was used.
 */
export function unwrapEcdh(
  sharedX: Uint8Array,
  wrapped: Uint8Array,
  parameters: EcdhParameters,
): SessionKey | undefined {
  const kek = keyEncryptionKey(sharedX, parameters);
  if (kek === undefined) return undefined;
  try {
    const decipher = createDecipheriv(kek.cipher, kek.octets, WRAP_IV);
    const padded = Buffer.concat([decipher.update(wrapped), decipher.final()]);
    const padding = padded.at(-1) ?? 0;
    const sound =
      padding >= 1 && padding <= padded.length && padded.subarray(-padding).every((octet) => octet === padding);
    return sound ? readSessionKey(padded.subarray(0, -padding)) : undefined;
  } catch {
    return undefined;
  }
}

/** Encodes a session key for RSA or ECDH: algorithm octet, session key, two octets of checksum (RFC 9580, section 5.1.3). */
export function writeSessionKey({ algorithm, data }: SessionKey): Buffer {
  const sum = data.reduce((total, octet) => (total + octet) & 0xffff, 0);
  return Buffer.of(algorithm, ...data, sum >> 8, sum & 0xff);
}

/**
 * Wraps a session key with an ECDH shared secret; the reverse of {@link unwrapEcdh}. The padding fills it to 40 octets, so that
 * its length reveals nothing (RFC 9580, section 11.5).
 *
 * @throws RangeError when the subkey uses a hash or a cipher that ECDH does not allow.
 */
export function wrapEcdh(sharedX: Uint8Array, sessionKey: SessionKey, parameters: EcdhParameters): Buffer {
  const kek = keyEncryptionKey(sharedX, parameters);
  if (kek === undefined) throw new RangeError('unknown key derivation');
  const plain = writeSessionKey(sessionKey);
  const padding = PADDED_LENGTH - plain.length;
  const cipher = createCipheriv(kek.cipher, kek.octets, WRAP_IV);
  return Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.alloc(padding, padding)])), cipher.final()]);
}

// The key derivation of RFC 6637, section 7.
function keyEncryptionKey(sharedX: Uint8Array, parameters: EcdhParameters) {
  const hash = HASHES.get(parameters.hashAlgorithm);
  const wrap = WRAPS.get(parameters.wrapAlgorithm);
  if (hash === undefined || wrap === undefined) return undefined;
  const digest = createHash(hash)
    .update(Buffer.of(0, 0, 0, 1))
    .update(sharedX)
    .update(Buffer.of(parameters.curveOid.length))
    .update(parameters.curveOid)
    .update(Buffer.of(18, 3, 1, parameters.hashAlgorithm, parameters.wrapAlgorithm))
    .update('Anonymous Sender    ')
    .update(parameters.fingerprint)
    .digest();
  return { cipher: wrap.cipher, octets: digest.subarray(0, wrap.length) };
}
