import type { KeyHints, KeyPart, PublicKey, UserId } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { lowerAscii } from '../text/utf8.js';
import { addressIn, addressOfUserId, type RecipientSpec } from './spec.js';
import { faultOf, isDead, isValid, newestEncryptionKey, type Fault } from './usability.js';

/** What a keystore says of fixing one of its keys; without a fingerprint, of a key that it lacks. */
export type HintsFor = (primaryFingerprint?: Fingerprint) => KeyHints;

/** A key that a spec may mean, and why it cannot be used, if so. */
export interface Candidate {
  readonly publicKey: PublicKey;
  readonly userId: UserId | undefined;
  /** Whether the spec is all of its user ID, or the whole address in it: nothing but genuineness tells it from another such key. */
  readonly isWholeName: boolean;
  readonly encryptionSubkey: KeyPart | undefined;
  readonly fault: Fault | undefined;
}

/**
 * All keys that a spec may mean, by the first way of reading it that any key answers, usable or not.
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
    // A whole address is not looked for inside others: ann@example.com is the end of joann@example.com.
    (userId) => !spec.isExact && address === undefined && lowerAscii(userId).includes(wanted),
  ];
  for (const [level, fits] of levels.entries()) {
    const found = keys.flatMap((publicKey) => {
      // The best of several user IDs that fit: a revoked one must not hide a good one, nor a good one vouch for another.
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
