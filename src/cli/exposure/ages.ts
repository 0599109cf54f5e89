import { printable, printableJson } from '../../text/printable.js';
import type { Age } from '../../verbs/exposure/age.js';
import { count } from '../plan-text.js';
import { code, escaped } from './markdown.js';
import { placeText, pointText } from './shown.js';
import { csv } from './tables.js';

/** How long secrets have had their plaintexts, for a terminal. */
export function agesText(ages: readonly Age[]): string {
  const lines = ages.map((age) => `${daysText(age).padStart(14)}  ${placeText(age)}${sinceText(age)}`);
  return [...lines, count(ages.length, 'secret')].map((line) => `${printable(line)}\n`).join('');
}

/** The same as a table. */
export function agesCsv(ages: readonly Age[]): string {
  const rows = ages.map(({ file, key, days, since, why }) => [
    ...[file, key ?? '', days === undefined ? '' : String(days)],
    ...[since?.commit, since?.date, since?.author, why],
  ]);
  return csv([['file', 'key', 'days', 'since commit', 'since date', 'changed by', 'why unsure'], ...rows]);
}

/** The same for programs. */
export function agesJson(ages: readonly Age[]): string {
  const json = ages.map(({ file, key, days, since, why }) => ({
    ...{ file, key, days: days ?? null },
    since: since ? { commit: since.commit, date: since.date } : null,
    changedBy: since?.author ?? null,
    ...(why !== undefined && { why }),
  }));
  return `${printableJson(json)}\n`;
}

/** The same as a checklist. */
export function agesMarkdown(ages: readonly Age[]): string {
  return ages.map((age) => `- [ ] ${code(placeText(age))}: ${escaped(daysText(age) + sinceText(age))}\n`).join('');
}

/** The days as people say them. */
export function daysText({ days, since, why }: Age): string {
  if (days === undefined) return since ? 'unknown' : 'not committed';
  return `${why === undefined ? '' : 'at least '}${count(days, 'day')}`;
}

function sinceText({ since, why }: Age): string {
  const by = since ? `, since ${pointText(since)} by ${since.author}` : '';
  return why === undefined ? by : `${by}; ${why}`;
}
