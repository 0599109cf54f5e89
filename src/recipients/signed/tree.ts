import { unreadableProblem, type Problem } from '../../errors.js';
import { recordName } from '../record.js';
import { readTree, type RecordOptions } from '../record-tree.js';
import type { ResolvedLine } from '../resolve.js';
import { parseSpec } from '../spec.js';
import type { SignedContent } from './changes.js';
import type { NamedKey } from './manifest.js';

/** What can be signed of a work tree. */
export interface SignableTree {
  /** Sorted, so that the same tree always gives the same text. */
  readonly content: SignedContent;
  /** Recipients files and rules that cannot be read, and lines of which it is not sure whose key they mean. */
  readonly problems: readonly Problem[];
}

/**
 * Reads all recipients files and rules of a work tree; what lies above its top folder, and repositories in it, are not a part of it.
 * Whether a key can be used does not matter here, only whose it is: a signed key that expires is the same key.
 *
 * @param top - the real path of the top folder.
 */
export async function signableTree(top: string, options: RecordOptions): Promise<SignableTree> {
  const { lists, rules, nested, faults } = await readTree(top, options);
  const outside = ['..', ...nested.map((folder) => recordName(top, folder))];
  const isInside = (name: string) => !outside.some((folder) => name.startsWith(`${folder}/`));
  const problems = faults.map((error) => unreadableProblem(error) ?? { message: error.message });
  const files = [...lists].map(([file, { lines }]) => {
    const found = lines.map(keyOf);
    problems.push(...found.flatMap((key) => ('message' in key ? [key] : [])));
    const keys = found.flatMap((key) => ('fingerprint' in key ? [key] : []));
    const distinct = new Map(keys.map((key) => [key.fingerprint, key]));
    return { path: recordName(top, file), keys: [...distinct.values()].sort(by(({ fingerprint }) => fingerprint)) };
  });
  const ruled = [...rules].map(([path, rules]) => ({ path, rules }));
  const sorted = <T extends { readonly path: string }>(all: readonly T[]) =>
    all.filter(({ path }) => isInside(path)).sort(by(({ path }) => path));
  return { content: { files: sorted(files), rules: sorted(ruled) }, problems };
}

// A full fingerprint says whose key it is, also where the key is not known, as in CI.
function keyOf({
  sourced: { spec, place, comment = '' },
  meant,
  candidates,
  problem,
}: ResolvedLine): NamedKey | Problem {
  const [only, ...others] = meant ? [meant.publicKey] : candidates();
  if (only && others.length === 0)
    return { fingerprint: only.primaryKey.fingerprint, name: only.userIds[0]?.text ?? '' };
  const parsed = parseSpec(spec);
  if (only === undefined && parsed.kind === 'fingerprint') return { fingerprint: parsed.fingerprint, name: comment };
  return problem ?? { place, message: 'this line does not name one key' };
}

// By code units: the same on every machine.
function by<T>(textOf: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0);
}
