import type { Problem } from '../../errors.js';
import type { KeyPart, PublicKey, Validity } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { keyTypeOf, unreadableFor } from '../../recipients/key-type.js';
import type { ResolvedLine } from '../../recipients/resolve.js';
import { isRecipientByForm, parseSpec } from '../../recipients/spec.js';
import { newestEncryptionKey } from '../../recipients/usability.js';

/** One line of a list of recipients, and the key that it means. */
export interface Person {
  /** The line of the recipients file; undefined for an option. */
  readonly line: number | undefined;
  /** What is written there, if it has the form of a recipient: any other text may be a secret in the wrong file. */
  readonly spec: string | undefined;
  /** The key; undefined if there is none, or several. */
  readonly key: PersonsKey | undefined;
  /** Why nothing can be encrypted for this line. */
  readonly problem: Problem | undefined;
}

/** A recipient's key. */
export interface PersonsKey {
  readonly fingerprint: Fingerprint;
  readonly userId: string;
  /** Of the part that values are encrypted to; of the whole key if there is no such part. */
  readonly type: string;
  readonly validity: Validity;
  /** When it or its encryption subkey expires, in seconds since 1970. */
  readonly expires: number | undefined;
  /** Whether the user has its secret key; undefined if that cannot be known now. */
  readonly isYou: boolean | undefined;
  readonly canEncrypt: boolean;
  /** Which versions of GnuPG cannot read it. */
  readonly unreadableFor: string | undefined;
}

/** The fingerprints of the user's own keys; undefined if they cannot be known now. */
export type Mine = ReadonlySet<Fingerprint> | undefined;

/** Describes a line of a list. */
export function personOf(resolved: ResolvedLine, mine: Mine): Person {
  const { spec, place, isTyped } = resolved.sourced;
  const line = 'line' in place ? place.line : undefined;
  const isShown = isTyped || isRecipientByForm(parseSpec(spec));
  const publicKey = keyOfLine(resolved);
  const key = publicKey && personsKey(publicKey, mine, resolved.meant?.encryptionSubkey ?? null);
  return { line, spec: isShown ? spec : undefined, key, problem: resolved.problem };
}

/** The one key that a line may mean, usable or not; undefined if there is none, or several. */
export function keyOfLine({ meant, candidates }: ResolvedLine): PublicKey | undefined {
  const [only, ...others] = meant ? [meant.publicKey] : candidates();
  return others.length === 0 ? only : undefined;
}

/**
 * Describes a key.
 *
 * @param encrypting - the part that values are encrypted to, null if nothing may be encrypted for it; by default the newest one.
 */
export function personsKey(publicKey: PublicKey, mine: Mine, encrypting?: KeyPart | null): PersonsKey {
  const { primaryKey, userIds } = publicKey;
  const { fingerprint, validity } = primaryKey;
  const newest = newestEncryptionKey(publicKey, Date.now() / 1000);
  const used = encrypting ?? newest;
  const expiries = [primaryKey, used].flatMap((part) => part?.expires ?? []);
  return {
    ...{ fingerprint, validity },
    userId: userIds[0]?.text ?? 'no user ID',
    type: keyTypeOf(used ?? primaryKey),
    expires: expiries.length === 0 ? undefined : Math.min(...expiries),
    isYou: mine?.has(fingerprint),
    canEncrypt: encrypting === undefined ? newest !== undefined : encrypting !== null,
    unreadableFor: unreadableFor(publicKey, used),
  };
}
