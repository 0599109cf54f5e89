import { printableJson } from '../../text/printable.js';
import type { Column } from '../../verbs/recipients/matrix/columns.js';
import type { Matrix, MatrixRow } from '../../verbs/recipients/matrix/matrix.js';
import type { ValuePlace } from '../../verbs/recipients/matrix/tally.js';
import { csv } from '../exposure/tables.js';
import { expiryJson, governedObject } from '../recipients-text.js';
import { totalOf } from './grid.js';
import { refuseTooLarge } from './size.js';
import { aboutKey, notesOf, remarksOf } from './words.js';

/** The same for programs: what `recipients --json` says of each row, and who can read the values there. */
export function matrixJson({ columns, rows }: Matrix): string {
  return `${printableJson(rows.map((row) => rowJson(row, columns)))}\n`;
}

function rowJson(row: MatrixRow, columns: readonly Column[]): object {
  const { values, otherMethods, differing, damaged, unread } = row;
  return {
    ...governedObject(row),
    values,
    otherMethods: Object.fromEntries(otherMethods),
    readers: columns.flatMap((column) => {
      const standing = row.standings.get(column.id);
      return standing === undefined ? [] : [{ ...columnJson(column), standing }];
    }),
    differing: differing.map(({ difference, places }) => ({ ...difference, values: places.map(placeJson) })),
    damaged: damaged.map(placeJson),
    unread: unread.map(({ place, message }) => ({ ...place, message })),
  };
}

function placeJson({ file, line, keyPath }: ValuePlace): object {
  return { file, line, key: keyPath ?? null };
}

function columnJson({ id, key }: Column): object {
  if (key === undefined) return { keyId: id };
  return { fingerprint: id, userId: key.userId, expires: expiryJson(key) };
}

const MOST_CELLS = 5_000_000;

/** The same as a table for a spreadsheet: the rows, each followed by its values that differ, and a column for each key. */
export function matrixCsv({ columns, rows }: Matrix): string {
  const places = rows.flatMap(({ differing }) => differing).reduce((sum, one) => sum + one.places.length, 0);
  refuseTooLarge('csv', rows.length + places, columns.length, MOST_CELLS);
  const lines = rows.flatMap((row) => [
    [
      ...[row.path, row.source, '', '', '', String(totalOf(row))],
      ...columns.map((column) => row.standings.get(column.id)),
      notesOf(row).join('; '),
    ],
    ...row.differing.flatMap(({ difference, standings, places }) => {
      const cells = columns.map((column) => standings.get(column.id));
      const about = [...cells, remarksOf(difference).join('; ')];
      return places.map(({ file, line, keyPath }) => [row.path, row.source, file, String(line), keyPath, '', ...about]);
    }),
  ]);
  return csv([['path', 'source', 'file', 'line', 'key', 'values', ...columns.map(aboutKey), 'notes'], ...lines]);
}
