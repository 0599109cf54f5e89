import { shownArgument } from '../files/shown.js';
import { abridged } from '../text/abridged.js';
import { groupBy } from '../text/group-by.js';
import type { Finding } from '../verbs/check/findings.js';
import { commonFolder, count } from './plan-text.js';

/** The findings of `check` as lines for a person: problems that many places share are shown once, with the first places. */
export function causesText(findings: readonly Finding[]): readonly string[] {
  const causes = groupBy(findings, (finding) => {
    const { rule, severity, message } = finding;
    return JSON.stringify([rule, severity, message, templateOf(finding)]);
  });
  return [...causes.values()].flatMap(causeText);
}

function causeText(findings: readonly Finding[]): readonly string[] {
  const [first] = findings;
  if (first === undefined) return [];
  const suggestion = suggestionOf(first, findings);
  return [
    `${first.severity}: ${first.message} [${first.rule}]`,
    ...placesText(findings).map((line) => `  ${line}`),
    ...(suggestion === undefined ? [] : [`      ${suggestion}`]),
  ];
}

function placesText(findings: readonly Finding[]): readonly string[] {
  const all = abridged(findings.map(placeOf));
  if (all.more === 0) return all.shown;
  const files = abridged([...groupBy(findings, ({ file }) => file)]);
  const lines = files.shown.map(([file, found]) =>
    found[0] && found.length === 1 ? placeOf(found[0]) : linesOf(file, found),
  );
  return files.more === 0 ? lines : [...lines, `and ${count(files.more, 'more file')}`];
}

function placeOf({ file, line, keyPath }: Finding): string {
  return `${file}:${line}${keyPath ? `: ${keyPath}` : ''}`;
}

function linesOf(file: string, findings: readonly Finding[]): string {
  const { shown, more } = abridged(findings.map(({ line }) => line));
  return `${file}: lines ${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

const PLACE = '\0';

// What to do, without the name of the file.
function templateOf({ suggestion, file: name }: Finding): string | undefined {
  const file = shownArgument(name);
  if (suggestion?.endsWith(` ${file}`)) return suggestion.slice(0, -file.length) + PLACE;
  return suggestion?.replace(` ${file}, `, ` ${PLACE}, `);
}

function suggestionOf(first: Finding, findings: readonly Finding[]): string | undefined {
  const files = [...new Set(findings.map(({ file }) => file))];
  if (files.length === 1) return first.suggestion;
  const template = templateOf(first);
  // recrypt accepts a folder, an editor only one file.
  const place = template?.startsWith('eyaml recrypt') ? shownArgument(commonFolder(files)) : 'FILE';
  return template?.replace(PLACE, () => place);
}
