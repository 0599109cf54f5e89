import { columnOf, lineBelow, lineEndAt, trimmedEnd } from './lines.js';
import { endOfEntry, type OutlineList, type OutlineMap } from './outline.js';
import type { Edit } from './places.js';

/** The ways to take an item of a mapping or list away; comments on other lines stay. */
export function waysToRemove(text: string, holder: OutlineMap | OutlineList, index: number): readonly Edit[] {
  const parts =
    holder.kind === 'map'
      ? holder.entries.map((entry) => ({ start: entry.start, end: endOfEntry(entry) }))
      : holder.items.map(({ start, end }) => ({ start, end }));
  const part = parts[index];
  if (part === undefined) return [];
  const empty = holder.kind === 'map' ? '{}' : '[]';
  if (parts.length === 1) return emptied(text, holder, empty);
  const [previous, next] = [parts[index - 1], parts[index + 1]];
  if (holder.flow) {
    if (previous) return [{ start: previous.end, end: part.end, text: '' }];
    return next ? [{ start: part.start, end: next.start, text: '' }] : [];
  }
  const lineStart = part.start - columnOf(text, part.start);
  const isAlone = holder.kind === 'list' ? /^[ ]*-[ \t]*(?:[&!][^ ]*[ \t]+)*$/ : /^[ ]*(?:[&!"'][^ ]*[ \t]*)*$/;
  const below = [trimmedEnd(text, part.start, part.end), part.end].map((end) => lineBelow(text, end));
  // Blank lines below stay, unless they would become a part of what is above.
  const blank = /^(?:[ \t]*\r?\n)*/.exec(text.slice(below[0]))?.[0].length ?? 0;
  const wholeLines = [...below, (below[0] ?? 0) + blank].map((end) => {
    // What was the last line took its line end from the one above.
    const isLast = end >= text.length && !text.endsWith('\n');
    return { start: isLast ? Math.max(lineStart - 1, 0) : lineStart, end, text: '' };
  });
  if (isAlone.test(text.slice(lineStart, part.start))) return wholeLines;
  // It shares its first line with what is around it, as in "- a: 1": the next key, or a comment above that, takes its place.
  const start = holder.kind === 'list' ? holder.start : part.start;
  return wholeLines.map(({ end }) => ({ start, end: end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0), text: '' }));
}

function emptied(text: string, holder: OutlineMap | OutlineList, empty: string): readonly Edit[] {
  if (holder.flow) return [{ start: holder.start, end: holder.end, text: empty }];
  const end = trimmedEnd(text, holder.start, holder.end);
  const lineEnd = lineEndAt(text, end);
  const joined = trimmedEnd(text, 0, holder.start);
  return [
    ...(text[joined - 1] === ':' ? [{ start: joined, end: lineEnd, text: ` ${empty}` }] : []),
    { start: holder.start, end: lineEnd, text: empty },
    // A list may stand as far to the left as the key above it; brackets may not.
    { start: holder.start, end: lineEnd, text: ` ${empty}` },
    { start: holder.start, end: holder.end, text: `${empty}\n` },
  ];
}
