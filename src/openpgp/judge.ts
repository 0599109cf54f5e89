import type { Fingerprint, KeyId } from '../identifiers.js';
import { attribute, type Attributed } from './attribution.js';
import { curveOf } from './curves.js';
import { revocationsIn, type ReadKey, type ReadPart, type Revocation } from './keys.js';
import { PACKET, PUBLIC_KEY } from './packets.js';
import { readPublicNumbers } from './public-numbers.js';
import { createSigner, hashedKey } from './self-signatures.js';
import { endAfter, SIGNATURE, type Signature } from './signatures.js';

/**
 * Whether a part of a key may be used, as far as its own signatures say: `e` expired, `r` revoked, `i` not vouched for by any signature
 * that counts (GnuPG, doc/DETAILS, field 2).
 */
export type SelfValidity = '-' | 'e' | 'r' | 'i';

/** A primary key or subkey. Times are in seconds since 1970. */
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

/**
 * Why nothing can be believed of a key: none of its user IDs has a valid signature of its own; it is dated in the future; or a signature
 * is damaged or of a version to come, which may be a revocation (GnuPG does not import such a key).
 */
export type KeyFault = 'unsigned' | 'future' | 'damaged';

/** A key with what its own signatures say of its parts. User IDs that none of them is for are left out. */
export interface JudgedKey {
  /** The reason when the validity of the primary key is `i`. */
  readonly fault: KeyFault | undefined;
  readonly primaryKey: JudgedPart;
  readonly subkeys: readonly JudgedPart[];
  readonly userIds: readonly { readonly text: string; readonly validity: SelfValidity }[];
}

/** What is known beside a key: revocations that lie elsewhere, and other keys, which may be allowed to revoke it. */
export interface Surroundings {
  readonly revocations: readonly Revocation[];
  readonly keyOf: (primary: Fingerprint) => ReadKey | undefined;
}

/** What signatures say of a part. */
interface Terms {
  readonly keyFlags?: Uint8Array | undefined;
  readonly keyLifetime?: number | undefined;
}

// RFC 9580, section 5.2.3.29: encrypt communications, encrypt storage.
const ENCRYPTS = 0x0c;
const CAN_ENCRYPT: ReadonlySet<number> = new Set([
  ...[PUBLIC_KEY.rsa, PUBLIC_KEY.rsaEncryptOnly, PUBLIC_KEY.elgamal, PUBLIC_KEY.ecdh],
]);
const ALONE: Surroundings = { revocations: [], keyOf: () => undefined };

/**
 * Verifies a key's signatures on itself and tells what they say, by GnuPG's rules (g10/getkey.c, merge_selfsigs; g10/import.c,
 * chk_self_sigs): the newest one counts, and of two of one second the later in the file; a revocation of a key or subkey always does; a
 * primary key that is expired, revoked or not vouched for takes everything else with it. Where GnuPG passes over a revocation that it
 * cannot verify, or that is dated before its key, that revocation counts here: unless it is known to be forged.
 *
 * @param now - in seconds since 1970.
 */
export function judgeKey(key: ReadKey, now: number, surroundings: Surroundings = ALONE): JudgedKey {
  const [primary, ...parts] = key.parts;
  const { ofKey, ofUserIds, ofSubkeys, isDamaged } = attribute(key);
  const grants = (signature: Attributed) => mayGrant(signature, primary, now);
  const users = ofUserIds.map(({ component, signatures }) => ({ component, ...judgeUserId(signatures, grants, now) }));
  const certified = users.filter(({ newest }) => newest !== undefined);
  const direct = ofKey.filter((signature) => signature.type === SIGNATURE.directKey && grants(signature));
  const terms = primaryTerms(newestOf(direct.filter((signature) => !isOver(signature, now))), certified);
  const isRevoked =
    ofKey.some(({ type }) => type === SIGNATURE.keyRevocation) || isRevokedFromOutside(key, direct, surroundings);
  const isUnsigned = certified.length === 0;
  const isFuture = createdOf(primary) > now;
  const fault = isRevoked
    ? undefined
    : isDamaged
      ? 'damaged'
      : isFuture
        ? 'future'
        : isUnsigned
          ? 'unsigned'
          : undefined;
  const primaryKey = partOf(primary, terms, isRevoked ? 'r' : fault && 'i', now);
  const subkeys = parts.map((part, i) => judgeSubkey(part, ofSubkeys[i] ?? [], grants, now));
  const inherited = <T extends { readonly validity: SelfValidity }>(part: T): T =>
    primaryKey.validity === '-' ? part : { ...part, validity: primaryKey.validity };
  const userIds = certified.filter(({ component }) => component.tag === PACKET.userId);
  return {
    fault,
    primaryKey,
    subkeys: subkeys.map(inherited),
    userIds: userIds.map(({ component, validity }) =>
      inherited({ text: Buffer.from(component.body).toString(), validity }),
    ),
  };
}

// GnuPG, g10/sig-check.c, check_signature_metadata_validity: no signature is older than its key, and no key is of the future. A signature
// that is not to leave its keyring is left out when a key comes into another (g10/import.c, delete_inv_parts).
function mayGrant({ verdict, created, isExportable }: Attributed, primary: ReadPart, now: number): boolean {
  const keyCreated = createdOf(primary);
  return verdict === 'valid' && isExportable && keyCreated <= created && keyCreated <= now;
}

/** What the newest signature over a user ID says; `newest` is the newest one that is no revocation. */
function judgeUserId(
  signatures: readonly Attributed[],
  grants: (signature: Attributed) => boolean,
  now: number,
): { readonly newest: Signature | undefined; readonly validity: SelfValidity } {
  const isRevocation = ({ type }: Signature) => type === SIGNATURE.certificationRevocation;
  const newest = newestOf(signatures.filter((signature) => !isRevocation(signature) && grants(signature)));
  const counting = signatures.filter((signature) => isRevocation(signature) || grants(signature));
  const last = newestOf(counting);
  return { newest, validity: last && isRevocation(last) ? 'r' : newest && isOver(newest, now) ? 'e' : '-' };
}

// A signature over the key alone speaks before those over user IDs do (RFC 9580, section 5.2.3.10); flags and lifetime may come from two
// different user IDs. Those that are revoked or expired are asked last; GnuPG does not ask them at all.
function primaryTerms(
  direct: Signature | undefined,
  users: readonly { readonly newest: Signature | undefined; readonly validity: SelfValidity }[],
): Terms {
  const sorted = users
    .flatMap(({ newest, validity }) => (newest ? [{ newest, isDead: validity !== '-' }] : []))
    .sort((a, b) => Number(a.isDead) - Number(b.isDead) || b.newest.created - a.newest.created)
    .map(({ newest }) => newest);
  const all = direct ? [direct, ...sorted] : sorted;
  return {
    keyFlags: all.find(({ keyFlags }) => keyFlags !== undefined)?.keyFlags,
    keyLifetime: all.find(({ keyLifetime }) => keyLifetime !== undefined)?.keyLifetime,
  };
}

function judgeSubkey(
  part: ReadPart,
  signatures: readonly Attributed[],
  grants: (signature: Attributed) => boolean,
  now: number,
): JudgedPart {
  const newest = newestOf(signatures.filter((signature) => signature.type === SIGNATURE.binding && grants(signature)));
  const isRevoked = signatures.some(({ type }) => type === SIGNATURE.subkeyRevocation);
  if (newest === undefined) return partOf(part, {}, 'i', now);
  const judged = partOf(part, newest, isRevoked ? 'r' : undefined, now);
  return isOver(newest, now) && !isRevoked ? { ...judged, validity: 'e', expires: newest.expires } : judged;
}

/**
 * Whether a revocation that lies elsewhere, or is by a key that may make one (RFC 9580, section 5.2.3.23), takes the key back. One by
 * such a key that is not at hand counts, since nothing can be said of it; GnuPG warns of it and uses the key.
 */
function isRevokedFromOutside(
  key: ReadKey,
  direct: readonly Signature[],
  { revocations, keyOf }: Surroundings,
): boolean {
  const [primary] = key.parts;
  const revokers = new Set([key.fingerprint, ...direct.flatMap(({ revokers }) => revokers)]);
  const signed = hashedKey(primary.body);
  const all = [...revocations, ...revocationsIn(key)];
  return [...revokers].some((revoker) => {
    const by = all.filter(({ issuer }) => revoker.endsWith(issuer));
    if (by.length === 0) return false;
    const maker = revoker === key.fingerprint ? key : keyOf(revoker);
    if (maker === undefined) return true;
    const signer = createSigner(revoker, maker.parts[0].body);
    return by.some((revocation) => signer.verify(revocation, signed) !== 'invalid');
  });
}

// Of several of one second the last.
function newestOf<T extends Signature>(signatures: readonly T[]): T | undefined {
  return signatures.reduce<T | undefined>(
    (newest, signature) => (newest && newest.created > signature.created ? newest : signature),
    undefined,
  );
}

function isOver({ expires }: Signature, now: number): boolean {
  return expires !== undefined && expires <= now;
}

function createdOf({ body }: ReadPart): number {
  return Buffer.from(body).readUInt32BE(1);
}

function partOf(
  part: ReadPart,
  { keyFlags, keyLifetime }: Terms,
  validity: SelfValidity | undefined,
  now: number,
): JudgedPart {
  const { fingerprint, keyId, body } = part;
  const [algorithm, created] = [body[5] ?? 0, createdOf(part)];
  const expires = keyLifetime === undefined ? undefined : endAfter(created, keyLifetime);
  return {
    ...{ fingerprint, keyId, algorithm, created, expires, bits: bitsOf(part) },
    validity: validity ?? (expires !== undefined && expires < now ? 'e' : '-'),
    // Without key flags, whatever the algorithm can do (RFC 9580, section 5.2.3.29); flags that are there and empty allow nothing.
    canEncrypt: CAN_ENCRYPT.has(algorithm) && (keyFlags === undefined || ((keyFlags[0] ?? 0) & ENCRYPTS) !== 0),
  };
}

function bitsOf({ fingerprint, body }: ReadPart): number {
  const numbers = readPublicNumbers(fingerprint, body);
  switch (numbers?.kind) {
    case 'rsa':
    case 'dsa':
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
