import type { KeyHints, KeyPart, PublicKey, UserId } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { lowerAscii } from '../text/utf8.js';
import { addressIn, addressOfUserId, type RecipientSpec } from './spec.js';
import { faultOf, isDead, isValid, newestEncryptionKey, type Fault } from './usability.js';

/** What a keystore suggests about one of its keys; without a fingerprint, about a key that it does not have. */
export type HintsFor = (primaryFingerprint?: Fingerprint) => KeyHints;

/** A key that matches a spec, and, if it cannot be used, why. */
export interface Candidate {
  readonly publicKey: PublicKey;
  readonly userId: UserId | undefined;
  /** Whether the spec is the whole user ID or the whole address in it: only trust can tell such keys apart. */
  readonly isWholeName: boolean;
  readonly encryptionSubkey: KeyPart | undefined;
  readonly fault: Fault | undefined;
}

/**
 * All keys that match a spec, usable or not, by the first way of reading it that matches any key.
 *
 * @param now - in seconds since 1970.
 */
export function candidatesFor(
  spec: Exclude<RecipientSpec, { kind: 'refused' }>,
  keys: readonly PublicKey[],
  hintsFor: HintsFor,
  now = Math.floor(Date.now() / 1000),
): readonly Candidate[] {
  const at = { hintsFor, now };
  if (spec.kind !== 'name') {
    const names = (part: KeyPart) =>
      spec.kind === 'fingerprint' ? part.fingerprint === spec.fingerprint : part.keyId === spec.keyId;
    return keys.flatMap((publicKey) => {
      const named = [publicKey.primaryKey, ...publicKey.subkeys].find(names);
      return named ? [candidate(publicKey, { exact: spec.exactKey ? named : undefined }, at)] : [];
    });
  }
  const address = spec.isExact ? undefined : addressIn(spec.text);
  const wanted = lowerAscii(spec.text);
  const levels: readonly ((userId: string) => boolean)[] = [
    (userId) => address !== undefined && addressOfUserId(userId) === address,
    (userId) => userId === spec.text,
    // A whole address is not searched for inside others: joann@example.com ends in ann@example.com.
    (userId) => !spec.isExact && address === undefined && lowerAscii(userId).includes(wanted),
  ];
  for (const [level, fits] of levels.entries()) {
    const found = keys.flatMap((publicKey) => {
      // The best of several user IDs that match: a revoked one must not hide a good one, and a good one says nothing about others.
      const userIds = publicKey.userIds.filter(({ text }) => fits(text));
      const userId =
        userIds.find((id) => isValid(id.validity)) ?? userIds.find((id) => !isDead(id.validity)) ?? userIds[0];
      return userId ? [candidate(publicKey, { userId, isWholeName: level < 2 }, at)] : [];
    });
    if (found.length > 0) return found;
  }
  return [];
}

interface MatchContext {
  readonly hintsFor: HintsFor;
  readonly now: number;
}

function candidate(
  publicKey: PublicKey,
  {
    userId,
    exact,
    isWholeName = false,
  }: { readonly userId?: UserId; readonly exact?: KeyPart | undefined; readonly isWholeName?: boolean },
  { hintsFor, now }: MatchContext,
): Candidate {
  const encryptionSubkey = exact ?? newestEncryptionKey(publicKey, now);
  const { renew } = hintsFor(publicKey.primaryKey.fingerprint);
  const fault = faultOf(publicKey, userId, encryptionSubkey, { renew, now });
  return { publicKey, userId, isWholeName, encryptionSubkey, fault };
}
