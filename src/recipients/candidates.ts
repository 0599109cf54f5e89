import type { Rule } from '../errors.js';
import type { Fingerprint } from '../identifiers.js';
import type { KeyHints, KeyPart, PublicKey, UserId, Validity } from '../keys/keystore.js';
import { addressIn, type RecipientSpec } from './spec.js';

/** What a keystore says of mending one of its keys; without a fingerprint, of a key that it lacks. */
export type HintsFor = (primaryFingerprint?: Fingerprint) => KeyHints;

/** A key that a spec may mean, and why it cannot be used, if so. */
export interface Candidate {
  readonly publicKey: PublicKey;
  readonly userId: UserId | undefined;
  readonly encryptionSubkey: KeyPart | undefined;
  readonly fault: Fault | undefined;
}

/** Why a key cannot be used, and what would mend that. */
export interface Fault {
  readonly rule: Rule;
  readonly reason: string;
  readonly mend: string;
}

/** GnuPG's validities in words (doc/DETAILS, field 2). */
export const VALIDITY_WORDS: Readonly<Record<Validity, string>> = {
  ...{ o: 'unknown', i: 'invalid', d: 'disabled', r: 'revoked', e: 'expired', '-': 'unknown', q: 'undefined' },
  ...{ n: 'never', m: 'marginal', f: 'full', u: 'ultimate', w: 'well known', s: 'special' },
};

/** Whether GnuPG vouches for a user ID: its validity is full or ultimate. */
export function isValid(validity: Validity): boolean {
  return validity === 'f' || validity === 'u';
}

/** All keys that a spec may mean, by the first way of reading it that any key answers, usable or not. */
export function candidatesFor(
  spec: Exclude<RecipientSpec, { kind: 'refused' }>,
  keys: readonly PublicKey[],
  hintsFor: HintsFor,
): readonly Candidate[] {
  if (spec.kind !== 'name') {
    const names = (part: KeyPart) =>
      spec.kind === 'fingerprint' ? part.fingerprint === spec.fingerprint : part.keyId === spec.keyId;
    return keys.flatMap((publicKey) => {
      const named = [publicKey.primaryKey, ...publicKey.subkeys].find(names);
      return named ? [candidate(publicKey, undefined, spec.exactKey ? named : undefined, hintsFor)] : [];
    });
  }
  const address = spec.isExact ? undefined : addressIn(spec.text);
  const wanted = spec.text.toLowerCase();
  const levels: readonly ((userId: string) => boolean)[] = [
    (userId) => address !== undefined && addressOf(userId) === address,
    (userId) => userId === spec.text,
    // A whole address is not looked for inside others: ann@example.com is the end of joann@example.com.
    (userId) => !spec.isExact && address === undefined && userId.toLowerCase().includes(wanted),
  ];
  for (const fits of levels) {
    const found = keys.flatMap((publicKey) => {
      // The best of several user IDs that fit: a revoked one must not hide a good one, nor a good one vouch for another.
      const userIds = publicKey.userIds.filter(({ text }) => fits(text));
      const userId =
        userIds.find((id) => isValid(id.validity)) ?? userIds.find((id) => !isDead(id.validity)) ?? userIds[0];
      return userId ? [candidate(publicKey, userId, undefined, hintsFor)] : [];
    });
    if (found.length > 0) return found;
  }
  return [];
}

function candidate(
  publicKey: PublicKey,
  userId: UserId | undefined,
  exact: KeyPart | undefined,
  hintsFor: HintsFor,
): Candidate {
  const encryptionSubkey = exact ?? newestEncryptionKey(publicKey);
  const { renew } = hintsFor(publicKey.primaryKey.fingerprint);
  return { publicKey, userId, encryptionSubkey, fault: faultOf(publicKey, userId, encryptionSubkey, renew) };
}

function newestEncryptionKey({ primaryKey, subkeys }: PublicKey): KeyPart | undefined {
  const usable = (part: KeyPart) => part.canEncrypt && !isDead(part.validity);
  const [newest] = subkeys.filter(usable).sort((a, b) => b.created - a.created);
  return newest ?? (usable(primaryKey) ? primaryKey : undefined);
}

function faultOf(
  publicKey: PublicKey,
  userId: UserId | undefined,
  subkey: KeyPart | undefined,
  renew: string,
): Fault | undefined {
  const { primaryKey, disabled } = publicKey;
  const { fingerprint } = primaryKey;
  if (isDead(primaryKey.validity)) {
    return { rule: ruleOf(primaryKey), reason: deathOf(primaryKey), mend: mendOf(primaryKey, fingerprint, renew) };
  }
  if (disabled)
    return { rule: 'recipient-disabled', reason: 'is disabled', mend: `gpg --edit-key ${fingerprint} enable save` };
  if (userId && isDead(userId.validity)) {
    return {
      rule: 'recipient-revoked',
      reason: `has that user ID, but it is ${VALIDITY_WORDS[userId.validity]}`,
      mend: 'write the fingerprint instead',
    };
  }
  const encryptionKey = subkey ?? newestDeadEncryptionKey(publicKey);
  if (encryptionKey === undefined) {
    return {
      rule: 'recipient-no-encryption-key',
      reason: 'has no encryption subkey',
      mend: addSubkey(fingerprint, renew),
    };
  }
  const { keyId, canEncrypt } = encryptionKey;
  if (!canEncrypt)
    return {
      rule: 'recipient-no-encryption-key',
      reason: `has a key ${keyId} that cannot encrypt`,
      mend: 'name an encryption subkey before the "!"',
    };
  if (!isDead(encryptionKey.validity)) return undefined;
  return {
    rule: ruleOf(encryptionKey),
    reason: `has a subkey ${keyId} that ${deathOf(encryptionKey)}`,
    mend: mendOf(encryptionKey, fingerprint, renew),
  };
}

function addSubkey(primary: Fingerprint, renew: string): string {
  return `its owner can add one: gpg --quick-add-key ${primary} cv25519 encr; ${renew}`;
}

function mendOf({ validity, fingerprint }: KeyPart, primary: Fingerprint, renew: string): string {
  if (validity !== 'e' && fingerprint !== primary) return addSubkey(primary, renew);
  if (validity !== 'e') return 'take the line out, or import the new key of its owner and write its fingerprint';
  const subkey = fingerprint === primary ? '' : ` ${fingerprint}`;
  return `its owner can extend it: gpg --quick-set-expire ${primary} 2y${subkey}; ${renew}`;
}

function newestDeadEncryptionKey({ subkeys }: PublicKey): KeyPart | undefined {
  const dead = subkeys.filter((part) => part.canEncrypt && isDead(part.validity));
  return dead.sort((a, b) => b.created - a.created)[0];
}

function isDead(validity: Validity): boolean {
  return ['r', 'e', 'i', 'd'].includes(validity);
}

function ruleOf({ validity }: KeyPart): Rule {
  return validity === 'e' ? 'recipient-expired' : 'recipient-revoked';
}

function deathOf({ validity, expires }: KeyPart): string {
  const since =
    validity === 'e' && expires !== undefined ? ` since ${new Date(expires * 1000).toISOString().slice(0, 10)}` : '';
  return `is ${VALIDITY_WORDS[validity]}${since}`;
}

/** The address in a user ID's angle brackets, or the whole user ID when that is an address; in lower case. */
function addressOf(userId: string): string | undefined {
  return (/<([^<>]+)>\s*$/.exec(userId)?.[1] ?? addressIn(userId))?.toLowerCase();
}
