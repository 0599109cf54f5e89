import { conflictsIn, resolved, type Conflict, type Merged } from './conflicts.js';
import { parseYaml } from './document.js';
import { formatKeyPath } from './key-path.js';

/**
 * Keeps both sides of each conflict in which both only added entries, with different keys, to one mapping: first those of `ours`. What
 * the texts say decides, not what they look like: with both, the text must say all that it says with either, and nothing else.
 *
 * @param base - what both started from: an entry that it has was moved, not added.
 */
export async function keepAdditions(merged: Merged, base: string): Promise<Merged> {
  const before = (await contentOf(base))?.entries;
  // What was moved cannot be told then: a merge inside a merge may have left conflicts in it.
  if (before === undefined) return merged;
  const kept = [...merged];
  for (const [i, piece] of merged.entries()) {
    if (typeof piece === 'string' || piece.base !== '') continue;
    const pieces = withoutShared(piece);
    const [conflict] = conflictsIn(pieces);
    if (conflict === undefined) continue;
    const withText = (text: string) =>
      resolved(
        pieces.map((one) => (one === conflict ? text : one)),
        'ours',
      );
    const says = (text: string) => contentOf(resolved(kept.with(i, withText(text)), 'ours'));
    const both = conflict.ours + conflict.theirs;
    if (reachesFurther(both, resolved(kept.with(i, withText(both)), 'ours'))) continue;
    const [none, ours, theirs, all] = await Promise.all(['', conflict.ours, conflict.theirs, both].map(says));
    const isMoved = (path: string) => before.has(path) && none?.entries.has(path) === false;
    if (!none || !ours || !theirs || !all || [...all.entries.keys()].some(isMoved)) continue;
    if (isUnion(all, ours, theirs, none)) kept[i] = withText(both);
  }
  return kept;
}

// Whether lines say something about others: they begin another document, or name an anchor again, which changes the aliases below it.
function reachesFurther(lines: string, text: string): boolean {
  const all = anchorsIn(text);
  const isAgain = (name: string) => all.indexOf(name) !== all.lastIndexOf(name);
  return /^(?:---|\.\.\.)(?=\s|$)/m.test(lines) || anchorsIn(lines).some(isAgain);
}

function anchorsIn(text: string): readonly string[] {
  return Array.from(text.matchAll(/(?<=^|[\s,[{])&[^\s,[\]{}]+/gm), ([anchor]) => anchor);
}

// A conflict without the lines that both sides start or end with.
function withoutShared({ ours, theirs, ...rest }: Conflict): Merged {
  const [a, b] = [ours.split(/(?<=\n)/), theirs.split(/(?<=\n)/)];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < most - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = (lines: readonly string[]) => lines.slice(start, lines.length - end).join('');
  const conflict = { ...rest, ours: middle(a), theirs: middle(b) };
  const pieces = [a.slice(0, start).join(''), conflict, a.slice(a.length - end).join('')];
  return pieces.filter((piece) => (typeof piece === 'string' ? piece !== '' : piece.ours !== piece.theirs));
}

/** What a YAML text says. */
interface Content {
  /** The key paths of its entries and scalars, the latter with what they hold. */
  readonly parts: ReadonlySet<string>;
  /** The key path of each entry, with that of the mapping it is in. */
  readonly entries: ReadonlyMap<string, string>;
}

async function contentOf(text: string): Promise<Content | undefined> {
  const { faults, equalKeys, spans } = await parseYaml(text);
  if (faults.length > 0 || equalKeys.length > 0) return undefined;
  const keys = spans.filter(({ isKey }) => isKey);
  const entries = new Map(keys.map(({ path }) => [formatKeyPath(path), formatKeyPath(path.slice(0, -1))]));
  // An entry without a value may get one.
  const scalars = spans.filter(({ isKey, start, end }) => !isKey && start < end);
  const said = scalars.map(({ path, value }) => `${formatKeyPath(path)} ${typeof value} ${String(value)}`);
  return { parts: new Set([...entries.keys(), ...said]), entries };
}

function isUnion(all: Content, ours: Content, theirs: Content, none: Content): boolean {
  const union = new Set([...ours.parts, ...theirs.parts]);
  const parents = new Set([...parentsOfNew(ours, none), ...parentsOfNew(theirs, none)]);
  return (
    all.parts.size === union.size &&
    [...all.parts].every((part) => union.has(part)) &&
    [...none.parts].every((part) => ours.parts.has(part) && theirs.parts.has(part)) &&
    union.size === ours.parts.size + theirs.parts.size - none.parts.size &&
    parentsOfNew(ours, none).length > 0 &&
    parentsOfNew(theirs, none).length > 0 &&
    parents.size === 1
  );
}

// The mappings that got entries, but for those that are new themselves.
function parentsOfNew({ entries }: Content, before: Content): readonly string[] {
  const isNew = (path: string) => entries.has(path) && !before.entries.has(path);
  return [...entries].flatMap(([path, parent]) => (isNew(path) && !isNew(parent) ? [parent] : []));
}
