import path from 'node:path';
import type { Drift, Reader } from '../encryptors/encryptor.js';
import { groupBy } from '../text/group-by.js';
import { placeText } from '../text/problems.js';
import type { RecryptOutcome } from '../verbs/recrypt/apply.js';
import type { PlannedFile } from '../verbs/recrypt/plan-file.js';
import type { RecryptPlan } from '../verbs/recrypt/plan.js';

/** Who can read values from now on that they cannot read today, as far as that is known. */
export function addedReaders(files: readonly PlannedFile[]): readonly Reader[] {
  // For a value that changes its method, today's readers are unknown in terms of the new method.
  const readers = files.flatMap(({ changes, sealers }) =>
    changes.flatMap(({ value, tag, drift }) =>
      value.tag === tag ? (drift?.missing ?? []) : (sealers.get(tag)?.readers ?? []),
    ),
  );
  return unique(readers);
}

/** A recrypt plan as lines for a person: for each list of recipients, who is added and who is removed. */
export function planText(plan: RecryptPlan): readonly string[] {
  const groups = groupBy(plan.files, ({ sources }) => sources.join(', '));
  return [...groups].flatMap(([source, files]) => [headline(source, files), ...changesText(files, plan.owners)]);
}

function headline(source: string, files: readonly PlannedFile[]): string {
  const values = files.reduce((sum, { changes }) => sum + changes.length, 0);
  const where =
    files.length === 1
      ? (files[0]?.file ?? '')
      : `${files.length} files in ${commonFolder(files.map(({ file }) => file))}`;
  return `${where}: ${count(values, 'value')} for the recipients of ${source}`;
}

function changesText(files: readonly PlannedFile[], owners: RecryptPlan['owners']): readonly string[] {
  const drifts = files.flatMap(({ changes }) => changes.flatMap(({ drift }) => drift ?? []));
  const added = addedReaders(files);
  const outdated = unique(drifts.flatMap(({ outdated }) => outdated));
  const strangers = new Set(drifts.flatMap(({ extra }) => extra));
  const removed = unique([...strangers].flatMap((keyId) => owners.get(keyId) ?? []));
  const unknown = [...strangers].filter((keyId) => !owners.has(keyId));
  const counted = (what: string, has: (drift: Drift) => boolean) => {
    const values = drifts.filter(has).length;
    return values === 0 ? [] : [`  ! ${count(values, 'value')} ${what}`];
  };
  return [
    ...methodsText(files),
    ...added.map((reader) => `  + ${nameOf(reader)} (validity: ${reader.validity})`),
    ...removed.map((reader) => `  - ${nameOf(reader)}`),
    ...unknown.map((keyId) => `  - key ID ${keyId}, which is not in your keyring`),
    ...outdated.map((reader) => `  ~ ${nameOf(reader)}: from an older subkey to the current one`),
    ...counted('with a reader who is named twice', ({ repeated }) => repeated.length > 0),
    ...counted(
      'with a reader under the key ID of a key that cannot encrypt',
      ({ mislabelled }) => mislabelled.length > 0,
    ),
    ...counted('with hidden recipients', ({ hidden }) => hidden > 0),
    ...counted('that a password can open', ({ password }) => password),
    ...counted('that old GnuPG cannot read (AEAD)', ({ protection }) => protection === 'aead'),
    ...passedOver(files),
    ...counted('without integrity protection', ({ protection }) => protection === 'none'),
  ];
}

function methodsText(files: readonly PlannedFile[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { value, tag } of files.flatMap(({ changes }) => changes)) {
    const change = `from ${value.tag} to ${tag}`;
    if (value.tag !== tag) counts.set(change, (counts.get(change) ?? 0) + 1);
  }
  return [...counts].map(([change, values]) => `  > ${count(values, 'value')} ${change}`);
}

function passedOver(files: readonly PlannedFile[]): readonly string[] {
  const { length } = files.flatMap(({ changes }) => changes.filter(({ isPassedOver }) => isPassedOver));
  return length === 0 ? [] : [`  ! ${count(length, 'value')} that Puppet does not see, because they contain line ends`];
}

/** The result of a recrypt, as lines for a person. */
export function outcomeText(outcome: RecryptOutcome, plan: RecryptPlan): readonly string[] {
  const lines = [
    `re-encrypted ${count(outcome.values, 'value')} in ${count(outcome.files.length, 'file')}; ${plan.upToDate} already up to date`,
  ];
  if (outcome.rotate.length === 0) return lines;
  const names = unique(
    outcome.rotate.flatMap(({ readers }) => readers.flatMap((keyId) => plan.owners.get(keyId) ?? [])),
  );
  const who = names.map(({ userId }) => userId).join(', ') || 'somebody with a key that you do not have';
  return [
    ...lines,
    `Removing a reader does not take back what they have read: ${who} could read these secrets, and git keeps the old values. Change them:`,
    ...outcome.rotate.map(({ place, keyPath }) => `  ${placeText(place)}${keyPath ? `: ${keyPath}` : ''}`),
  ];
}

/** `1 value`, `2 values`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function nameOf({ fingerprint, userId }: Reader): string {
  return `${fingerprint} ${userId}`;
}

function unique(readers: readonly Reader[]): readonly Reader[] {
  return [...new Map(readers.map((reader) => [reader.fingerprint, reader])).values()];
}

/** The deepest folder in which all files lie. */
export function commonFolder(files: readonly string[]): string {
  const folders = files.map((file) => path.dirname(file).split(path.sep));
  const [first = []] = folders;
  const length = first.findIndex((part, i) => folders.some((folder) => folder[i] !== part));
  return (length === -1 ? first : first.slice(0, length)).join(path.sep) || '.';
}
