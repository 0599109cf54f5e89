import { createPrivateKey, type KeyObject } from 'node:crypto';
import { curveOf, leftPad } from './curves.js';
import { createAgreement } from './key-agreement.js';
import type { PkeskFields } from './packets.js';
import type { SecretNumbers } from './secret-numbers.js';

/** The raw operation of a secret key on a wrapped session key: a PKCS #1 block or a shared x coordinate. */
export type Unwrap = (fields: PkeskFields) => Promise<{ readonly form: 'pkcs1' | 'sharedX'; readonly octets: Buffer }>;

/** The bare RSA operation of a secret key on a block of the modulus's length. */
export type RsaDecrypt = (key: KeyObject, block: Buffer) => Buffer | Promise<Buffer>;

/**
 * Prepares a secret key for many OpenSSL operations. The operation throws, or rejects with, a third-party error or RangeError
 * for input that does not fit.
 *
 * @param rsaDecrypt - without padding: Node 20 refuses RSA_PKCS1_PADDING (CVE-2023-46809).
 *
 * @returns undefined for algorithms other than RSA and ECDH.
 * @throws a third-party error when the numbers are not a key, or OpenSSL does not support the curve.
 */
export function createUnwrap({ publicNumbers, secret }: SecretNumbers, rsaDecrypt: RsaDecrypt): Unwrap | undefined {
  if (publicNumbers.kind === 'rsa') {
    const { modulus, exponent } = publicNumbers;
    const key = rsaKey(modulus, exponent, secret);
    return async (fields) => {
      if (fields.kind !== 'rsa') throw new RangeError('not for an RSA key');
      return { form: 'pkcs1', octets: await rsaDecrypt(key, leftPad(fields.encrypted, modulus.length)) };
    };
  }
  const curve = publicNumbers.kind === 'ecdh' ? curveOf(publicNumbers.parameters.curveOid) : undefined;
  if (curve === undefined || secret.d === undefined) return undefined;
  const agree = createAgreement(curve, secret.d);
  return (fields) => {
    if (fields.kind !== 'ecdh') return Promise.reject(new RangeError('not for an ECDH key'));
    return Promise.resolve({ form: 'sharedX', octets: agree(fields.ephemeralPoint) });
  };
}

// OpenPGP's u is the inverse of p modulo q (RFC 9580, section 5.5.5.1), JWK's qi that of q modulo p (RFC 7518, section 6.3.2.6): so
// p and q are swapped.
function rsaKey(modulus: Uint8Array, exponent: Uint8Array, secret: SecretNumbers['secret']): KeyObject {
  const { d, p: q, q: p, u } = secret;
  if (d === undefined || p === undefined || q === undefined || u === undefined) throw new RangeError('no RSA key');
  const reduced = (prime: Uint8Array) => octetsOf(numberOf(d) % (numberOf(prime) - 1n));
  const jwk = { n: modulus, e: exponent, d, p, q, dp: reduced(p), dq: reduced(q), qi: u };
  const encoded = Object.entries(jwk).map(([name, octets]) => [name, Buffer.from(octets).toString('base64url')]);
  return createPrivateKey({ key: { kty: 'RSA', ...(Object.fromEntries(encoded) as object) }, format: 'jwk' });
}

function numberOf(octets: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(octets).toString('hex')}`);
}

function octetsOf(number: bigint): Buffer {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
