import { groupBy } from '../../text/group-by.js';
import { printable } from '../../text/printable.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import { isOpen, type Finding } from '../../verbs/exposure/finding.js';
import { limitsOf, personText, placeText, pointText, sinceText, summaryOf, whereText } from './shown.js';

/** The same as a checklist for a ticket: what is done is ticked. */
export function exposureMarkdown(exposure: Exposure): string {
  const groups = groupBy(exposure.findings, ({ state }) => state ?? 'could be read');
  const lines = [
    `# ${escaped(summaryOf(exposure))}`,
    '',
    ...exposure.people.map((person) => `- ${escaped(personText(person))}`),
    ...[...groups].flatMap(([state, findings]) => ['', `## ${state}`, '', ...findings.flatMap(itemLines)]),
    '',
    ...limitsOf(exposure).map((line) => `${escaped(line)}  `),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function itemLines(finding: Finding): readonly string[] {
  const { state, why, places, ended } = finding;
  const isDone = state !== undefined && !isOpen(finding);
  const others = state === 'exposed' ? places.filter((place) => placeText(place) !== placeText(finding)) : [];
  return [
    `- [${isDone ? 'x' : ' '}] ${code(placeText(finding))}`,
    ...places
      .filter((place) => !others.includes(place))
      .map(whereText)
      .filter(Boolean)
      .map(escaped)
      .map(indented),
    ...others.map((place) =>
      indented([`in use at ${code(placeText(place))}`, escaped(whereText(place))].filter(Boolean).join(', ')),
    ),
    indented(`could be read ${escaped(sinceText(finding))}`),
    ...(ended ? [indented(`${state ?? ''} ${pointText(ended)} by ${escaped(ended.author)}`)] : []),
    ...(why === undefined ? [] : [indented(escaped(why))]),
  ];
}

function indented(text: string): string {
  return `  - ${text}`;
}

/** A text in which nothing is Markdown, HTML or the name of a user: others wrote it. It does not stand at the start of a line. */
export function escaped(text: string): string {
  return printable(text).replace(/[\\`*_{}[\]<>#|~&@]/g, (character) =>
    character === '@' ? '&#64;' : `\\${character}`,
  );
}

/** A text as code. The fence is longer than any run of backquotes in it. */
export function code(text: string): string {
  const shown = printable(text);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const gap = longest > 0 ? ' ' : '';
  return `${fence}${gap}${shown}${gap}${fence}`;
}
