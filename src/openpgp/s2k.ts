import { createHash } from 'node:crypto';

/** Iterated and salted S2K (RFC 9580, section 3.7.1.3). */
export interface IteratedS2k {
  /** RFC 9580, section 9.5. */
  readonly hashAlgorithm: number;
  readonly salt: Uint8Array;
  /** The octet that encodes how many octets are hashed. */
  readonly count: number;
}

const HASHES: ReadonlyMap<number, string> = new Map([
  [2, 'sha1'],
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
  [11, 'sha224'],
]);
// Long enough that few calls hash it all, short enough to be wiped.
const PIECE = 1 << 16;

/** Whether {@link deriveKey} knows a hash algorithm. */
export function isS2kHash(hashAlgorithm: number): boolean {
  return HASHES.has(hashAlgorithm);
}

/**
 * Makes a key of a passphrase.
 *
 * @throws RangeError for a hash algorithm that {@link isS2kHash} does not know.
 */
export function deriveKey({ hashAlgorithm, salt, count }: IteratedS2k, passphrase: Uint8Array, length: number): Buffer {
  const name = HASHES.get(hashAlgorithm);
  if (name === undefined) throw new RangeError('unknown hash algorithm');
  const once = Buffer.concat([salt, passphrase]);
  const octets = Math.max((16 + (count & 15)) << ((count >> 4) + 6), once.length);
  const piece = Buffer.alloc(Math.max(1, Math.floor(PIECE / once.length)) * once.length);
  for (let at = 0; at < piece.length; at += once.length) piece.set(once, at);
  const digests: Buffer[] = [];
  // Each further digest has one more zero in front.
  for (let size = 0; size < length; size = digests.reduce((sum, digest) => sum + digest.length, 0)) {
    const hash = createHash(name).update(Buffer.alloc(digests.length));
    for (let left = octets; left > 0; left -= piece.length) hash.update(piece.subarray(0, left));
    digests.push(hash.digest());
  }
  const key = Buffer.concat(digests).subarray(0, length);
  for (const copy of [once, piece, ...digests]) copy.fill(0);
  return key;
}
