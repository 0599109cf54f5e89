import path from 'node:path';
import { RECIPIENTS_FILE } from '../file.js';
import {
  compareKeys,
  governedBy,
  keysInBoth,
  recordedKey,
  type KeyChanges,
  type RecipientsRecord,
  type RecordedKey,
  type RecordedRule,
} from '../record.js';
import type { TreeRecord } from '../record-tree.js';
import type { Added, UsedList } from './added.js';

/** How a whole work tree differs from what was seen of it. */
export interface TreeChanges {
  readonly added: readonly Added[];
  readonly removed: readonly UsedList[];
  readonly newSubkeys: readonly UsedList[];
  /** The recipients files that are gone. */
  readonly gone: readonly string[];
  /** The configuration files whose rules are others now; their rules as lines of text, with what changed marked by `+` and `-`. */
  readonly rules: readonly { readonly file: string; readonly lines: readonly string[] }[];
}

/**
 * Compares a work tree with what was seen of it. The people whom a new or changed rule names count as added unless they were in every
 * recipients file: which files the rule matches is not looked at.
 */
export function compareTree(seen: RecipientsRecord, now: TreeRecord, top: string): TreeChanges {
  const at = (name: string) => path.resolve(top, name);
  const ruled = listsOfNewRules(seen, now);
  const gone = [...seen.files.keys()].filter((name) => !now.files.has(name));
  const lists = [...now.recipients].map(([name, recipients]) => {
    const beside = path.resolve(top, path.dirname(name), 'new.yaml');
    const formerly = seen.files.has(name) ? name : governedBy(seen, top, beside);
    const before = keysOf(seen, formerly);
    const known = ruled.has(name) ? [...seen.files.values()].reduce(keysInBoth, before) : before;
    const keys = recipients.map(recordedKey);
    const changes: KeyChanges = { ...compareKeys(before, keys), added: compareKeys(known, keys).added };
    return { name, file: at(name), formerly, recipients, changes };
  });
  const used = (of: 'removed' | 'newSubkeys') =>
    lists.flatMap(({ file, changes }) => (changes[of].length > 0 ? [{ file, keys: changes[of] }] : []));
  return {
    added: [...lists, ...gone.flatMap((name) => successorOf(name, seen, now, top))].flatMap(
      ({ file, formerly, recipients, changes }) => {
        const added = new Set(changes.added.map(({ fingerprint }) => fingerprint));
        const strangers = recipients.filter(({ publicKey }) => added.has(publicKey.primaryKey.fingerprint));
        const before = formerly === undefined ? undefined : at(formerly);
        return strangers.length > 0 ? [{ file, formerly: before, targets: [], recipients: strangers }] : [];
      },
    ),
    removed: used('removed'),
    newSubkeys: used('newSubkeys'),
    gone: gone.map(at),
    rules: rulesChanged(seen, now).map(({ name, lines }) => ({ file: at(name), lines })),
  };
}

// What decides in the folder of a recipients file that is gone.
function successorOf(gone: string, seen: RecipientsRecord, now: TreeRecord, top: string) {
  if (path.posix.basename(gone) !== RECIPIENTS_FILE) return [];
  const name = governedBy(now, top, path.resolve(top, path.dirname(gone), 'new.yaml'));
  const recipients = now.recipients.get(name ?? '') ?? [];
  const changes = compareKeys(keysOf(seen, gone), recipients.map(recordedKey));
  return name === undefined ? [] : [{ file: path.resolve(top, name), formerly: gone, recipients, changes }];
}

/** Whether nothing changed. */
export function isSame({ added, removed, newSubkeys, gone, rules }: TreeChanges): boolean {
  return added.length + removed.length + newSubkeys.length + gone.length + rules.length === 0;
}

function keysOf({ files }: RecipientsRecord, name: string | undefined): readonly RecordedKey[] {
  return (name === undefined ? undefined : files.get(name)) ?? [];
}

// The recipients files that a new or changed rule names.
function listsOfNewRules(seen: RecipientsRecord, now: RecipientsRecord): ReadonlySet<string> {
  const named = [...now.rules].flatMap(([name, rules]) => {
    const old = seen.rules.get(name) ?? [];
    const isOld = (rule: RecordedRule) =>
      old.some(({ path: pattern, recipientsFile }) => pattern === rule.path && recipientsFile === rule.recipientsFile);
    return rules.flatMap((rule) => (isOld(rule) ? [] : (rule.recipientsFile ?? [])));
  });
  return new Set(named);
}

function rulesChanged(seen: RecipientsRecord, now: RecipientsRecord) {
  const names = [...new Set([...seen.rules.keys(), ...now.rules.keys()])];
  return names.flatMap((name) => {
    const [old, current] = [seen.rules.get(name) ?? [], now.rules.get(name) ?? []].map((all) => all.map(ruleLine)) as [
      string[],
      string[],
    ];
    if (old.join('\n') === current.join('\n')) return [];
    const marked = current.map((line) => `${old.includes(line) ? ' ' : '+'} ${line}`);
    const lines = [...old.filter((line) => !current.includes(line)).map((line) => `- ${line}`), ...marked];
    return [{ name, lines }];
  });
}

function ruleLine({ path: pattern, recipientsFile }: RecordedRule): string {
  return `${pattern} → ${recipientsFile ?? 'the nearest recipients file'}`;
}
