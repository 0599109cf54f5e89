import { ruleText, type FileRule } from '../recipients/rule.js';
import { VALIDITY_WORDS } from '../recipients/usability.js';
import { groupedFingerprint } from '../text/fingerprint.js';
import { printable, printableJson } from '../text/printable.js';
import { placeText } from '../text/problems.js';
import type { Governed, Person, PersonsKey } from '../verbs/recipients/show.js';
import { peopleIn } from '../verbs/recipients/tree.js';

/** Who may read files, for a person: each list with its people, and what they need to compare keys. */
export function governedText(shown: readonly Governed[]): string {
  return shown.map((one) => `${linesOf(one).map(printable).join('\n')}\n`).join('\n');
}

function linesOf(governed: Governed): readonly string[] {
  const others = governed.otherRules.map((rule) => `  other files, by ${placeText(rule.place)}: ${ruleText(rule)}`);
  return [...listLines(governed), ...others];
}

function listLines({ path, source, rule, method, people, problem }: Governed): readonly string[] {
  const by = rule ? [`  by ${placeText(rule.place)}: ${ruleText(rule)}`] : [];
  const values = method === undefined || method === 'GPG' ? [] : [`  new values get ${method}`];
  if (problem) return [`${path}: ${problem.message}`, ...by, ...toDo(problem.suggestion)];
  if (source === undefined) return [`${path}: no recipients file applies`, ...by, ...values];
  const nobody = people.length === 0 ? ['  it has no recipients'] : [];
  return [`${path}: ${source}`, ...by, ...values, ...nobody, ...people.flatMap(personText)];
}

function personText({ line, key, problem }: Person): readonly string[] {
  const at = line === undefined ? '' : `line ${line}: `;
  const wrong = problem ? [`    ! ${key ? '' : at}${problem.message}`, ...toDo(problem.suggestion)] : [];
  if (key === undefined) return wrong.map((text, i) => (i === 0 ? text.replace('    ! ', '  ! ') : text));
  return [
    `  ${key.userId}${key.isYou ? ' (you)' : ''}`,
    `    ${groupedFingerprint(key.fingerprint)}`,
    aboutKey(key),
    ...wrong,
  ];
}

function aboutKey({ type, validity, expires, canEncrypt, unreadableFor }: PersonsKey): string {
  const words = [
    type,
    `validity: ${VALIDITY_WORDS[validity]}`,
    expires === undefined
      ? 'does not expire'
      : `${expires * 1000 < Date.now() ? 'expired' : 'expires'} ${dayOf(expires)}`,
    ...(canEncrypt ? [] : ['cannot be encrypted for']),
    ...(unreadableFor === undefined ? [] : [`cannot be read by ${unreadableFor}`]),
  ];
  return `    ${words.join(', ')}`;
}

function toDo(suggestion: string | undefined): readonly string[] {
  return suggestion === undefined ? [] : [`      ${suggestion}`];
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** Who reads where, for a person: the people with their numbers, then one row for each folder and rule. */
export function treeText(rows: readonly Governed[]): string {
  const people = peopleIn(rows);
  const width = String(people.length).length;
  const cell = (text: string | number) => String(text).padStart(width);
  const legend = people.map(
    ({ userId, fingerprint, isYou }, i) =>
      `${cell(i + 1)}  ${groupedFingerprint(fingerprint)}  ${userId}${isYou ? ' (you)' : ''}`,
  );
  const longest = Math.max(...rows.map(({ path }) => path.length));
  const lines = rows.flatMap((row) => {
    const cells = people.map(({ fingerprint }) => cell(markOf(row, fingerprint)));
    const what = row.source ?? (row.method === undefined ? 'no recipients' : `${row.method} only`);
    const rest = ` ${row.path.padEnd(longest)}  ${what}`;
    return [[...cells, rest].join(' '), ...problemsIn(row)];
  });
  const head = people.length === 0 ? [] : [...legend, '', people.map((_, i) => cell(i + 1)).join(' ')];
  return `${[...head, ...lines].map(printable).join('\n')}\n`;
}

function markOf({ people }: Governed, fingerprint: string): string {
  const lines = people.filter(({ key }) => key?.fingerprint === fingerprint);
  if (lines.length === 0) return '.';
  return lines.some(({ problem }) => problem === undefined) ? 'x' : '!';
}

function problemsIn({ people, problem }: Governed): readonly string[] {
  const all = [...(problem ? [problem] : []), ...people.flatMap((person) => person.problem ?? [])];
  return all.map(({ place, message }) => `    ! ${place ? `${placeText(place)}: ` : ''}${message}`);
}

function ruleJson({ pattern, place, settings }: FileRule) {
  return { path: pattern, from: placeText(place), ...settings };
}

/** The same as JSON. */
export function governedJson(shown: readonly Governed[]): string {
  const problemJson = (problem: Person['problem']) =>
    problem && { rule: problem.rule, message: problem.message, suggestion: problem.suggestion };
  const personJson = ({ line, spec, key, problem }: Person) => ({
    ...{ line, spec },
    ...(key && {
      ...{ fingerprint: key.fingerprint, userId: key.userId, type: key.type },
      validity: VALIDITY_WORDS[key.validity],
      expires: key.expires === undefined ? null : new Date(key.expires * 1000).toISOString(),
      isYou: key.isYou ?? null,
      canEncrypt: key.canEncrypt,
      unreadableFor: key.unreadableFor,
    }),
    problem: problemJson(problem),
  });
  const all = shown.map(({ path, source, rule, otherRules, method, people, problem }) => ({
    path,
    source: source ?? null,
    rule: rule && ruleJson(rule),
    ...(otherRules.length > 0 && { otherRules: otherRules.map(ruleJson) }),
    method: method ?? null,
    recipients: people.map(personJson),
    problem: problemJson(problem),
  }));
  return `${printableJson(all)}\n`;
}
