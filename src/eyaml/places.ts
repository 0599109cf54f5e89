import type { KeyPath } from './key-path.js';
import type { Located } from './locate.js';
import { columnOf, lineEndAt, trimmedEnd } from './lines.js';
import { blockText, flowText, scalarText, type Habits, type NewScalar } from './nested.js';
import { endOfEntry, type Outline, type OutlineList, type OutlineMap } from './outline.js';

/** A replacement of a part of a text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A text, and what is known about it. */
export interface Outlined {
  readonly text: string;
  readonly outline: Outline;
  readonly habits: Habits;
}

/**
 * The ways to write a value where a key path leads to, the best first. Not every one gives the right document: a comment or a block
 * scalar may be in the way. The caller tries them.
 */
export function waysToWrite(outlined: Outlined, path: KeyPath, located: Located, value: NewScalar): readonly Edit[] {
  if (located.kind === 'scalar') return overScalar(outlined, located, value);
  const { parent, depth } = located;
  const rest = path.slice(depth);
  if (parent === undefined || parent.kind === 'scalar')
    return depth === 0
      ? atEnd(outlined, blockText(rest, 0, value, outlined.habits, isListed(rest)), 0)
      : intoEmpty(outlined, located, rest, value);
  if (parent.kind === 'alias') return [];
  return parent.flow ? intoFlow(parent, rest, value) : intoBlock(outlined, parent, depth === 0, rest, value);
}

const isListed = ([part]: KeyPath) => typeof part === 'number';

function overScalar(
  { text, habits }: Outlined,
  located: Located & { kind: 'scalar' },
  value: NewScalar,
): readonly Edit[] {
  const { node, holder, index } = located;
  const inFlow = (holder?.kind === 'map' || holder?.kind === 'list') && holder.flow;
  if (node === undefined) {
    const entry = holder?.kind === 'map' ? holder.entries[index] : undefined;
    return entry && inFlow ? [{ start: entry.keyEnd, end: entry.keyEnd, text: `: ${flowText([], value, false)}` }] : [];
  }
  const { start, end } = node;
  if (inFlow) return value.block ? [] : [spaced(text, start, end, flowText([], value, false))];
  const below = holder === undefined ? 2 : columnOf(text, holder.start) + (holder.kind === 'list' ? 2 : habits.step);
  const source = text.slice(start, end);
  const lineEnd = lineEndAt(text, end);
  if (node.isBlock) {
    const comment = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)/.exec(source)?.[1] ?? '';
    const ends = /(?:\r?\n)*$/.exec(source)?.[0] ?? '';
    return [{ start, end, text: withComment(scalarText(value, below), comment) + ends }];
  }
  if (!value.block) return [spaced(text, start, end, scalarText(value, below))];
  const block = withComment(scalarText(value, below), text.slice(end, lineEnd));
  return [{ ...spaced(text, start, lineEnd, block), end: lineEnd }];
}

// The comment of a scalar that becomes a block stands behind the header.
function withComment(scalar: string, comment: string): string {
  const header = scalar.indexOf('\n');
  const room = comment === '' || /^[ \t]/.test(comment) ? '' : ' ';
  return header === -1 ? scalar + room + comment : scalar.slice(0, header) + room + comment + scalar.slice(header);
}

// Between a colon and a value, and between a value and a comment, there has to be a blank.
function spaced(text: string, start: number, end: number, value: string): Edit {
  const before = /[\s[{,]/.test(text[start - 1] ?? '\n') ? '' : ' ';
  return { start, end, text: `${before}${value}${text[end] === '#' ? ' ' : ''}` };
}

// In place of nothing (or a null): the rest of the path on the lines below.
function intoEmpty(
  { text, habits }: Outlined,
  located: Located & { kind: 'missing' },
  rest: KeyPath,
  value: NewScalar,
): readonly Edit[] {
  const { parent, holder } = located;
  if (parent === undefined || holder === undefined || (holder.kind !== 'map' && holder.kind !== 'list')) return [];
  const listed = isListed(rest);
  if (holder.flow) {
    const inner = flowText(rest, value, listed);
    return value.block ? [] : [spaced(text, parent.start, parent.end, listed ? `[${inner}]` : `{${inner}}`)];
  }
  const column = columnOf(text, holder.start);
  if (holder.kind === 'list') {
    return [spaced(text, parent.start, parent.end, blockText(rest, column + 2, value, habits, listed))];
  }
  const lineEnd = lineEndAt(text, parent.end);
  const start = trimmedEnd(text, parent.start - columnOf(text, parent.start), parent.start);
  const comment = text.slice(parent.end, lineEnd).trim();
  const below = column + (listed ? habits.listStep : habits.step);
  const head = comment === '' ? '' : ` ${comment}`;
  return [
    { start, end: lineEnd, text: `${head}\n${' '.repeat(below)}${blockText(rest, below, value, habits, listed)}` },
  ];
}

function intoFlow(parent: OutlineMap | OutlineList, rest: KeyPath, value: NewScalar): readonly Edit[] {
  if (value.block) return [];
  const written = flowText(rest, value, parent.kind === 'list');
  const last = parent.kind === 'map' ? parent.entries.at(-1) : parent.items.at(-1);
  if (last === undefined) return [{ start: parent.start + 1, end: parent.start + 1, text: written }];
  const end = 'key' in last ? endOfEntry(last) : last.end;
  return [{ start: end, end, text: `, ${written}` }];
}

function intoBlock(
  outlined: Outlined,
  parent: OutlineMap | OutlineList,
  isRoot: boolean,
  rest: KeyPath,
  value: NewScalar,
): readonly Edit[] {
  const { text, habits } = outlined;
  const column = columnOf(text, parent.start);
  const written = blockText(rest, column, value, habits, parent.kind === 'list');
  const last = parent.kind === 'map' ? parent.entries.at(-1) : parent.items.at(-1);
  if (last === undefined) return [];
  const end = 'key' in last ? endOfEntry(last) : last.end;
  const below = [
    newLineBelow(text, trimmedEnd(text, parent.start, end), column, written),
    newLineBelow(text, end, column, written),
  ];
  const atTop = { start: parent.start, end: parent.start, text: `${written}\n${' '.repeat(column)}` };
  return [...(isRoot ? atEnd(outlined, written, column) : []), ...below, ...(parent.kind === 'map' ? [atTop] : [])];
}

// Below all that stands in the document, its comments too.
function atEnd({ text, outline: { end } }: Outlined, written: string, column: number): readonly Edit[] {
  const last = trimmedEnd(text, 0, end);
  return [newLineBelow(text, last, column, written), newLineBelow(text, end, column, written)];
}

function newLineBelow(text: string, offset: number, column: number, written: string): Edit {
  const isAtStart = offset === 0 || text[offset - 1] === '\n';
  const lineEnd = isAtStart ? offset : lineEndAt(text, offset);
  const line = ' '.repeat(column) + written;
  const isLast = lineEnd >= text.length;
  // The line end belongs to the line: a file without one at its end still has none.
  if (isAtStart) return { start: lineEnd, end: lineEnd, text: `${line}\n` };
  if (isLast) return { start: lineEnd, end: lineEnd, text: `\n${line}` };
  const eol = text.startsWith('\r\n', lineEnd) ? '\r\n' : '\n';
  const next = lineEnd + eol.length;
  return { start: next, end: next, text: line.replaceAll('\n', eol) + eol };
}
