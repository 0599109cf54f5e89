import type { Age } from '../../verbs/exposure/age.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import type { Finding, State } from '../../verbs/exposure/finding.js';
import type { Point } from '../../verbs/exposure/rows.js';
import type { KnownReader } from '../../verbs/exposure/readers.js';
import { page } from '../page/page.js';
import type { Cell, Column, Row, Tone } from '../page/table.js';
import { count } from '../plan-text.js';
import type { About } from './about.js';
import { daysText } from './ages.js';
import { nameOf } from './readers.js';
import { lapsedText, limitsOf, NOT_COVERED, personText, placeText, pointText, summaryOf, whereText } from './shown.js';

const TONES: Readonly<Record<State, Tone>> = {
  exposed: 'bad',
  unknown: 'unsure',
  accepted: 'quiet',
  rotated: 'good',
  removed: 'good',
};

/** What people could read, as a page that sorts, filters and prints. */
export function exposureHtml(exposure: Exposure, about: About): string {
  const { people, findings, lapsed } = exposure;
  const isCompared = findings.some(({ state }) => state !== undefined);
  const columns: readonly (Column & { readonly cellOf: (finding: Finding) => Cell })[] = [
    ...(isCompared ? [{ name: 'state', hasChoices: true, cellOf: stateCell }] : []),
    { name: 'secret', isHeading: true, cellOf: secretCell },
    ...(people.length > 1 ? [{ name: 'could be read by', cellOf: peopleCell }] : []),
    ...(isCompared ? [{ name: 'in use at', cellOf: placesCell }] : []),
    { name: 'first readable', cellOf: ({ first }) => pointText(first) },
    { name: 'last readable', cellOf: ({ last }) => pointText(last) },
    { name: 'last changed by', cellOf: ({ changedBy = '' }) => changedBy },
    ...(isCompared ? [{ name: 'rotated or removed', cellOf: ({ ended }: Finding) => endCell(ended) }] : []),
  ];
  return page({
    title: summaryOf(exposure),
    facts: people.map(personText),
    warnings: [...warningsOf(about), ...lapsed.map(lapsedText)],
    caption: 'Secrets that could be read',
    columns,
    rows: findings.map((finding) => columns.map(({ cellOf }) => cellOf(finding))),
    footer: [...limitsOf(exposure), ...madeOf(about)],
  });
}

// The states are in the order of what is to be done first.
function stateCell({ state }: Finding): Cell {
  if (state === undefined) return '';
  return { text: state, tone: TONES[state], order: Object.keys(TONES).indexOf(state) };
}

function secretCell(finding: Finding): Cell {
  const { state, places, why } = finding;
  const special = state === 'exposed' ? [] : places.map(whereText).filter(Boolean);
  return { text: placeText(finding), notes: [...special, ...(why === undefined ? [] : [why])] };
}

function peopleCell({ people }: Finding): Cell {
  return { text: people.map(({ keys, spec }) => keys[0]?.userId ?? spec) };
}

function placesCell({ state, places }: Finding): Cell {
  if (state !== 'exposed') return '';
  return { text: places.map((place) => [placeText(place), whereText(place)].filter(Boolean).join(', ')) };
}

function endCell(ended: Point | undefined): Cell {
  return ended ? { text: pointText(ended), notes: [`by ${ended.author}`] } : '';
}

/** Everybody who was ever named as a reader, as a page. */
export function readersHtml(readers: readonly KnownReader[], about: About): string {
  return page({
    title: `Values were encrypted for ${count(readers.length, 'key')}`,
    facts: [],
    warnings: warningsOf(about),
    caption: 'Keys that values were ever encrypted for',
    columns: [{ name: 'key ID', isHeading: true }, { name: 'values' }, { name: 'key' }],
    rows: readers.map((known) => [known.id, String(known.values), nameOf(known)]),
    footer: [`not covered: ${NOT_COVERED}`, ...madeOf(about)],
  });
}

/** How long secrets have had their plaintexts, as a page. */
export function agesHtml(ages: readonly Age[], about: About): string {
  return page({
    title: `Age of ${count(ages.length, 'secret')}`,
    facts: ['How long each secret has had its plaintext, however often it was encrypted again.'],
    warnings: warningsOf(about),
    caption: 'Ages of secrets',
    columns: [{ name: 'secret', isHeading: true }, { name: 'age' }, { name: 'since' }, { name: 'changed by' }],
    rows: ages.map(ageRow),
    footer: [`not covered: ${NOT_COVERED}`, ...madeOf(about)],
  });
}

function ageRow(age: Age): Row {
  const { days, since, why } = age;
  // What is not committed is the newest, and what is unknown may be the oldest.
  const order = days ?? (since ? 'unknown' : '');
  const notes = why === undefined ? [] : [why];
  return [placeText(age), { text: daysText(age), order, notes }, since ? pointText(since) : '', since?.author ?? ''];
}

function warningsOf({ gaps }: About): readonly string[] {
  return gaps.map((gap) => `the report is not complete: ${gap}`);
}

function madeOf({ made, head, scope }: About): readonly string[] {
  return [
    `read: ${scope}`,
    ...(head === undefined ? [] : [`commit: ${head}`]),
    `made by eyaml exposure on ${made.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
  ];
}
