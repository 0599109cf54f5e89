import type { Problem, Rule } from '../errors.js';
import type { Fingerprint } from '../identifiers.js';
import type { KeyHints, KeyPart, PublicKey, UserId, Validity } from '../keys/keystore.js';
import type { SourcedSpec } from './file.js';
import { addressIn, parseSpec, type RecipientSpec } from './spec.js';

/**
 * What makes a recipient's key acceptable: `wot`, that GnuPG vouches for the user ID that matched; `pinned`, that the recipient is
 * written as a full fingerprint; `always`, nothing more.
 */
export type TrustMode = 'wot' | 'pinned' | 'always';

/** What a keystore says of mending one of its keys; without a fingerprint, of a key that it lacks. */
export type HintsFor = (primaryFingerprint?: Fingerprint) => KeyHints;

/** A spec resolved to one usable public key. */
export interface Recipient {
  readonly spec: string;
  readonly publicKey: PublicKey;
  readonly encryptionSubkey: KeyPart;
}

/** A spec matched against the keys that are known. */
export type Match = { readonly recipient: Recipient } | { readonly problem: Problem };

/** A key that a spec may mean, and why it cannot be used, if so. */
interface Candidate {
  readonly publicKey: PublicKey;
  readonly userId: UserId | undefined;
  readonly encryptionSubkey: KeyPart | undefined;
  readonly fault: Fault | undefined;
}

/** Why a key cannot be used, and what would mend that. */
interface Fault {
  readonly rule: Rule;
  readonly reason: string;
  readonly mend: string;
}

/**
 * Decides which key a spec means. A fingerprint or key ID names a primary key or subkey; a name is tried as the exact address of
 * a user ID, then as an exact user ID, then, unless it is an address, as a part of user IDs that only one usable key has. The
 * first of these that any key answers decides, so that an expired key is an error and never replaced by one that happens to look
 * alike.
 *
 * @param hintsFor - the keystore's own words about its keys, for suggestions.
 */
export function matchSpec(
  { spec, place }: SourcedSpec,
  keys: readonly PublicKey[],
  trust: TrustMode,
  hintsFor: HintsFor,
): Match {
  const parsed = parseSpec(spec);
  const problem = (rule: Rule, message: string, suggestion?: string): Match => ({
    problem: { place, rule, message, suggestion },
  });
  if (parsed.kind === 'refused') return problem('recipient-refused', `"${spec}": ${parsed.reason}`, parsed.suggestion);

  const candidates = candidatesFor(parsed, keys, hintsFor);
  const usable = candidates.filter(({ fault }) => fault === undefined);
  const [first] = usable;
  if (candidates.length === 0) {
    return problem('recipient-unknown', `no key in the keyring is "${spec}"`, hintsFor().add);
  }
  if (first === undefined) {
    const reasons = candidates.map((c) => `${nameOf(c)} ${c.fault?.reason ?? ''}`).join('; ');
    const { rule, mend } = candidates[0]?.fault ?? { rule: 'recipient-unknown', mend: undefined };
    return problem(rule, `no key for "${spec}" can be used: ${reasons}`, mend);
  }
  if (usable.length > 1) {
    return problem(
      'recipient-ambiguous',
      `"${spec}" may be any of ${usable.length} keys: ${usable.map(nameOf).join('; ')}`,
      'write the fingerprint instead',
    );
  }
  const { publicKey, encryptionSubkey, userId } = first;
  if (encryptionSubkey === undefined)
    return problem('recipient-no-encryption-key', `${nameOf(first)} has no encryption key`);
  const { fingerprint } = publicKey.primaryKey;
  if (trust === 'pinned' && !isPin(parsed, fingerprint)) {
    return problem(
      'recipient-not-valid',
      `"${spec}" is no fingerprint of a primary key, and only that is sure to be the key that was meant`,
      `compare the fingerprint with its owner, then write instead: ${pinOf(first, parsed)}`,
    );
  }
  const validity = userId?.validity ?? publicKey.primaryKey.validity;
  if (trust === 'wot' && !isValid(validity)) {
    return problem(
      'recipient-not-valid',
      `${nameOf(first)} is not known to be genuine (GnuPG validity: ${VALIDITY_WORDS[validity]})`,
      hintsFor(fingerprint).vouch,
    );
  }
  return { recipient: { spec, publicKey, encryptionSubkey } };
}

const VALIDITY_WORDS: Readonly<Record<Validity, string>> = {
  ...{ o: 'unknown', i: 'invalid', d: 'disabled', r: 'revoked', e: 'expired', '-': 'unknown', q: 'undefined' },
  ...{ n: 'never', m: 'marginal', f: 'full', u: 'ultimate', w: 'well known', s: 'special' },
};

function isValid(validity: Validity): boolean {
  return validity === 'f' || validity === 'u';
}

function candidatesFor(
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
  const address = addressIn(spec.text);
  const wanted = spec.text.toLowerCase();
  const levels: readonly ((userId: string) => boolean)[] = [
    (userId) => address !== undefined && addressOf(userId) === address,
    (userId) => userId === spec.text,
    // A whole address is not looked for inside others: ann@example.com is the end of joann@example.com.
    (userId) => address === undefined && userId.toLowerCase().includes(wanted),
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

// Anybody can put the subkey of another under a primary key of their own, and have values encrypted to a further subkey; so the
// fingerprint of a subkey is a pin for that very subkey alone.
function isPin(spec: RecipientSpec, primary: Fingerprint): boolean {
  return spec.kind === 'fingerprint' && (spec.exactKey || spec.fingerprint === primary);
}

/** The line that names a key in `pinned` mode. A spec that forced one subkey names that one. */
function pinOf({ publicKey, userId, encryptionSubkey }: Candidate, spec: RecipientSpec): string {
  const forced = spec.kind === 'keyId' && spec.exactKey ? encryptionSubkey : undefined;
  const text = (userId ?? publicKey.userIds[0])?.text;
  const pin = forced ? `${forced.fingerprint}!` : publicKey.primaryKey.fingerprint;
  return text === undefined ? pin : `${pin} # ${text}`;
}

/** The address in a user ID's angle brackets, or the whole user ID when that is an address; in lower case. */
function addressOf(userId: string): string | undefined {
  return (/<([^<>]+)>\s*$/.exec(userId)?.[1] ?? addressIn(userId))?.toLowerCase();
}

function nameOf({ publicKey, userId }: Candidate): string {
  return `${publicKey.primaryKey.fingerprint} (${(userId ?? publicKey.userIds[0])?.text ?? 'no user ID'})`;
}
