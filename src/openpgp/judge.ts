import type * as openpgp from 'openpgp';
import { parseFingerprint, parseKeyId, type Fingerprint, type KeyId } from '../identifiers.js';
import { curveOf } from './curves.js';
import type { ReadKey } from './keys.js';
import { PUBLIC_KEY, readPublicNumbers } from './packets.js';
import { verifies } from './self-signatures.js';

/** Whether a part of a key may be used, as far as its own signatures say: `e` expired, `r` revoked (GnuPG, doc/DETAILS, field 2). */
export type SelfValidity = '-' | 'e' | 'r';

/** A primary key or subkey that is bound by a valid signature. Times are in seconds since 1970. */
export interface JudgedPart {
  readonly fingerprint: Fingerprint;
  readonly keyId: KeyId;
  readonly algorithm: number;
  readonly bits: number;
  readonly validity: SelfValidity;
  readonly created: number;
  readonly expires: number | undefined;
  readonly canEncrypt: boolean;
}

/** A key with only what its own valid signatures vouch for. */
export interface JudgedKey {
  readonly primaryKey: JudgedPart;
  readonly subkeys: readonly JudgedPart[];
  readonly userIds: readonly { readonly text: string; readonly validity: SelfValidity }[];
}

// What openpgp.js has and does not declare.
interface Undeclared {
  readonly directSignatures: readonly openpgp.SignaturePacket[];
}

/** What the newest self-signature says of a part. */
interface Terms {
  readonly expires: number | undefined;
  readonly flags: number | undefined;
}

// RFC 9580, section 5.2.3.29: encrypt communications, encrypt storage.
const ENCRYPTS = 0x0c;
const CAN_ENCRYPT: ReadonlySet<number> = new Set([
  ...[PUBLIC_KEY.rsa, PUBLIC_KEY.rsaEncryptOnly, PUBLIC_KEY.elgamal, PUBLIC_KEY.ecdh],
]);

/**
 * Verifies a key's signatures on itself and tells what they say, as GnuPG does: the newest valid one counts, a revocation of a key
 * or subkey always does, and a primary key that is expired or revoked takes everything else with it.
 *
 * @param now - in seconds since 1970.
 * @returns undefined when the primary key has vouched for none of its user IDs.
 */
export async function judgeKey({ publicKey }: ReadKey, now: number): Promise<JudgedKey | undefined> {
  const key = publicKey.keyPacket;
  const valid = (signatures: readonly openpgp.SignaturePacket[], signed: Parameters<typeof verifies>[2]) =>
    validOnes(signatures, signed, now);
  const certified = await Promise.all(
    publicKey.users.map(async ({ userID, selfCertifications, revocationSignatures }) => {
      if (userID === null) return undefined;
      const [newest] = await valid(selfCertifications, { key, userID });
      const [revocation] = await valid(revocationSignatures, { key, userID });
      const isRevoked = newest && revocation && createdOf(revocation) >= createdOf(newest);
      return newest && { text: userID.userID, signature: newest, isRevoked: isRevoked === true };
    }),
  );
  const users = certified.filter((user) => user !== undefined);
  const primaryTerms = newestOf(users.filter(({ isRevoked }) => !isRevoked)) ?? newestOf(users);
  if (primaryTerms === undefined) return undefined;
  // A signature over the key alone speaks before those over user IDs do (RFC 9580, section 5.2.3.10).
  const { directSignatures } = publicKey as openpgp.PublicKey & Undeclared;
  const [direct] = await valid(directSignatures, { key });
  const ofUsers = termsOf(key, primaryTerms);
  const ofKey = direct && termsOf(key, direct);
  const terms = { expires: ofKey?.expires ?? ofUsers.expires, flags: ofKey?.flags ?? ofUsers.flags };
  const isRevoked = (await valid(publicKey.revocationSignatures, { key })).length > 0;
  const primaryKey = partOf(key, terms, isRevoked, now);
  const subkeys = await Promise.all(
    publicKey.subkeys.map(async ({ keyPacket, bindingSignatures, revocationSignatures }) => {
      const signed = { key, bind: keyPacket };
      const [binding] = await valid(bindingSignatures, signed);
      const revocations = await valid(revocationSignatures, signed);
      return binding && partOf(keyPacket, termsOf(keyPacket, binding), revocations.length > 0, now);
    }),
  );
  const inherited = <T extends { readonly validity: SelfValidity }>(part: T): T =>
    primaryKey.validity === '-' ? part : { ...part, validity: primaryKey.validity };
  return {
    primaryKey,
    subkeys: subkeys.filter((subkey) => subkey !== undefined).map(inherited),
    userIds: users.map(({ text, isRevoked }) => inherited({ text, validity: isRevoked ? 'r' : '-' })),
  };
}

/** Valid signatures, the newest first. */
async function validOnes(
  signatures: readonly openpgp.SignaturePacket[],
  signed: Parameters<typeof verifies>[2],
  now: number,
): Promise<readonly openpgp.SignaturePacket[]> {
  const sorted = signatures
    // GnuPG dates a revocation a second ahead when it has to, so one of the future counts.
    .filter((signature) => !isOver(signature, now))
    .sort((a, b) => createdOf(b) - createdOf(a));
  const verdicts = await Promise.all(
    sorted.map((signature) =>
      signature.signatureType === null ? Promise.resolve(false) : verifies(signature, signature.signatureType, signed),
    ),
  );
  return sorted.filter((_, i) => verdicts[i]);
}

function isOver(signature: openpgp.SignaturePacket, now: number): boolean {
  const { signatureNeverExpires, signatureExpirationTime } = signature;
  return !signatureNeverExpires && createdOf(signature) + (signatureExpirationTime ?? Infinity) <= now;
}

function createdOf({ created }: openpgp.SignaturePacket): number {
  return created === null ? Infinity : created.getTime() / 1000;
}

function newestOf(users: readonly { readonly signature: openpgp.SignaturePacket }[]) {
  return users.map(({ signature }) => signature).sort((a, b) => createdOf(b) - createdOf(a))[0];
}

function termsOf(key: openpgp.AnyKeyPacket, { keyFlags, keyExpirationTime }: openpgp.SignaturePacket): Terms {
  return {
    expires: keyExpirationTime ? key.created.getTime() / 1000 + keyExpirationTime : undefined,
    flags: keyFlags?.[0],
  };
}

function partOf(key: openpgp.AnyKeyPacket, { expires, flags }: Terms, isRevoked: boolean, now: number): JudgedPart {
  const fingerprint = parseFingerprint(key.getFingerprint());
  const keyId = parseKeyId(key.getKeyID().toHex());
  if (fingerprint === undefined || keyId === undefined) throw new RangeError('no fingerprint');
  return {
    fingerprint,
    keyId,
    algorithm: key.algorithm,
    bits: bitsOf(fingerprint, key),
    validity: isRevoked ? 'r' : expires !== undefined && expires <= now ? 'e' : '-',
    created: key.created.getTime() / 1000,
    expires,
    // Without key flags, whatever the algorithm can do (RFC 9580, section 5.2.3.29).
    canEncrypt: CAN_ENCRYPT.has(key.algorithm) && (flags === undefined || (flags & ENCRYPTS) !== 0),
  };
}

function bitsOf(fingerprint: Fingerprint, key: openpgp.AnyKeyPacket): number {
  const numbers = readPublicNumbers(fingerprint, key.write());
  switch (numbers?.kind) {
    case 'rsa':
    case 'other':
      return numbers.modulus.length === 0 ? 256 : numbers.modulus.length * 8 - Math.clz32(numbers.modulus[0] ?? 0) + 24;
    case 'ecdh':
      return curveOf(numbers.parameters.curveOid)?.bits ?? 0;
    case 'signing':
      return curveOf(numbers.curveOid)?.bits ?? 0;
    case undefined:
      return 0;
  }
}
