import { constants, privateDecrypt, publicEncrypt, type KeyObject } from 'node:crypto';

/**
 * Decrypts RSA with the padding of PKCS #1 v1.5 (RFC 8017, section 7.2.2). Node 20 refuses that padding and
 * Node 24 returns random octets for a broken one. So the raw block is decrypted and unpadded here, which works the same everywhere.
 *
 * @param length - how many octets are expected.
 * @returns undefined for any fault: an attacker must not learn whether the key or the padding was wrong.
 */
export function rsaDecrypt(privateKey: KeyObject, encrypted: Uint8Array, length: number): Uint8Array | undefined {
  let block: Buffer;
  try {
    block = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, encrypted);
  } catch {
    return undefined;
  }
  // 00 02, at least eight octets that are not zero, 00, content. Every octet is examined, whatever the ones before it are.
  const separator = block.length - length - 1;
  let wrong = separator < 10 ? 1 : 0;
  block.forEach((octet, i) => {
    if (i === 0) wrong |= octet;
    else if (i === 1) wrong |= octet ^ 2;
    else if (i < separator) wrong |= Number(octet === 0);
    else if (i === separator) wrong |= octet;
  });
  return wrong === 0 ? block.subarray(separator + 1) : undefined;
}

/** Encrypts a few octets with RSA and the padding of PKCS #1 v1.5. */
export function rsaEncrypt(publicKey: KeyObject, octets: Uint8Array): Uint8Array {
  return publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, octets);
}
