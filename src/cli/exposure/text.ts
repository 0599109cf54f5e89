import { groupBy } from '../../text/group-by.js';
import { printable } from '../../text/printable.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import type { Finding, State } from '../../verbs/exposure/finding.js';
import { limitsOf, personText, placeText, pointText, sinceText, summaryOf, whereText } from './shown.js';

const HEADINGS: Readonly<Record<State | 'listed', string>> = {
  exposed: 'exposed: still in use',
  unknown: 'unknown: cannot be compared',
  accepted: 'accepted: exceptions in .eyaml/rotation.yaml',
  rotated: 'rotated',
  removed: 'removed: the key is gone; what it opened may live on',
  listed: 'could be read',
};

/** What people could read, for a terminal: what is to be done first, the summary last. */
export function exposureText(exposure: Exposure): string {
  const groups = groupBy(exposure.findings, ({ state }) => state ?? 'listed');
  const lines = [
    ...exposure.people.map(personText),
    ...[...groups].flatMap(([state, findings]) => ['', HEADINGS[state], ...byCause(findings)]),
    '',
    ...limitsOf(exposure),
    summaryOf(exposure),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

// One cause is told once, with all that it concerns: each is something to do.
function byCause(findings: readonly Finding[]): readonly string[] {
  return [...groupBy(findings, ({ why = '' }) => why)].flatMap(([why, group]) => [
    ...(why === '' ? [] : [`  (${why})`]),
    ...group.flatMap(findingLines),
  ]);
}

function findingLines(finding: Finding): readonly string[] {
  const { state, places, ended, file, key } = finding;
  const isMoved = state === 'exposed' && !places.some((place) => place.file === file && place.key === key);
  const others = state === 'exposed' ? places.filter((place) => place.file !== file || place.key !== key) : [];
  const own = places
    .filter((place) => !others.includes(place))
    .map(whereText)
    .filter(Boolean);
  return [
    `  ${placeText(finding)}${own.length > 0 && state === 'exposed' ? ` (${own.join('; ')})` : ''}`,
    ...others.map((place) => {
      const where = whereText(place);
      return `    ${isMoved ? 'now' : 'also'} ${placeText(place)}${where && ` (${where})`}`;
    }),
    `    could be read ${sinceText(finding)}`,
    ...(ended ? [`    ${state ?? ''} ${pointText(ended)} by ${ended.author}`] : []),
  ];
}
