import path from 'node:path';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { RECIPIENTS_FILE } from './file.js';
import { readPathGlob, type Glob } from './glob.js';
import type { Recipient } from './match.js';
import { CONFIGURATION_FILE } from './rule.js';

/**
 * Who could read what in a work tree at some time: its recipients files with the keys that they named, and its rules. Paths start at its
 * top folder and have `/` between their parts; what lies above that folder starts with `../`.
 */
export interface RecipientsRecord {
  /** The keys of each recipients file; a line without a usable key has none. */
  readonly files: ReadonlyMap<string, readonly RecordedKey[]>;
  /** The rules of each `.eyaml/config.yaml` that has any, in their order. */
  readonly rules: ReadonlyMap<string, readonly RecordedRule[]>;
}

/** A key of a recipients file. */
export interface RecordedKey {
  /** Of the primary key, which says who it is. */
  readonly fingerprint: Fingerprint;
  /** Of the subkey that values were encrypted to. */
  readonly subkey: Fingerprint;
  /** The first user ID, for messages. */
  readonly name: string;
}

/** A rule for files. */
export interface RecordedRule {
  /** The glob, from the folder that holds `.eyaml`. */
  readonly path: string;
  /** Undefined if the rule leaves the recipients to the nearest file. */
  readonly recipientsFile: string | undefined;
}

/** A record of a work tree in which nothing was seen. */
export const NO_RECORD: RecipientsRecord = { files: new Map(), rules: new Map() };

/** The name of a file in a record. */
export function recordName(top: string, file: string): string {
  return path.relative(top, file).split(path.sep).join('/');
}

/**
 * Which recipients file governed a file according to a record: the one that the first matching rule of the nearest configuration with
 * rules names, else the nearest one at or above the file, whether it still exists or not.
 *
 * @param top - the real path of the top folder.
 * @param target - the real path of the file, which need not exist.
 * @returns its name in the record, which may lack it; undefined if nothing governed.
 */
export function governedBy(record: RecipientsRecord, top: string, target: string): string | undefined {
  const ruling = rulingFor(record, top, target);
  const rule = ruling?.rules.find((one) => globOf(one)?.(ruling.name));
  if (rule?.recipientsFile !== undefined) return rule.recipientsFile;
  return nearestIn(record.files, RECIPIENTS_FILE, top, target);
}

/** The nearest recorded configuration with rules at or above a target, and the name of the target from its folder. */
export function rulingFor({ rules }: RecipientsRecord, top: string, target: string) {
  const file = nearestIn(rules, CONFIGURATION_FILE, top, target);
  if (file === undefined) return undefined;
  const folder = path.dirname(path.dirname(path.resolve(top, file)));
  return { file, rules: rules.get(file) ?? [], name: recordName(folder, target) };
}

function nearestIn(
  recorded: ReadonlyMap<string, unknown>,
  name: string,
  top: string,
  target: string,
): string | undefined {
  if (recorded.size === 0) return undefined;
  return foldersOf(target)
    .map((folder) => recordName(top, path.join(folder, name)))
    .find((candidate) => recorded.has(candidate));
}

/** The folders of a file, the deepest first. */
export function foldersOf(file: string): readonly string[] {
  const folder = path.dirname(file);
  return folder === file ? [] : [folder, ...foldersOf(folder)];
}

// A record may be asked about thousands of files.
const globs = new WeakMap<RecordedRule, Glob>();

function globOf(rule: RecordedRule): Glob | undefined {
  const glob = globs.get(rule) ?? readPathGlob(rule.path);
  if (glob) globs.set(rule, glob);
  return glob;
}

/** How the keys of a list changed. */
export interface KeyChanges {
  /** The keys that were not there, by their primary keys. */
  readonly added: readonly RecordedKey[];
  readonly removed: readonly RecordedKey[];
  /** The keys that were there with other subkeys. */
  readonly newSubkeys: readonly RecordedKey[];
}

/** Compares the keys of a list then and now; each primary key counts once. */
export function compareKeys(before: readonly RecordedKey[], now: readonly RecordedKey[]): KeyChanges {
  const known = new Set(before.map(({ fingerprint }) => fingerprint));
  const subkeys = new Set(before.map(({ subkey }) => subkey));
  const left = new Set(now.map(({ fingerprint }) => fingerprint));
  return {
    added: distinct(now.filter(({ fingerprint }) => !known.has(fingerprint))),
    removed: distinct(before.filter(({ fingerprint }) => !left.has(fingerprint))),
    newSubkeys: distinct(now.filter(({ fingerprint, subkey }) => known.has(fingerprint) && !subkeys.has(subkey))),
  };
}

/** The keys that are in both lists, by their primary keys. */
export function keysInBoth(keys: readonly RecordedKey[], others: readonly RecordedKey[]): readonly RecordedKey[] {
  return keys.filter(({ fingerprint }) => others.some((other) => other.fingerprint === fingerprint));
}

function distinct(keys: readonly RecordedKey[]): readonly RecordedKey[] {
  return [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
}

/** A recipient as a record keeps it. */
export function recordedKey({ publicKey, encryptionSubkey }: Recipient): RecordedKey {
  const { primaryKey, userIds } = publicKey;
  const name = userIds[0]?.text ?? 'no user ID';
  return { fingerprint: primaryKey.fingerprint, subkey: encryptionSubkey.fingerprint, name };
}
