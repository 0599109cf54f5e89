import { abridged } from '../../text/abridged.js';
import { groupedFingerprint } from '../../text/fingerprint.js';
import { groupBy } from '../../text/group-by.js';
import { printable } from '../../text/printable.js';
import { problemLines } from '../../text/problems.js';
import type { Column } from '../../verbs/recipients/matrix/columns.js';
import type { Differing, Standing } from '../../verbs/recipients/matrix/differences.js';
import type { Matrix } from '../../verbs/recipients/matrix/matrix.js';
import type { ValuePlace } from '../../verbs/recipients/matrix/tally.js';
import { count } from '../plan-text.js';
import { gridLines, MARKS } from './grid.js';
import { expiryOf, meaningsIn, nameOf, othersText, placeText, remarksOf, summaryOf } from './words.js';

/**
 * Who can read what, for a terminal: the keys with their numbers, the rows with a mark for each key, then what differs in each row.
 *
 * @param width - of the terminal.
 */
export function matrixText(matrix: Matrix, width: number): string {
  const lines = [
    ...legendLines(matrix.columns, width),
    ...gridLines(matrix, width),
    ...apart(meaningsIn(matrix).map(([standing, meaning]) => `${MARKS[standing]} ${meaning}`)),
    ...apart(detailLines(matrix)),
    ...apart([summaryOf(matrix)]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function apart(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function legendLines(columns: readonly Column[], width: number): readonly string[] {
  if (columns.length === 0) return [];
  const digits = String(columns.length).length;
  const shown = columns.map((column, i) => {
    const number = String(i + 1).padStart(digits);
    const more = column.key ? (column.key.isYou ? ' (you)' : '') : ': no such key is known';
    const name = nameOf(column) + more;
    const about = column.key && { fingerprint: groupedFingerprint(column.id), expiry: expiryOf(column.key) };
    return { number, name, about };
  });
  const longest = shown.reduce((most, { about }) => Math.max(most, about?.expiry.length ?? 0), 0);
  const oneLine = shown.map(({ number, name, about }) =>
    [number, ...(about ? [about.fingerprint, about.expiry.padEnd(longest)] : []), name].join('  '),
  );
  if (oneLine.every(({ length }) => length <= width)) return [...oneLine, ''];
  const twoLines = shown.flatMap(({ number, name, about }) => [
    `${number}  ${name}`,
    ...(about ? [`${' '.repeat(digits)}  ${about.fingerprint}  ${about.expiry}`] : []),
  ]);
  return [...twoLines, ''];
}

function detailLines({ rows, columns }: Matrix): readonly string[] {
  const problems = rows.flatMap(({ problem, people, unread }) => [
    ...(problem ? [problem] : []),
    ...people.flatMap((person) => person.problem ?? []),
    ...unread,
  ]);
  const distinct = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  const damaged = rows.flatMap((row) => row.damaged);
  const names = new Map(columns.map((column, i) => [column.id, `${i + 1} ${nameOf(column)}`]));
  const differing = rows.flatMap((row) =>
    row.differing.map((one) => ({ about: differenceLines(one, names), places: one.places })),
  );
  // The same difference in several folders is told once.
  const groups = groupBy(differing, ({ about }) => about.join('\n'));
  return [
    ...(problems.length === 0 ? [] : ['problems:', ...problemLines([...distinct.values()])]),
    ...othersText(rows),
    ...(damaged.length === 0 ? [] : causeLines('damaged value', ['nobody can tell who could read it'], damaged)),
    ...[...groups.values()].flatMap((group) => {
      const places = group.flatMap(({ places }) => places);
      return causeLines('value', group[0]?.about ?? [], places);
    }),
  ];
}

function causeLines(what: string, about: readonly string[], places: readonly ValuePlace[]): readonly string[] {
  const { shown, more } = abridged(places);
  return [
    `${count(places.length, what)}:`,
    ...about.map((line) => `  ${line}`),
    ...shown.map((place) => `    ${placeText(place)}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function saidOf(standing: Standing, isListed: boolean): string | undefined {
  if (standing === 'missing') return 'cannot read it';
  if (standing === 'extra') return 'can read it, and is not a recipient';
  if (standing !== 'unsure') return undefined;
  return isListed ? 'may be the reader who is not named' : 'can read it; a line without a key may mean it';
}

function differenceLines({ difference, standings }: Differing, names: ReadonlyMap<string, string>): readonly string[] {
  const keys = Array.from(standings).flatMap(([id, standing]) => {
    const said = saidOf(standing, difference.missing.includes(id));
    return said === undefined ? [] : [`${MARKS[standing]} ${names.get(id) ?? id} ${said}`];
  });
  return [...keys, ...remarksOf(difference).map((remark) => `! ${remark}`)];
}
