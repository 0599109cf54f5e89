import { constants, createCipheriv, createHash, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { curveOf } from './curves.js';
import type { KeyId } from './identifiers.js';
import { agreeOnce } from './key-agreement.js';
import { PACKET, PUBLIC_KEY, writeNumber, writePacket } from './packets.js';
import type { PublicNumbers } from './public-numbers.js';
import { writeSessionKey, wrapEcdh, type SessionKey } from './session-key.js';

/** A subkey to encrypt for. */
export interface SealRecipient {
  readonly keyId: KeyId;
  readonly numbers: PublicNumbers;
}

const AES256 = 9;
const BLOCK = 16;

/** Whether {@link sealMessage} can encrypt for a key: RSA, and ECDH on a known curve. */
export function canSeal(numbers: PublicNumbers): boolean {
  return numbers.kind === 'rsa' || (numbers.kind === 'ecdh' && curveOf(numbers.parameters.curveOid) !== undefined);
}

/**
 * Encrypts for the given subkeys: PKESK version 3 for each, SEIPD version 1 with AES-256, no compression, a binary literal without a
 * name or date (RFC 9580, sections 5.1.1, 5.13.1 and 5.9). Every GnuPG since 2.0 reads that.
 *
 * @throws a third-party error or RangeError for a key that {@link canSeal} refuses, or when OpenSSL does not support its curve.
 */
export function sealMessage(plaintext: Uint8Array, recipients: readonly SealRecipient[]): Buffer {
  const sessionKey: SessionKey = { algorithm: AES256, data: randomBytes(32) };
  const heads = recipients.map((recipient) => writePkesk(sessionKey, recipient));
  return Buffer.concat([...heads, writeSeipd(plaintext, sessionKey)]);
}

/** Writes the PKESK packet, version 3, for one recipient (RFC 9580, section 5.1). */
export function writePkesk(sessionKey: SessionKey, { keyId, numbers }: SealRecipient): Buffer {
  const head = (algorithm: number) => Buffer.concat([Buffer.of(3), Buffer.from(keyId, 'hex'), Buffer.of(algorithm)]);
  if (numbers.kind === 'rsa') {
    const jwk = { kty: 'RSA', n: base64url(numbers.modulus), e: base64url(numbers.exponent) };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const encrypted = publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, writeSessionKey(sessionKey));
    return writePacket(PACKET.pkesk, Buffer.concat([head(PUBLIC_KEY.rsa), writeNumber(encrypted)]));
  }
  const curve = numbers.kind === 'ecdh' ? curveOf(numbers.parameters.curveOid) : undefined;
  if (numbers.kind !== 'ecdh' || curve === undefined) throw new RangeError('unknown curve');
  const { ephemeral, sharedX } = agreeOnce(curve, numbers.point);
  const wrapped = wrapEcdh(sharedX, sessionKey, numbers.parameters);
  return writePacket(
    PACKET.pkesk,
    Buffer.concat([head(PUBLIC_KEY.ecdh), writeNumber(ephemeral), Buffer.of(wrapped.length), wrapped]),
  );
}

// A block of random octets with its last two repeated, the literal packet, and the SHA-1 of all that: section 5.13.1.
function writeSeipd(plaintext: Uint8Array, { data }: SessionKey): Buffer {
  const random = randomBytes(BLOCK);
  const literal = writePacket(11, Buffer.concat([Buffer.from('b\0\0\0\0\0', 'latin1'), plaintext]));
  const hashed = Buffer.concat([random, random.subarray(-2), literal, Buffer.of(0xd3, 0x14)]);
  const cipher = createCipheriv('aes-256-cfb', data, Buffer.alloc(BLOCK));
  const mdc = createHash('sha1').update(hashed).digest();
  const encrypted = Buffer.concat([cipher.update(hashed), cipher.update(mdc), cipher.final()]);
  return writePacket(PACKET.seipd, Buffer.concat([Buffer.of(1), encrypted]));
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64url');
}
