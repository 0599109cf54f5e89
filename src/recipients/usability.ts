import type { Rule } from '../errors.js';
import type { KeyPart, PublicKey, UserId, Validity } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';

/** Why a key cannot be used, and how to fix that. */
export interface Fault {
  readonly rule: Rule;
  readonly reason: string;
  readonly suggestion: string;
}

/** GnuPG's validities in words (doc/DETAILS, field 2). */
export const VALIDITY_WORDS: Readonly<Record<Validity, string>> = {
  ...{ o: 'unknown', i: 'invalid', d: 'disabled', r: 'revoked', e: 'expired', '-': 'unknown', q: 'undefined' },
  ...{ n: 'never', m: 'marginal', f: 'full', u: 'ultimate', w: 'well known', s: 'special' },
};

/** Whether GnuPG trusts a user ID: its validity is full or ultimate. */
export function isValid(validity: Validity): boolean {
  return validity === 'f' || validity === 'u';
}

/** The subkey to encrypt to, by GnuPG's rule (g10/getkey.c, finish_lookup), which skips those that are dated in the future. */
export function newestEncryptionKey({ primaryKey, subkeys }: PublicKey, now: number): KeyPart | undefined {
  const usable = (part: KeyPart) => part.canEncrypt && !isDeadAt(part, now);
  const [newest] = subkeys.filter(usable).sort((a, b) => b.created - a.created);
  return newest ?? (usable(primaryKey) ? primaryKey : undefined);
}

/** What a suggestion needs to know. */
interface Fixing {
  readonly renew: string;
  readonly now: number;
}

/** Why a key cannot be used (the whole key, a user ID, or the subkey to encrypt to); undefined if it can. */
export function faultOf(
  publicKey: PublicKey,
  userId: UserId | undefined,
  subkey: KeyPart | undefined,
  fixing: Fixing,
): Fault | undefined {
  const { primaryKey, disabled } = publicKey;
  const { renew, now } = fixing;
  const { fingerprint } = primaryKey;
  if (isDeadAt(primaryKey, now)) return deathOf(primaryKey, fingerprint, fixing);
  if (disabled)
    return {
      rule: 'recipient-disabled',
      reason: 'is disabled',
      suggestion: `gpg --edit-key ${fingerprint} enable save`,
    };
  if (userId && isDead(userId.validity)) {
    return {
      rule: 'recipient-revoked',
      reason: `has that user ID, but it is ${VALIDITY_WORDS[userId.validity]}`,
      suggestion: 'write the fingerprint instead',
    };
  }
  const encryptionKey = subkey ?? newestDeadEncryptionKey(publicKey, now);
  if (encryptionKey === undefined) {
    return {
      rule: 'recipient-no-encryption-key',
      reason: 'has no encryption subkey',
      suggestion: addSubkey(fingerprint, renew),
    };
  }
  const { keyId, canEncrypt } = encryptionKey;
  if (!canEncrypt)
    return {
      rule: 'recipient-no-encryption-key',
      reason: `has a key ${keyId} that cannot encrypt`,
      suggestion: 'name an encryption subkey before the "!"',
    };
  if (!isDeadAt(encryptionKey, now)) return undefined;
  const fault = deathOf(encryptionKey, fingerprint, fixing);
  return { ...fault, reason: `has a subkey ${keyId} that ${fault.reason}` };
}

function addSubkey(primary: Fingerprint, renew: string): string {
  return `its owner can add one: gpg --quick-add-key ${primary} cv25519 encr; ${renew}`;
}

const NOT_ACCEPTED = 'is not accepted by this gpg: its algorithm may be missing there, or its signatures use SHA-1';

/** Why a primary key or subkey is dead, and how to fix that. */
function deathOf(part: KeyPart, primary: Fingerprint, { renew, now }: Fixing): Fault {
  const { validity, fingerprint, created, expires } = part;
  const isSubkey = fingerprint !== primary;
  if (created > now) {
    return {
      rule: 'recipient-no-encryption-key',
      reason: `is dated in the future: it was created at ${timeOf(created)}, but the clock here says ${timeOf(now)}`,
      suggestion: `correct the clock that is wrong; if that is the owner's clock, wait until then, or ${addSubkey(primary, renew)}`,
    };
  }
  if (validity === 'e' && expires !== undefined && expires <= now) {
    return {
      rule: 'recipient-expired',
      reason: `expired on ${dayOf(expires)}`,
      suggestion: `its owner can extend it: gpg --quick-set-expire ${primary} 2y${isSubkey ? ` ${fingerprint}` : ''}; ${renew}`,
    };
  }
  return {
    rule: 'recipient-revoked',
    // gpg-sq marks everything that its policy refuses as expired.
    reason: validity === 'e' ? NOT_ACCEPTED : `is ${VALIDITY_WORDS[validity]}`,
    suggestion: isSubkey
      ? addSubkey(primary, renew)
      : 'remove the line, or import the new key of its owner and write its fingerprint',
  };
}

function newestDeadEncryptionKey({ subkeys }: PublicKey, now: number): KeyPart | undefined {
  const dead = subkeys.filter((part) => part.canEncrypt && isDeadAt(part, now));
  return dead.sort((a, b) => b.created - a.created)[0];
}

function isDeadAt({ validity, created }: KeyPart, now: number): boolean {
  return isDead(validity) || created > now;
}

/** Whether GnuPG never uses a key or user ID of this validity. */
export function isDead(validity: Validity): boolean {
  return ['r', 'e', 'i', 'd'].includes(validity);
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function timeOf(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
