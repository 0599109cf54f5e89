import path from 'node:path';
import { RECIPIENTS_FILE } from '../../recipients/file.js';
import { shownPath } from '../../files/shown.js';
import type { Standing } from '../../verbs/recipients/matrix/differences.js';
import type { Column } from '../../verbs/recipients/matrix/columns.js';
import type { Matrix, MatrixRow } from '../../verbs/recipients/matrix/matrix.js';

/** How a terminal shows what a key can read. */
export const MARKS: Readonly<Record<Standing, string>> = {
  ...{ reader: 'x', missing: '-', extra: '+', unusable: '!', unsure: '?' },
};
const NOTHING = '.';

const COUNT_HEAD = 'values';
// Fewer columns would make more blocks than anybody reads.
const FEWEST = 8;

/**
 * The rows of a matrix with a column for each key, under its number. Keys that do not fit beside each other are in a block of their own,
 * with all rows again.
 */
export function gridLines({ columns, rows }: Matrix, width: number): readonly string[] {
  const longest = rows.reduce((most, row) => Math.max(most, row.path.length), 0);
  const rest = COUNT_HEAD.length + 4 + Math.min(longest, Math.floor(width / 2));
  const size = Math.max(FEWEST, Math.floor((width - rest) / 2));
  const numbered = columns.map((column, i) => ({ column, number: i + 1 }));
  const blocks = Array.from({ length: Math.max(1, Math.ceil(columns.length / size)) }, (_, i) =>
    numbered.slice(i * size, (i + 1) * size),
  );
  return blocks.flatMap((block, i) => [...(i === 0 ? [] : ['']), ...blockLines(block, rows, width)]);
}

interface Numbered {
  readonly column: Column;
  readonly number: number;
}

function blockLines(block: readonly Numbered[], rows: readonly MatrixRow[], width: number): readonly string[] {
  const cells = (textOf: (one: Numbered) => string) => block.map((one) => `${textOf(one)} `).join('');
  const digits = String(block.at(-1)?.number ?? 0).length;
  // Numbers stand upright, so that each column is as narrow as a mark.
  const head = Array.from({ length: digits }, (_, i) =>
    cells(({ number }) => String(number).padStart(digits).charAt(i)),
  ).map((line, i) => (i === digits - 1 ? `${line} ${COUNT_HEAD}` : line.trimEnd()));
  const lines = rows.flatMap((row) => {
    const marks = cells(({ column }) => markOf(row.standings.get(column.id)));
    const start = `${marks} ${String(totalOf(row)).padStart(COUNT_HEAD.length)}  `;
    const source = sourceText(row);
    if (source === '') return [start + row.path];
    const whole = `${start}${row.path}: ${source}`;
    return whole.length <= width ? [whole] : [`${start}${row.path}:`, `${' '.repeat(start.length + 2)}${source}`];
  });
  return [...head, ...lines];
}

function markOf(standing: Standing | undefined): string {
  return standing === undefined ? NOTHING : MARKS[standing];
}

/** How many values a row has, of all methods. */
export function totalOf({ values, otherMethods }: MatrixRow): number {
  return [...otherMethods.values()].reduce((sum, number) => sum + number, values);
}

/** What names the recipients of a row, if that is not the recipients file of its folder. */
function sourceText({ path: folder, source, method }: MatrixRow): string {
  if (source === shownPath(path.join(folder, RECIPIENTS_FILE))) return '';
  return source ?? (method === undefined ? 'no recipients' : `${method} only`);
}
