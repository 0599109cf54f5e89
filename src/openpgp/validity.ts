import { attribute, type Attributed } from './attribution.js';
import { createdOf, partOf, type JudgedPart, type SelfValidity, type Terms } from './component-validity.js';
import type { Fingerprint } from './identifiers.js';
import { revocationsIn, type ReadKey, type ReadPart, type Revocation } from './keys.js';
import { PACKET } from './packets.js';
import { createSigner, hashedKey } from './self-signatures.js';
import { SIGNATURE, type Signature } from './signatures.js';

/**
 * Why a key cannot be trusted at all: none of its user IDs has a valid self-signature; it is dated in the future; or a signature
 * that may be a revocation is damaged or has an unknown version (GnuPG does not import such a key).
 */
export type KeyFault = 'unsigned' | 'future' | 'damaged';

/** A key with what its self-signatures say about its parts. User IDs without a self-signature are left out. */
export interface JudgedKey {
  /** The reason when the validity of the primary key is `i`. */
  readonly fault: KeyFault | undefined;
  readonly primaryKey: JudgedPart;
  readonly subkeys: readonly JudgedPart[];
  readonly userIds: readonly { readonly text: string; readonly validity: SelfValidity }[];
}

/** What is known besides a key: revocations from elsewhere, and other keys, which may be allowed to revoke it. */
export interface ValidityContext {
  readonly revocations: readonly Revocation[];
  readonly keyOf: (primary: Fingerprint) => ReadKey | undefined;
}

const ALONE: ValidityContext = { revocations: [], keyOf: () => undefined };

/**
 * Verifies a key's self-signatures and combines what they say, by GnuPG's rules (g10/getkey.c, merge_selfsigs; g10/import.c,
 * chk_self_sigs): the newest one counts, and of two of the same second the later in the file; a revocation of a key or subkey always counts; an
 * expired, revoked or unsigned primary key makes all other parts unusable. GnuPG ignores a revocation that it cannot verify, or that is
 * dated before its key; here it counts unless it is known to be forged.
 *
 * @param now - in seconds since 1970.
 */
export function judgeKey(key: ReadKey, now: number, context: ValidityContext = ALONE): JudgedKey {
  const [primary, ...parts] = key.parts;
  const { ofKey, ofUserIds, ofSubkeys, isDamaged } = attribute(key);
  const grants = (signature: Attributed) => mayGrant(signature, primary, now);
  const users = ofUserIds.map(({ component, signatures }) => ({ component, ...judgeUserId(signatures, grants, now) }));
  const certified = users.filter(({ newest }) => newest !== undefined);
  const direct = ofKey.filter((signature) => signature.type === SIGNATURE.directKey && grants(signature));
  const terms = primaryTerms(newestOf(direct.filter((signature) => !isOver(signature, now))), certified);
  const isRevoked =
    ofKey.some(({ type }) => type === SIGNATURE.keyRevocation) || isRevokedFromOutside(key, direct, context);
  const fault = isRevoked ? undefined : faultOf(isDamaged, createdOf(primary) > now, certified.length === 0);
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

function faultOf(isDamaged: boolean, isFuture: boolean, isUnsigned: boolean): KeyFault | undefined {
  if (isDamaged) return 'damaged';
  if (isFuture) return 'future';
  return isUnsigned ? 'unsigned' : undefined;
}

// GnuPG, g10/sig-check.c, check_signature_metadata_validity: no signature is older than its key, and no key is from the future. A local
// signature is dropped when a key is imported into another keyring (g10/import.c, delete_inv_parts).
function mayGrant({ verdict, created, isExportable }: Attributed, primary: ReadPart, now: number): boolean {
  const keyCreated = createdOf(primary);
  return verdict === 'valid' && isExportable && keyCreated <= created && keyCreated <= now;
}

/** What the newest signature over a user ID says; `newest` is the newest one that is not a revocation. */
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

// A signature over the key alone takes precedence over those over user IDs (RFC 9580, section 5.2.3.10); flags and lifetime may come from
// two different user IDs. Revoked or expired user IDs are used last; GnuPG does not use them at all.
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
 * Whether a revocation from elsewhere, or by a designated revoker (RFC 9580, section 5.2.3.23), revokes the key. One by a designated
 * revoker whose key is missing counts, since it cannot be verified; GnuPG warns about it and uses the key.
 */
function isRevokedFromOutside(
  key: ReadKey,
  direct: readonly Signature[],
  { revocations, keyOf }: ValidityContext,
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

// Of several of the same second, the last.
function newestOf<T extends Signature>(signatures: readonly T[]): T | undefined {
  return signatures.reduce<T | undefined>(
    (newest, signature) => (newest && newest.created > signature.created ? newest : signature),
    undefined,
  );
}

function isOver({ expires }: Signature, now: number): boolean {
  return expires !== undefined && expires <= now;
}
