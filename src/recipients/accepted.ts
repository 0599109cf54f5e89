import path from 'node:path';
import { RECIPIENTS_FILE } from './file.js';
import { globFor } from './glob.js';
import {
  foldersOf,
  governedBy,
  keysInBoth,
  recordName,
  rulingFor,
  type RecipientsRecord,
  type RecordedKey,
  type RecordedRule,
} from './record.js';
import { CONFIGURATION_FILE } from './rule.js';

/** What governs a file now, and is accepted. */
export interface Accepted {
  /** The real path of the file with the values. */
  readonly target: string;
  /** The name of the recipients file. */
  readonly file: string;
  readonly keys: readonly RecordedKey[];
}

/**
 * A record that says of a target what is accepted for it now, and of every other file what it said before, but for the files that follow
 * the same recipients file. Changed rules are not taken over: they may say something new about other files, which nobody has looked at.
 *
 * @param isGone - whether a recipients file of the record does not exist any more.
 */
export function withAccepted(
  record: RecipientsRecord,
  top: string,
  { target, file, keys }: Accepted,
  isGone: (name: string) => boolean,
): RecipientsRecord {
  const files = new Map(record.files).set(file, keys);
  const says = (candidate: RecipientsRecord) => governedBy(candidate, top, target) === file;
  const accepted = { ...record, files };
  if (says(accepted)) return accepted;
  const between = foldersOf(target).map((folder) => recordName(top, path.join(folder, RECIPIENTS_FILE)));
  const gone = new Set(between.slice(0, Math.max(0, between.indexOf(file))).filter(isGone));
  const fewer = { ...record, files: new Map([...files].filter(([name]) => !gone.has(name))) };
  return says(fewer) ? fewer : { files, rules: withRuleFor(accepted, top, target, file) };
}

/**
 * The keys that were seen in every list that {@link withAccepted} would replace: in the one that governed the target, in that of its
 * recipients file, and in those that are gone. Only they need no question; else people who are known for one file would come into the
 * lists of others unseen.
 */
export function knownBefore(
  record: RecipientsRecord,
  top: string,
  accepted: Accepted,
  isGone: (name: string) => boolean,
): readonly RecordedKey[] {
  const formerly = governedBy(record, top, accepted.target);
  const known = record.files.get(formerly ?? '') ?? [];
  if (formerly === accepted.file) return known;
  const after = withAccepted(record, top, accepted, isGone).files;
  const replaced = [...record.files].filter(([name, keys]) => after.get(name) !== keys);
  return replaced.reduce((all, [, keys]) => keysInBoth(all, keys), known);
}

function withRuleFor(
  record: RecipientsRecord,
  top: string,
  target: string,
  recipientsFile: string,
): RecipientsRecord['rules'] {
  const beside = path.dirname(target);
  const { file, rules, name } = rulingFor(record, top, target) ?? {
    file: recordName(top, path.join(beside, CONFIGURATION_FILE)),
    rules: [],
    name: path.basename(target),
  };
  const rule = { path: globFor(name), recipientsFile };
  const others = rules.filter((one) => one.path !== rule.path);
  return new Map(record.rules).set(file, [rule, ...others]);
}

/** The same record with paths that start at another top folder. */
export function rebased({ files, rules }: RecipientsRecord, from: string, to: string): RecipientsRecord {
  const moved = (name: string) => recordName(to, path.resolve(from, name));
  const ruleMoved = (rule: RecordedRule) => ({
    ...rule,
    recipientsFile: rule.recipientsFile === undefined ? undefined : moved(rule.recipientsFile),
  });
  return {
    files: new Map([...files].map(([name, keys]) => [moved(name), keys])),
    rules: new Map([...rules].map(([name, all]) => [moved(name), all.map(ruleMoved)])),
  };
}
