import { createHash, timingSafeEqual } from 'node:crypto';
import { AES_BLOCK, aesKeyOctets, decryptCfb } from './cfb.js';
import { curveOf, type Curve } from './curves.js';
import type { Fingerprint } from './identifiers.js';
import { PACKET, PUBLIC_KEY, readPackets } from './packets.js';
import { publicHalf, readPublicNumbers, type PublicNumbers } from './public-numbers.js';
import { OctetReader } from './reader.js';
import { deriveKey, isS2kHash, type IteratedS2k } from './s2k.js';
import type { SecretNumbers } from './secret-numbers.js';
import { fingerprintOf } from './self-signatures.js';
import { numberIn } from './subpackets.js';

/** Secret numbers with their SHA-1 digest, encrypted with AES in CFB mode (RFC 9580, section 5.5.3). */
interface Locked {
  readonly kind: 'locked';
  readonly cipher: number;
  readonly s2k: IteratedS2k;
  readonly initial: Uint8Array;
  readonly encrypted: Uint8Array;
}

/** How the secret numbers of a part are stored; `missing` is GnuPG's stub of a part that is elsewhere. */
type Protection = { readonly kind: 'open'; readonly cleartext: Uint8Array } | Locked | { readonly kind: 'missing' };

/** A secret primary key or subkey in one of the forms that GnuPG and this program write. */
export interface UsualSecret {
  readonly fingerprint: Fingerprint;
  readonly publicNumbers: PublicNumbers;
  readonly protection: Protection;
}

const [OPEN, WITH_SHA1, ITERATED] = [0, 254, 3];
// S2K usage, cipher, type 101, hash, "GNU", 1: GnuPG, doc/DETAILS, "GNU extensions to the S2K algorithm".
const STUB = /^f[ef]..65..474e5501$/;
const DIGEST = 20;

/**
 * Reads the parts of one secret key, version 4: not protected, protected by iterated S2K, AES and SHA-1, or only a stub.
 *
 * @returns undefined when one part has another form, or is damaged: openpgp.js reads it, or says what is wrong.
 */
export function readUsualSecrets(octets: Uint8Array): readonly UsualSecret[] | undefined {
  const parts: UsualSecret[] = [];
  try {
    for (const { tag, body } of readPackets(octets)) {
      const part = tag === (parts.length === 0 ? PACKET.secretKey : PACKET.secretSubkey) ? readPart(body) : undefined;
      if (part === undefined) return undefined;
      parts.push(part);
    }
  } catch {
    return undefined;
  }
  return parts.length > 0 ? parts : undefined;
}

/**
 * Gives the secret numbers of a part; the passphrase counts only when the part is locked.
 *
 * @returns `wrong` for a wrong passphrase; undefined when openpgp.js must look at it.
 */
export function openUsualSecret(
  { publicNumbers, protection }: UsualSecret,
  passphrase: Uint8Array,
): SecretNumbers['secret'] | 'wrong' | undefined {
  if (protection.kind === 'missing') return undefined;
  // A copy, since what is returned is wiped.
  const octets = protection.kind === 'open' ? Buffer.from(protection.cleartext) : unlock(protection, passphrase);
  if (octets === undefined) return 'wrong';
  const secret = secretNumbers(publicNumbers, octets);
  if (secret === undefined) octets.fill(0);
  return secret;
}

function readPart(body: Uint8Array): UsualSecret | undefined {
  const half = publicHalf(body, 'canonical');
  const fingerprint = half && fingerprintOf(half);
  if (half === undefined || fingerprint === undefined) return undefined;
  const publicNumbers = readPublicNumbers(fingerprint, half);
  if (publicNumbers === undefined || !isOnUsualCurve(publicNumbers, half[5] === PUBLIC_KEY.eddsa)) return undefined;
  const protection = readProtection(body.subarray(half.length), publicNumbers);
  return protection && { fingerprint, publicNumbers, protection };
}

function isOnUsualCurve(numbers: PublicNumbers, isEddsa: boolean): boolean {
  const name = curveIn(numbers)?.name;
  if (numbers.kind === 'ecdh')
    return name !== undefined && name !== 'ed25519' && numbers.parameters.hashAlgorithm !== 0;
  return numbers.kind !== 'signing' || (isEddsa ? name === 'ed25519' : name !== undefined && !name.endsWith('25519'));
}

function curveIn(numbers: PublicNumbers): Curve | undefined {
  if (numbers.kind === 'ecdh') return curveOf(numbers.parameters.curveOid);
  return numbers.kind === 'signing' ? curveOf(numbers.curveOid) : undefined;
}

function readProtection(octets: Uint8Array, publicNumbers: PublicNumbers): Protection | undefined {
  const reader = new OctetReader(octets);
  const usage = reader.octet();
  if (usage === OPEN) {
    const cleartext = octets.subarray(1, -2);
    const sum = cleartext.reduce((total, octet) => (total + octet) & 0xffff, 0);
    const isWhole = sum === numberIn(octets.subarray(-2)) && secretNumbers(publicNumbers, cleartext) !== undefined;
    return isWhole ? { kind: 'open', cleartext } : undefined;
  }
  if (STUB.test(Buffer.from(octets).toString('hex'))) return { kind: 'missing' };
  const [cipher = 0, type, hashAlgorithm = 0] = reader.take(3);
  const [salt, count, initial, encrypted] = [reader.take(8), reader.octet(), reader.take(AES_BLOCK), reader.rest()];
  const isKnown = aesKeyOctets(cipher) !== undefined && isS2kHash(hashAlgorithm) && encrypted.length > DIGEST;
  if (usage !== WITH_SHA1 || type !== ITERATED || !isKnown) return undefined;
  return { kind: 'locked', cipher, s2k: { hashAlgorithm, salt, count }, initial, encrypted };
}

/** @returns the numbers without their digest; undefined when the passphrase is wrong. */
function unlock({ cipher, s2k, initial, encrypted }: Locked, passphrase: Uint8Array): Buffer | undefined {
  const key = deriveKey(s2k, passphrase, aesKeyOctets(cipher) ?? 0);
  const octets = decryptCfb(cipher, key, initial, encrypted);
  key.fill(0);
  const cleartext = octets?.subarray(0, -DIGEST);
  const digest = createHash('sha1')
    .update(cleartext ?? '')
    .digest();
  if (octets && timingSafeEqual(digest, octets.subarray(-DIGEST))) return cleartext;
  octets?.fill(0);
  return undefined;
}

// RSA has d, p, q and u, every other algorithm one number (RFC 9580, section 5.5.5), on a curve no longer than a coordinate.
function secretNumbers(publicNumbers: PublicNumbers, octets: Uint8Array): SecretNumbers['secret'] | undefined {
  const reader = new OctetReader(octets);
  try {
    const d = reader.mpi();
    const others = publicNumbers.kind === 'rsa' ? { p: reader.mpi(), q: reader.mpi(), u: reader.mpi() } : {};
    return reader.isAtEnd() && d.length <= (curveIn(publicNumbers)?.octets ?? Infinity) ? { d, ...others } : undefined;
  } catch {
    return undefined;
  }
}
