import { unreadableProblem, type Problem } from '../../errors.js';
import type { KeyPart, Keystore } from '../../keys/keystore.js';
import { readHead } from '../../openpgp/inspect.js';
import type { RecipientList, SourcedSpec } from '../../recipients/file.js';
import { matchSpec, type Recipient, type TrustMode } from '../../recipients/match.js';
import { listId } from '../../recipients/source.js';
import { addressesIn, parseSpec, searchTermOf } from '../../recipients/spec.js';
import { driftOf, readerOf } from '../drift.js';
import type { Drift } from '../encryptor.js';

/** A list of recipients under review: what is wrong with it, and what values can be compared with nevertheless. */
export interface Audience {
  /** Where they are named; undefined where nobody is. */
  readonly source: string | undefined;
  readonly problems: readonly Problem[];
  /** As in `Sealer`; who cannot be told to be a stranger, because a line of the list stands for no key, is left out. */
  readonly compare: (ciphertext: Uint8Array) => Drift;
}

export interface AuditOptions {
  readonly keystore: Keystore;
  readonly trust: TrustMode;
}

/** Tells the list of recipients for a file, undefined when nobody is named for it. */
export type RecipientsFor = (target: string) => Promise<RecipientList | undefined>;

/** Reviews lists of recipients. `now` and `expirySeconds` say which keys expire soon. */
export type Auditor = (target: string, now: number, expirySeconds: number) => Promise<Audience>;

/**
 * Makes what makes an {@link Auditor}; those that it makes review each list once. Unlike a resolver they go on after a mistake, and
 * need no secret key.
 */
export function createAuditing({ keystore, trust }: AuditOptions): (recipientsFor: RecipientsFor) => Auditor {
  const audiences = new Map<string, Promise<Audience>>();

  async function audit(
    { source, specs, keysFolder }: RecipientList,
    now: number,
    expirySeconds: number,
  ): Promise<Audience> {
    if (specs.length === 0) return unknownAudience(source, [namesNobody(source)]);
    const keys = await keystore.search(
      specs.flatMap(({ spec }) => searchTermOf(parseSpec(spec)) ?? []),
      keysFolder,
    );
    const recipients = new Map<string, Recipient>();
    const problems: Problem[] = [];
    let unresolved = false;
    for (const sourced of specs) {
      const strict = matchSpec(sourced, keys, trust, keystore.hints);
      if ('problem' in strict) problems.push(strict.problem);
      // Who a line means is clear even if nothing vouches for the key.
      const match = 'recipient' in strict ? strict : matchSpec(sourced, keys, 'always', keystore.hints);
      if ('problem' in match) {
        unresolved = true;
        continue;
      }
      const { recipient } = match;
      problems.push(...foreignComment(recipient, sourced));
      const { fingerprint } = recipient.encryptionSubkey;
      if (recipients.has(fingerprint))
        problems.push({
          place: sourced.place,
          rule: 'recipient-duplicate',
          message: `"${sourced.spec}" names a key that an earlier line names`,
        });
      else problems.push(...expiring(recipient, sourced.place, now + expirySeconds));
      recipients.set(fingerprint, recipient);
    }
    return {
      source,
      problems,
      compare: (ciphertext) => {
        const drift = driftOf(readHead(ciphertext), [...recipients.values()]);
        return unresolved ? { ...drift, extra: [] } : drift;
      },
    };
  }

  return (recipientsFor) => async (target, now, expirySeconds) => {
    const list = await recipientsFor(target).catch((error: unknown) => {
      const problem = unreadableProblem(error);
      if (problem) return problem;
      throw error;
    });
    if (list === undefined) return unknownAudience(undefined, []);
    if (!('specs' in list)) return unknownAudience(list.place ?? '', [list]);
    const audience = audiences.get(listId(list)) ?? audit(list, now, expirySeconds);
    audiences.set(listId(list), audience);
    return audience;
  };
}

// What is wrong with a value whoever reads it can still be told.
function unknownAudience(source: string | undefined, problems: readonly Problem[]): Audience {
  const compare = (ciphertext: Uint8Array) => ({ ...driftOf(readHead(ciphertext), []), extra: [] });
  return { source, problems, compare };
}

function namesNobody(place: string): Problem {
  return {
    place,
    rule: 'recipients-empty',
    message: 'it names no recipients',
    suggestion: 'write a fingerprint or an address on each line',
  };
}

// Who reviews a line reads its comment, not the digits before it. Other words than an address may be anything.
function foreignComment({ publicKey }: Recipient, { spec, place, comment = '' }: SourcedSpec): readonly Problem[] {
  const named = parseSpec(spec).kind === 'name' ? [] : addressesIn(comment);
  const theirs = new Set(publicKey.userIds.flatMap(({ text }) => addressesIn(text)));
  if (named.length === 0 || named.some((address) => theirs.has(address))) return [];
  const { fingerprint, userId } = readerOf(publicKey);
  return [
    {
      place,
      rule: 'recipient-comment',
      message: `the comment names ${named.join(', ')}, but the key ${fingerprint} belongs to ${userId}`,
      suggestion: 'find out whose key this is, then correct the line',
    },
  ];
}

function expiring({ spec, publicKey, encryptionSubkey }: Recipient, place: string, before: number): readonly Problem[] {
  const { fingerprint } = publicKey.primaryKey;
  const soon = [publicKey.primaryKey, encryptionSubkey].find(
    (part: KeyPart) => part.expires !== undefined && part.expires < before,
  );
  if (soon?.expires === undefined) return [];
  const message = `the key of "${spec}", ${fingerprint}, expires on ${new Date(soon.expires * 1000).toISOString().slice(0, 10)}`;
  return [
    { place, rule: 'recipient-expiring', message, suggestion: 'its owner can extend it: gpg --quick-set-expire' },
  ];
}
