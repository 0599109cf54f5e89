import { unreadableProblem, type Place, type Problem } from '../../errors.js';
import type { Keystore } from '../../keys/keystore.js';
import { readHead } from '../../openpgp/inspect.js';
import { isRecipientsFile, type RecipientList, type SourcedSpec } from '../../recipients/file.js';
import type { Recipient, TrustMode } from '../../recipients/match.js';
import { distinct, resolve, type ResolvedLine } from '../../recipients/resolve.js';
import { listId, type RecipientsSearch } from '../../recipients/source.js';
import { addressesIn, parseSpec } from '../../recipients/spec.js';
import { placeText } from '../../text/problems.js';
import { createComparison, readerOf } from '../drift.js';
import type { Audience, Review } from '../encryptor.js';

/** What a review works with. */
export interface ReviewOptions extends Pick<RecipientsSearch, 'recipientsFor' | 'recipientsIn'> {
  readonly keystore: Keystore;
  readonly trust: TrustMode;
}

/** Makes the review of lists of recipients, each list once. Unlike encrypting, it goes on after a problem. */
export function createReview(options: ReviewOptions): Review {
  const audiences = new Map<string, Promise<Audience>>();
  return async (target, expiringBefore) => {
    const { recipientsIn, recipientsFor } = options;
    const found = isRecipientsFile(target) ? recipientsIn(target) : recipientsFor(target);
    const list = await found.catch((error: unknown) => {
      const problem = unreadableProblem(error);
      if (problem) return problem;
      throw error;
    });
    if (list === undefined) return unknownAudience(undefined, []);
    if (!('specs' in list)) return unknownAudience(list.place && placeText(list.place), [list]);
    const audience = audiences.get(listId(list)) ?? audienceOf(list, expiringBefore, options);
    audiences.set(listId(list), audience);
    return audience;
  };
}

async function audienceOf(
  list: RecipientList,
  expiringBefore: number,
  { keystore, trust }: ReviewOptions,
): Promise<Audience> {
  const { source, specs, file = source } = list;
  if (specs.length === 0) return unknownAudience(source, [namesNobody(file)]);
  const { lines } = await resolve(list, keystore, trust);
  const recipients = distinct(lines);
  const isComplete = lines.every(({ meant }) => meant !== undefined);
  const driftOf = createComparison(recipients);
  return {
    source,
    problems: problemsOf(lines, expiringBefore),
    compare: (ciphertext) => {
      const drift = driftOf(readHead(ciphertext));
      return isComplete ? drift : { ...drift, extra: [] };
    },
  };
}

// Problems of a value that do not depend on its recipients can still be found.
function unknownAudience(source: string | undefined, problems: readonly Problem[]): Audience {
  const driftOf = createComparison([]);
  const compare = (ciphertext: Uint8Array) => ({ ...driftOf(readHead(ciphertext)), extra: [] });
  return { source, problems, compare };
}

function namesNobody(file: string): Problem {
  return {
    place: { file },
    rule: 'recipients-empty',
    message: 'it has no recipients',
    suggestion: 'write a fingerprint or an address on each line',
  };
}

function problemsOf(lines: readonly ResolvedLine[], expiringBefore: number): readonly Problem[] {
  const seen = new Set<string>();
  return lines.flatMap(({ sourced, problem, meant }) => {
    const refusal = problem ? [problem] : [];
    if (meant === undefined) return refusal;
    const { fingerprint } = meant.encryptionSubkey;
    const isRepeated = seen.has(fingerprint);
    seen.add(fingerprint);
    const more = isRepeated ? [repeated(sourced)] : expiring(meant, sourced.place, expiringBefore);
    return [...refusal, ...foreignComment(meant, sourced), ...more];
  });
}

function repeated({ place, spec }: SourcedSpec): Problem {
  return { place, rule: 'recipient-duplicate', message: `"${spec}" names a key that an earlier line names` };
}

// A reviewer reads the comment of a line, not its digits. Only addresses are compared; other words may mean anything.
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

function expiring({ spec, publicKey, encryptionSubkey }: Recipient, place: Place, before: number): readonly Problem[] {
  const { fingerprint } = publicKey.primaryKey;
  const expires = [publicKey.primaryKey, encryptionSubkey].find((part) => (part.expires ?? Infinity) < before)?.expires;
  if (expires === undefined) return [];
  const message = `the key of "${spec}", ${fingerprint}, expires on ${new Date(expires * 1000).toISOString().slice(0, 10)}`;
  return [
    { place, rule: 'recipient-expiring', message, suggestion: 'its owner can extend it: gpg --quick-set-expire' },
  ];
}
