import { resolved, type Merged } from './conflicts.js';
import { formatKeyPath, type KeyPath } from './key-path.js';
import { lineBelow } from './lines.js';
import { endOfEntry, outlineOf, type OutlineNode } from './outline.js';

/** The lines of an entry of a mapping. */
interface EntryLines {
  readonly start: number;
  readonly end: number;
  /** Undefined if something else stands on them. */
  readonly text: string | undefined;
}

/**
 * Makes a conflict of each key that two sides of a merge added at different places, or, if both added the same, keeps one of the two.
 *
 * @param ours - the text of one side, which has no key twice.
 * @param theirs - the same of the other.
 * @returns undefined where that is not possible: an entry that does not stand on lines of its own, for instance.
 */
export async function settleDuplicates(merged: Merged, ours: string, theirs: string): Promise<Merged | undefined> {
  const entriesOfSides = await Promise.all([ours, theirs].map(entriesOf));
  let settled = merged;
  for (;;) {
    const found = [...(await entriesOf(resolved(settled, 'ours')))].find(
      ([path, { length }]) =>
        length > 1 && entriesOfSides.every((entries) => (entries.get(path)?.length ?? 0) < length),
    );
    if (found === undefined) return settled;
    const [path, [first, second, ...others]] = found;
    const [own, other] = entriesOfSides.map((entries) => entries.get(path)?.[0]?.text);
    if (!first || !second || others.length > 0 || own === undefined || other === undefined) return undefined;
    const inOrder = first.text === own && second.text === other;
    if (!inOrder && !(first.text === other && second.text === own)) return undefined;
    const [mine, their] = inOrder ? [first, second] : [second, first];
    const conflict = own === other ? [own] : [{ ours: own, base: '', theirs: other, offset: 0 }];
    const changed = [[mine, conflict] as const, [their, []] as const].sort(([a], [b]) => b.start - a.start);
    for (const [entry, pieces] of changed) {
      const next = replaced(settled, entry, pieces);
      if (next === undefined) return undefined;
      settled = next;
    }
  }
}

// The entries of a text by key path; those of other documents have other paths.
async function entriesOf(text: string): Promise<ReadonlyMap<string, readonly EntryLines[]>> {
  const found = new Map<string, EntryLines[]>();
  const visit = (node: OutlineNode | undefined, path: KeyPath): void => {
    if (node?.kind === 'list') node.items.forEach((item, i) => visit(item, [...path, i]));
    if (node?.kind !== 'map') return;
    for (const entry of node.entries) {
      const below = [...path, entry.key];
      const start = text.lastIndexOf('\n', entry.start - 1) + 1;
      const end = lineBelow(text, endOfEntry(entry));
      const key = formatKeyPath(below);
      const isAlone = !node.flow && text.slice(start, entry.start).trim() === '';
      found.set(key, [...(found.get(key) ?? []), { start, end, text: isAlone ? text.slice(start, end) : undefined }]);
      visit(entry.value, below);
    }
  };
  const { documents } = await outlineOf(text);
  documents.forEach((document, i) => visit(document, [i]));
  return found;
}

// The text with one side of each conflict has something else in a part of it; undefined if a conflict is in that part.
function replaced(merged: Merged, { start, end }: EntryLines, by: Merged): Merged | undefined {
  let offset = 0;
  for (const [i, piece] of merged.entries()) {
    const from = offset;
    offset += typeof piece === 'string' ? piece.length : piece.ours.length;
    if (end > offset) continue;
    if (typeof piece !== 'string' || start < from) return undefined;
    const around = [piece.slice(0, start - from), ...by, piece.slice(end - from)];
    return [...merged.slice(0, i), ...around, ...merged.slice(i + 1)].filter((part) => part !== '');
  }
  return undefined;
}
