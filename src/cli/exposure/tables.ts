import { printable, printableJson } from '../../text/printable.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import { digestOfValues, type Finding } from '../../verbs/exposure/finding.js';
import type { Point } from '../../verbs/exposure/rows.js';
import { onlyOn, type Place } from '../../verbs/exposure/today.js';
import { NOT_COVERED, placeText, whereText } from './shown.js';

/** The same for programs. */
export function exposureJson({ people, findings, gaps, silent, closed }: Exposure): string {
  const json = {
    person: people.map(({ spec, keys, keyIds }) => ({ spec, keys, keyIds: [...keyIds] })),
    secrets: findings.map(findingJson),
    ...{ otherMethods: silent, closedToday: closed },
    gaps,
    notCovered: NOT_COVERED,
  };
  return `${printableJson(json)}\n`;
}

function findingJson(finding: Finding) {
  const { state, why, file, key, people, places, first, last, ended, changedBy, digest, uncompared } = finding;
  return {
    ...{ state, why, file, key },
    people: people.map(({ spec }) => spec),
    places: places.map(placeJson),
    first: pointJson(first),
    last: pointJson(last),
    ...(ended && { ended: pointJson(ended) }),
    changedBy: changedBy ?? null,
    ...{ digest, uncompared },
  };
}

function placeJson(place: Place) {
  const branches = onlyOn(place);
  const digest = digestOfValues(place.values);
  return { file: place.file, key: place.key, digest, ...(branches.length > 0 && { onlyOn: branches }) };
}

function pointJson(point: Point | undefined) {
  return point ? { commit: point.commit, date: point.date } : null;
}

/** The same as a table for a spreadsheet. */
export function exposureCsv({ findings }: Exposure): string {
  const head = ['state', 'file', 'key', 'places', 'first commit', 'first date', 'last commit', 'last date'];
  const rows = findings.map(({ state = '', why = '', file, key, places, first, last, ended, changedBy = '' }) => [
    ...[
      state,
      file,
      key ?? '',
      places.map((place) => [placeText(place), whereText(place)].filter(Boolean).join(', ')).join('; '),
    ],
    ...[first?.commit, first?.date, last?.commit, last?.date, changedBy, ended?.commit, ended?.date, why],
  ]);
  return csv([[...head, 'changed by', 'ended commit', 'ended date', 'why'], ...rows]);
}

/** RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe, which makes it text there. */
export function csv(rows: readonly (readonly (string | undefined)[])[]): string {
  const cell = (text = '') => {
    const safe = printable(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
    return /[",;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
