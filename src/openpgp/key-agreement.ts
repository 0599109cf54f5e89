import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { leftPad, type Curve } from './curves.js';

// RFC 8410, section 7: the DER before the 32 octets of a secret X25519 key.
const PKCS8_X25519 = Buffer.from('302e020100300506032b656e04220420', 'hex');
// RFC 9580, section 11.2.2: the octet before the 32 octets of a public one.
const NATIVE = 0x40;
// RFC 7748, section 6.1: the point that a secret key is multiplied by to get its public key.
const BASE_POINT = Uint8Array.of(NATIVE, 9, ...new Uint8Array(31));

// For a secret key of which Node derives the public half.
const ANY_X = Buffer.alloc(32).toString('base64url');

/** A secret key on a curve: gives the x coordinate of the point it shares with another's public point, at the curve's full length. */
export type Agreement = (point: Uint8Array) => Buffer;

/**
 * Prepares ECDH with a secret key as OpenPGP stores it.
 *
 * @param secret - the scalar, most significant octet first, for Curve25519 too (RFC 9580, section 5.5.5.6.1.1).
 * @throws a third-party error when the scalar or a point is not on the curve, or OpenSSL does not support the curve.
 */
export function createAgreement(curve: Curve, secret: Uint8Array): Agreement {
  const scalar = leftPad(secret, curve.octets);
  if (curve.name !== 'x25519') {
    const ecdh = createECDH(curve.name);
    ecdh.setPrivateKey(scalar);
    return (point) => leftPad(ecdh.computeSecret(point), curve.octets);
  }
  const der = Buffer.concat([PKCS8_X25519, scalar.reverse()]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  for (const copy of [der, scalar]) copy.fill(0);
  return (point) => diffieHellman({ privateKey, publicKey: x25519PublicKey(point) });
}

/**
 * Agrees on a shared point with the owner of a public point, with an ephemeral key.
 *
 * @param point - the owner's public point, as in a key packet.
 * @returns the point to put into the message and the shared x coordinate.
 */
export function agreeOnce(curve: Curve, point: Uint8Array): { readonly ephemeral: Buffer; readonly sharedX: Buffer } {
  if (curve.name !== 'x25519') {
    const ecdh = createECDH(curve.name);
    const ephemeral = ecdh.generateKeys();
    return { ephemeral, sharedX: leftPad(ecdh.computeSecret(point), curve.octets) };
  }
  const { privateKey, x } = ephemeralKey();
  const sharedX = diffieHellman({ privateKey, publicKey: knownX25519PublicKey(point) });
  return { ephemeral: Buffer.concat([Buffer.of(NATIVE), x]), sharedX };
}

interface EphemeralKey {
  readonly privateKey: KeyObject;
  /** The x coordinate of the public point. */
  readonly x: Buffer;
}

let derives: boolean | undefined;

/**
 * A new key pair. Node can hang for ever while it exports a key that it has just generated as a JWK: the export holds the key's lock, and a
 * garbage collection meanwhile waits for the same lock, which the two halves share. A secret key that was imported has a lock of its own,
 * and Node up to 24 derives its public half, whatever the JWK says; later versions refuse it.
 */
function ephemeralKey(): EphemeralKey {
  return readyAgreement() ? importedKey() : generatedKey();
}

/** Finds out how this Node makes keys, which also has it load what it needs for {@link agreeOnce}. */
export function readyAgreement(): boolean {
  return (derives ??= derivesPublicHalf());
}

function derivesPublicHalf(): boolean {
  try {
    const { privateKey, x } = importedKey();
    return x.equals(publicHalf(privateKey));
  } catch {
    return false;
  }
}

function importedKey(): EphemeralKey {
  const jwk = { kty: 'OKP', crv: 'X25519', x: ANY_X, d: randomBytes(32).toString('base64url') };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { privateKey, x: Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
}

function generatedKey(): EphemeralKey {
  const { privateKey } = generateKeyPairSync('x25519');
  return { privateKey, x: publicHalf(privateKey) };
}

function publicHalf(privateKey: KeyObject): Buffer {
  return diffieHellman({ privateKey, publicKey: knownX25519PublicKey(BASE_POINT) });
}

// The points of recipients, and the base point: each is used for many messages.
const known = new WeakMap<Uint8Array, KeyObject>();

function knownX25519PublicKey(point: Uint8Array): KeyObject {
  const key = known.get(point) ?? x25519PublicKey(point);
  known.set(point, key);
  return key;
}

// As a JWK (RFC 8037, section 2), which Node reads and writes many times faster than DER.
function x25519PublicKey(point: Uint8Array): KeyObject {
  if (point.length !== 33 || point[0] !== NATIVE) throw new RangeError('not a point on Curve25519');
  const x = Buffer.from(point.subarray(1)).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}
