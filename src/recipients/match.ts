import type { Problem, Rule } from '../errors.js';
import type { KeyPart, PublicKey } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { candidatesFor, type Candidate, type HintsFor } from './candidates.js';
import type { SourcedSpec } from './file.js';
import { isRecipientByForm, parseSpec, type RecipientSpec } from './spec.js';
import { isValid, VALIDITY_WORDS } from './usability.js';

/**
 * Which keys of recipients are accepted: `wot`, keys whose matched user ID GnuPG trusts; `pinned`, keys that are written as a full
 * fingerprint; `always`, all keys.
 */
export type TrustMode = 'wot' | 'pinned' | 'always';

/** A spec resolved to one usable public key. */
export interface Recipient {
  readonly spec: string;
  readonly publicKey: PublicKey;
  readonly encryptionSubkey: KeyPart;
}

/** A spec matched against the keys that are known. */
export type Match =
  | { readonly recipient: Recipient }
  | {
      readonly problem: Problem;
      /** The one usable key that matches, if the only problem is that it is not trusted. */
      readonly untrusted?: Recipient;
    };

/**
 * Decides which key a spec means. A fingerprint or key ID names a primary key or subkey. A name is tried as the exact address of
 * a user ID, then as an exact user ID, then, unless it is an address, as a part of user IDs that only one usable key has. The
 * first of these that matches any key decides, so an expired key is an error and is never replaced by another key with a similar
 * name.
 *
 * @param hintsFor - gives the keystore's suggestions about its keys.
 */
export function matchSpec(
  { spec, place, isTyped = false }: SourcedSpec,
  keys: readonly PublicKey[],
  trust: TrustMode,
  hintsFor: HintsFor,
): Match {
  const parsed = parseSpec(spec);
  const problem = (rule: Rule, message: string, suggestion?: string) => ({
    problem: { place, rule, message, suggestion },
  });
  const isShown = isTyped || isRecipientByForm(parsed);
  if (parsed.kind === 'refused') {
    const which = isShown ? `"${parsed.text}"` : 'this line';
    return problem('recipient-refused', `${which}: ${parsed.reason}`, parsed.suggestion);
  }

  const candidates = candidatesFor(parsed, keys, hintsFor);
  const usable = competing(candidates, trust);
  const [first] = usable;
  if (candidates.length === 0) {
    const message = isShown ? `no key in the keyring is "${spec}"` : 'no key in the keyring matches this line';
    return problem('recipient-unknown', message, hintsFor().add);
  }
  if (first === undefined) {
    const reasons = candidates.map((c) => `${nameOf(c)} ${c.fault?.reason ?? ''}`).join('; ');
    const { rule, suggestion } = candidates[0]?.fault ?? { rule: 'recipient-unknown', suggestion: undefined };
    return problem(rule, `no usable key for "${spec}": ${reasons}`, suggestion);
  }
  if (usable.length > 1) {
    return problem(
      'recipient-ambiguous',
      `"${spec}" matches ${usable.length} keys: ${usable.map(nameOf).join('; ')}`,
      'write the fingerprint instead',
    );
  }
  const { publicKey, encryptionSubkey } = first;
  if (encryptionSubkey === undefined)
    return problem('recipient-no-encryption-key', `${nameOf(first)} has no encryption key`);
  const recipient = { spec, publicKey, encryptionSubkey };
  const doubt = doubtAbout(first, spec, trust, hintsFor);
  if (doubt === undefined) return { recipient };
  return { ...problem('recipient-not-valid', doubt.message, doubt.suggestion), untrusted: recipient };
}

/** Why the trust mode does not accept a key, and what to do about it. */
function doubtAbout(candidate: Candidate, spec: string, trust: TrustMode, hintsFor: HintsFor) {
  const { publicKey, userId } = candidate;
  const { fingerprint } = publicKey.primaryKey;
  const parsed = parseSpec(spec);
  if (trust === 'pinned' && !isPin(parsed, fingerprint)) {
    return {
      message: `"${spec}": pinned mode needs the full fingerprint`,
      suggestion: `compare the fingerprint with its owner, then write instead: ${pinOf(candidate, parsed)}`,
    };
  }
  const validity = userId?.validity ?? publicKey.primaryKey.validity;
  if (trust === 'wot' && !isValid(validity)) {
    return {
      message: `${nameOf(candidate)} is not trusted by GnuPG (validity: ${VALIDITY_WORDS[validity]})`,
      suggestion: hintsFor(fingerprint).trust,
    };
  }
  return undefined;
}

/**
 * The usable keys among the candidates. Anybody can create a key with another person's address. So in `wot`, if keys with the whole
 * name are trusted, only these count.
 */
function competing(candidates: readonly Candidate[], trust: TrustMode): readonly Candidate[] {
  const usable = candidates.filter(({ fault }) => fault === undefined);
  const trusted = usable.filter(({ userId, isWholeName }) => isWholeName && userId && isValid(userId.validity));
  return trust === 'wot' && trusted.length > 0 ? trusted : usable;
}

// Anybody can add another person's subkey to their own primary key, together with a newer subkey of their own. So the fingerprint of a
// subkey pins only that subkey.
function isPin(spec: RecipientSpec, primary: Fingerprint): boolean {
  return spec.kind === 'fingerprint' && (spec.exactKey || spec.fingerprint === primary);
}

/** The line for a key in `pinned` mode. If the spec forces one subkey (`!`), so does the line. */
function pinOf({ publicKey, userId, encryptionSubkey }: Candidate, spec: RecipientSpec): string {
  const forced = spec.kind === 'keyId' && spec.exactKey ? encryptionSubkey : undefined;
  const text = (userId ?? publicKey.userIds[0])?.text;
  const pin = forced ? `${forced.fingerprint}!` : publicKey.primaryKey.fingerprint;
  return text === undefined ? pin : `${pin} # ${text}`;
}

function nameOf({ publicKey, userId }: Candidate): string {
  return `${publicKey.primaryKey.fingerprint} (${(userId ?? publicKey.userIds[0])?.text ?? 'no user ID'})`;
}
