import type { OwnSubkey } from './keystore.js';

/**
 * How long one operation of a key takes. RSA takes time with the cube of its length; every elliptic curve is faster than any RSA key in
 * use.
 *
 * @param ofRsa2048 - what RSA of 2048 bits costs where a curve costs about a quarter.
 */
export function costOf({ algorithm, bits }: OwnSubkey, ofRsa2048: number): number {
  // ECDH (RFC 9580, section 9.1).
  return algorithm === 18 ? bits / 1000 : ofRsa2048 * (bits / 2048) ** 3;
}
