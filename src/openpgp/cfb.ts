import { createDecipheriv } from 'node:crypto';

/** The ciphers that are decrypted without openpgp.js: AES (RFC 9580, section 9.3), by the length of their key in octets. */
const AES: ReadonlyMap<number, { readonly name: string; readonly keyOctets: number }> = new Map([
  [7, { name: 'aes-128-cfb', keyOctets: 16 }],
  [8, { name: 'aes-192-cfb', keyOctets: 24 }],
  [9, { name: 'aes-256-cfb', keyOctets: 32 }],
]);

/** The block of AES in octets. */
export const AES_BLOCK = 16;

/** The length of the key of a cipher in octets, or undefined when it is not AES. */
export function aesKeyOctets(algorithm: number): number | undefined {
  return AES.get(algorithm)?.keyOctets;
}

/**
 * Decrypts with AES in CFB mode (RFC 9580, section 12.9). It does not know whether the result is genuine: the caller verifies a digest in it.
 *
 * @returns undefined when the algorithm is not AES, or the key or the initialization vector has another length.
 */
export function decryptCfb(
  algorithm: number,
  key: Uint8Array,
  initial: Uint8Array,
  encrypted: Uint8Array,
): Buffer | undefined {
  const aes = AES.get(algorithm);
  if (aes?.keyOctets !== key.length || initial.length !== AES_BLOCK) return undefined;
  // CFB is a stream: no octets are left for final().
  return createDecipheriv(aes.name, key, initial).update(encrypted);
}
