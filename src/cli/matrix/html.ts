import type { Column } from '../../verbs/recipients/matrix/columns.js';
import type { Standing, Standings } from '../../verbs/recipients/matrix/differences.js';
import type { Matrix, MatrixRow } from '../../verbs/recipients/matrix/matrix.js';
import { page } from '../page/page.js';
import type { Cell, Row, Tone } from '../page/table.js';
import { totalOf } from './grid.js';
import { refuseTooLarge } from './size.js';
import { aboutKey, meaningsIn, nameOf, notesOf, placeText, remarksOf, summaryOf } from './words.js';

const TONES: Readonly<Record<Standing, Tone>> = {
  ...{ reader: 'good', missing: 'bad', extra: 'bad', unusable: 'unsure', unsure: 'unsure' },
};

// More than a browser shows in a table.
const MOST_CELLS = 500_000;

/**
 * Who can read what, as a page that sorts, filters and prints: the rows and their values that differ, with a column for each key.
 *
 * @param made - when.
 * @throws `EyamlError` `USAGE` if it is too large for a page.
 */
export function matrixHtml(matrix: Matrix, made: Date): string {
  const { columns, rows } = matrix;
  const groups = rows.reduce((sum, { differing }) => sum + differing.length, 0);
  refuseTooLarge('html', rows.length + groups, columns.length, MOST_CELLS);
  return page({
    title: 'Who can read what',
    facts: [summaryOf(matrix), ...meaningsIn(matrix).map(([standing, meaning]) => `${standing}: ${meaning}`)],
    warnings: rows.flatMap(({ unread }) => unread.map(({ message }) => `the report is not complete: ${message}`)),
    caption: 'Folders, and values that differ from their recipients, by keys',
    columns: [
      { name: 'where', isHeading: true },
      { name: 'row', hasChoices: true },
      { name: 'values' },
      ...columns.map((column, i) => ({ name: `${i + 1} ${nameOf(column)}`, isNarrow: true })),
    ],
    rows: rows.flatMap((row) => [rowCells(row, columns), ...differingCells(row, columns)]),
    footer: [
      ...columns.map((column, i) => `${i + 1} ${aboutKey(column)}`),
      'read: the files on disk; nothing was decrypted',
      `made by eyaml recipients --tree on ${made.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    ],
  });
}

function rowCells(row: MatrixRow, columns: readonly Column[]): Row {
  return [
    { text: row.path, notes: [row.source ?? 'no recipients', ...notesOf(row)] },
    'all values',
    String(totalOf(row)),
    ...standingCells(row.standings, columns),
  ];
}

// A row for all values that differ in the same way: after somebody joined, these may be all values of a tree.
function differingCells(row: MatrixRow, columns: readonly Column[]): readonly Row[] {
  return row.differing.map(({ difference, standings, places }) => [
    { text: places.map(placeText), notes: [`in ${row.path}`, ...remarksOf(difference)] },
    'values that differ',
    String(places.length),
    ...standingCells(standings, columns),
  ]);
}

function standingCells(standings: Standings, columns: readonly Column[]): readonly Cell[] {
  return columns.map(({ id }) => {
    const standing = standings.get(id);
    return standing === undefined ? '' : { text: standing, tone: TONES[standing] };
  });
}
