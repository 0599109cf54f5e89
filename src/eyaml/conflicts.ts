/** Lines on which two sides of a merge do not agree. */
export interface Conflict {
  readonly ours: string;
  /** What stood there before; undefined where git does not show it. */
  readonly base?: string | undefined;
  readonly theirs: string;
  /** Where its first marker is; 0 for a conflict that was not read. */
  readonly offset: number;
  /** The lines of its markers as they were read: before each side, and at the end. */
  readonly markers?: Readonly<Partial<Record<Side | 'end', string>>>;
}

/** A text as git merged it: text without conflicts, and conflicts. */
export type Merged = readonly (string | Conflict)[];

/** One text of a merge. */
export type Side = 'ours' | 'base' | 'theirs';

// git merge-file: `<<<<<<< ours`, `||||||| base`, `=======`, `>>>>>>> theirs`. They are longer in a merge inside a merge.
const MARKER = /^(?:<{7,}|\|{7,}|={7,}|>{7,})(?=[ \t\r\n]|$)/;
const STARTS: Readonly<Record<string, Side | 'end'>> = { '<': 'ours', '|': 'base', '=': 'theirs', '>': 'end' };
const FOLLOWS: Readonly<Record<Side, readonly (Side | 'end')[]>> = {
  ours: ['base', 'theirs'],
  base: ['theirs'],
  theirs: ['end'],
};

/** A conflict that is being read. */
interface Open {
  readonly start: number;
  readonly offset: number;
  readonly size: number;
  side: Side;
  readonly parts: Record<Side, string[]>;
  readonly markers: Partial<Record<Side | 'end', string>>;
}

/**
 * Reads a text with git's conflict markers, in time linear in the text. Markers that are not a whole conflict are ordinary text.
 *
 * @param size - the length of the markers; without it, that of each conflict's first one.
 */
export function readConflicts(text: string, size?: number): Merged {
  const merged: (string | Conflict)[] = [];
  const lines = text.split(/(?<=\n)/);
  let clean: string[] = [];
  let open: Open | undefined;
  let offset = 0;
  for (const [i, line] of lines.entries()) {
    const marker = MARKER.exec(line)?.[0] ?? '';
    const starts = STARTS[marker.charAt(0)];
    if (starts === 'ours' && (open ? marker.length === open.size : size === undefined || marker.length === size)) {
      if (open) clean.push(...lines.slice(open.start, i));
      const parts = { ours: [], base: [], theirs: [] };
      open = { start: i, offset, size: marker.length, side: 'ours', parts, markers: { ours: line } };
    } else if (open === undefined) clean.push(line);
    else if (starts === undefined || marker.length !== open.size || !FOLLOWS[open.side].includes(starts))
      open.parts[open.side].push(line);
    else {
      open.markers[starts] = line;
      if (starts === 'end') {
        merged.push(clean.join(''), conflictOf(open));
        [clean, open] = [[], undefined];
      } else open.side = starts;
    }
    offset += line.length;
  }
  if (open) clean.push(...lines.slice(open.start));
  return [...merged, clean.join('')].filter((piece) => piece !== '');
}

function conflictOf({ parts, offset, markers }: Open): Conflict {
  const [ours = '', base, theirs = ''] = [parts.ours, parts.base, parts.theirs].map((lines) => lines.join(''));
  return { ours, base: markers.base === undefined ? undefined : base, theirs, offset, markers };
}

/** The conflicts of a text. */
export function conflictsIn(merged: Merged): readonly Conflict[] {
  return merged.filter((piece) => typeof piece !== 'string');
}

/** The text if one side of every conflict were chosen. */
export function resolved(merged: Merged, side: Side): string {
  return merged.map((piece) => (typeof piece === 'string' ? piece : (piece[side] ?? ''))).join('');
}

/** The text with conflict markers: as they were read, or of a length, with the names `ours`, `base` and `theirs`. */
export function withMarkers(merged: Merged, size?: number): string {
  return merged.map((piece) => (typeof piece === 'string' ? piece : conflictText(piece, size))).join('');
}

function conflictText({ ours, base, theirs, markers }: Conflict, size: number | undefined): string {
  const end = (ours || theirs).endsWith('\r\n') ? '\r\n' : '\n';
  const marker = (starts: Side | 'end', character: string, label: string) =>
    (size === undefined ? markers?.[starts] : undefined) ?? character.repeat(size ?? SHORTEST) + label + end;
  const middle = base === undefined ? '' : marker('base', '|', ' base') + base;
  return `${marker('ours', '<', ' ours')}${ours}${middle}${marker('theirs', '=', '')}${theirs}${marker('end', '>', ' theirs')}`;
}

const SHORTEST = 7;
