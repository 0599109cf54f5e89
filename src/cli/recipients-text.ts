import { ruleText, type FileRule } from '../recipients/rule.js';
import { VALIDITY_WORDS } from '../recipients/usability.js';
import { groupedFingerprint } from '../text/fingerprint.js';
import { printable, printableJson } from '../text/printable.js';
import { placeText } from '../text/problems.js';
import type { Person, PersonsKey } from '../verbs/recipients/person.js';
import type { Governed } from '../verbs/recipients/show.js';

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
    expiryText({ expires }),
    ...(canEncrypt ? [] : ['cannot be encrypted for']),
    ...(unreadableFor === undefined ? [] : [`cannot be read by ${unreadableFor}`]),
  ];
  return `    ${words.join(', ')}`;
}

function toDo(suggestion: string | undefined): readonly string[] {
  return suggestion === undefined ? [] : [`      ${suggestion}`];
}

/** When a key expires, or expired. */
export function expiryText({ expires }: Pick<PersonsKey, 'expires'>): string {
  if (expires === undefined) return 'does not expire';
  const day = new Date(expires * 1000).toISOString().slice(0, 10);
  return `${expires * 1000 < Date.now() ? 'expired' : 'expires'} ${day}`;
}

function ruleJson({ pattern, place, settings }: FileRule) {
  return { path: pattern, from: placeText(place), ...settings };
}

/** The same as JSON. */
export function governedJson(shown: readonly Governed[]): string {
  return `${printableJson(shown.map(governedObject))}\n`;
}

/** One of them as an object for JSON. */
export function governedObject({ path, source, rule, otherRules, method, people, problem }: Governed): object {
  return {
    path,
    source: source ?? null,
    rule: rule && ruleJson(rule),
    ...(otherRules.length > 0 && { otherRules: otherRules.map(ruleJson) }),
    method: method ?? null,
    recipients: people.map(personJson),
    problem: problemJson(problem),
  };
}

function problemJson(problem: Person['problem']) {
  return problem && { rule: problem.rule, message: problem.message, suggestion: problem.suggestion };
}

function personJson({ line, spec, key, problem }: Person) {
  return {
    ...{ line, spec },
    ...(key && {
      ...{ fingerprint: key.fingerprint, userId: key.userId, type: key.type },
      validity: VALIDITY_WORDS[key.validity],
      expires: expiryJson(key),
      isYou: key.isYou ?? null,
      canEncrypt: key.canEncrypt,
      unreadableFor: key.unreadableFor,
    }),
    problem: problemJson(problem),
  };
}

/** When a key expires, for JSON. */
export function expiryJson({ expires }: PersonsKey): string | null {
  return expires === undefined ? null : new Date(expires * 1000).toISOString();
}
