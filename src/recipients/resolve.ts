import { EyamlError, type Problem } from '../errors.js';
import type { Keystore, PublicKey } from '../keys/keystore.js';
import { candidatesFor } from './candidates.js';
import type { RecipientList, SourcedSpec } from './file.js';
import { matchSpec, type Recipient, type TrustMode } from './match.js';
import { parseSpec, searchTermOf } from './spec.js';

/** A list of recipients, resolved. */
export interface Resolution {
  /** The recipients of the lines without a problem, each key once. */
  readonly recipients: readonly Recipient[];
  /** Why lines are refused, each with its place. If there is one, nothing may be encrypted for the list. */
  readonly problems: readonly Problem[];
  /** The result of each line, for a review. */
  readonly lines: readonly ResolvedLine[];
}

/** One line of a list, resolved. */
export interface ResolvedLine {
  readonly sourced: SourcedSpec;
  /** Why it is refused; undefined if it is not. */
  readonly problem: Problem | undefined;
  /** The one usable key that it matches, trusted or not; undefined if there is not exactly one. */
  readonly meant: Recipient | undefined;
  /** All keys that it may mean, usable or not. */
  readonly candidates: () => readonly PublicKey[];
}

/** Finds the keys of a list of recipients, and all its problems. */
export async function resolve(list: RecipientList, keystore: Keystore, trust: TrustMode): Promise<Resolution> {
  const keys = await keystore.search(
    list.specs.flatMap(({ spec }) => searchTermOf(parseSpec(spec)) ?? []),
    list.keysFolder,
  );
  return matchLines(list, keys, keystore, trust);
}

/** Matches the lines of a list with keys that a search for its specs, and perhaps more, has found. */
export function matchLines(
  { specs }: Pick<RecipientList, 'specs'>,
  keys: readonly PublicKey[],
  keystore: Pick<Keystore, 'hints'>,
  trust: TrustMode,
): Resolution {
  const lines = specs.map((sourced): ResolvedLine => {
    const match = matchSpec(sourced, keys, trust, keystore.hints);
    const candidates = () => keysMeant(sourced.spec, keys, keystore);
    return 'recipient' in match
      ? { sourced, problem: undefined, meant: match.recipient, candidates }
      : { sourced, problem: match.problem, meant: match.untrusted, candidates };
  });
  return {
    recipients: distinct(lines.filter(({ problem }) => problem === undefined)),
    problems: lines.flatMap(({ problem }) => problem ?? []),
    lines,
  };
}

/** The keys that a spec may mean, usable or not. */
export function keysMeant(
  text: string,
  keys: readonly PublicKey[],
  { hints }: Pick<Keystore, 'hints'>,
): readonly PublicKey[] {
  const spec = parseSpec(text);
  return spec.kind === 'refused' ? [] : candidatesFor(spec, keys, hints).map(({ publicKey }) => publicKey);
}

/** The recipients of lines, each key once. */
export function distinct(lines: readonly ResolvedLine[]): readonly Recipient[] {
  const meant = lines.flatMap((line) => line.meant ?? []);
  return [...new Map(meant.map((recipient) => [recipient.encryptionSubkey.fingerprint, recipient])).values()];
}

/**
 * The recipients to encrypt for.
 *
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` with all problems of the list, `RECIPIENTS_MISSING` when it is empty.
 */
export async function resolveRecipients(
  list: RecipientList,
  keystore: Keystore,
  trust: TrustMode,
): Promise<readonly Recipient[]> {
  const { source, specs } = list;
  if (specs.length === 0) throw new EyamlError('RECIPIENTS_MISSING', `${source} has no recipients`);
  const { recipients, problems } = await resolve(list, keystore, trust);
  if (problems.length > 0)
    throw new EyamlError('RECIPIENTS_INVALID', `cannot encrypt for the recipients of ${source}`, { problems });
  return recipients;
}
