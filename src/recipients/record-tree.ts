import path from 'node:path';
import { EyamlError } from '../errors.js';
import { walkFolders, type FolderNames } from '../files/walk.js';
import type { Keystore } from '../keys/keystore.js';
import { groupBy } from '../text/group-by.js';
import { RECIPIENTS_FILE, type RecipientList } from './file.js';
import type { Recipient, TrustMode } from './match.js';
import { recordedKey, recordName, type RecipientsRecord, type RecordedRule } from './record.js';
import { matchLines, type Resolution, type ResolvedLine } from './resolve.js';
import { CONFIGURATION_FILE, type FileRule, type Rules } from './rule.js';
import type { RecipientsSearch } from './source.js';
import { parseSpec, searchTermOf } from './spec.js';

/** What the record of a work tree is made with. */
export interface RecordOptions {
  readonly keystore: Keystore;
  /** Which keys of recipients are accepted. */
  readonly trust: TrustMode;
  /** Finds what stands in folders, without options. */
  readonly search: Pick<RecipientsSearch, 'governing' | 'recipientsIn' | 'recipientsOf'>;
  readonly rulesAt: Rules['rulesAt'];
  /** The folders of the tree with the names in them; by default those on disk. */
  readonly folders?: (top: string) => Iterable<FolderNames>;
}

/** The record of a work tree, with what was found for it. */
export interface TreeRecord extends RecipientsRecord {
  /** The recipients of each recipients file. */
  readonly recipients: ReadonlyMap<string, readonly Recipient[]>;
  /** All lines of each recipients file, also those without an acceptable key. */
  readonly lines: ReadonlyMap<string, readonly ResolvedLine[]>;
}

/**
 * Makes the record of a work tree as it is now: all its rules, all recipients files in it and those that its rules name, and what
 * governs its top folder from above. What cannot be read, and a line without an acceptable key, is not in it.
 *
 * @param top - the real path of the top folder.
 */
export async function recordTree(top: string, options: RecordOptions): Promise<TreeRecord> {
  const { lists, rules } = await readTree(top, options);
  const named = <T>(of: (found: Resolution) => T) =>
    new Map([...lists].map(([file, found]) => [recordName(top, file), of(found)] as const));
  return {
    files: named(({ recipients }) => recipients.map(recordedKey)),
    rules,
    recipients: named(({ recipients }) => recipients),
    lines: named(({ lines }) => lines),
  };
}

/** The recipients files and rules of a work tree, read and resolved. */
export interface TreeLists {
  /** The recipients files, by their paths. */
  readonly lists: ReadonlyMap<string, Resolution>;
  /** The rules, by the names of their files in a record. */
  readonly rules: ReadonlyMap<string, readonly RecordedRule[]>;
  /** The top folders of other repositories in it. */
  readonly nested: readonly string[];
  /** Why some of it cannot be read. */
  readonly faults: readonly EyamlError[];
}

/** Reads what {@link recordTree} makes a record of. */
export async function readTree(top: string, options: RecordOptions): Promise<TreeLists> {
  const { lists, ...found } = await findLists(top, options);
  return { lists: new Map(await resolveLists(lists, options)), ...found };
}

// The recipients files by their paths, and the rules by their names in the record.
async function findLists(top: string, { search, rulesAt, folders = walkFolders }: RecordOptions) {
  const lists = new Map<string, RecipientList>();
  const rules = new Map<string, readonly RecordedRule[]>();
  const nested: string[] = [];
  const faults: EyamlError[] = [];
  const orNothing = <T>(work: Promise<T>) => orFault(work, faults);
  const addList = async (file: string, reading: () => Promise<RecipientList>) => {
    const list = lists.has(file) ? undefined : await orNothing(reading());
    if (list) lists.set(file, list);
  };
  const addRules = async (all: readonly FileRule[]) => {
    const [first] = all;
    if (first === undefined) return;
    const named = (file: string | undefined) => file && recordName(top, file);
    const recorded = all.map(({ pattern, recipientsFile }) => ({
      path: pattern,
      recipientsFile: named(recipientsFile),
    }));
    rules.set(recordName(top, path.join(first.folder, CONFIGURATION_FILE)), recorded);
    for (const rule of all) {
      const { recipientsFile: file, folder } = rule;
      if (file === undefined) continue;
      const target = path.join(folder, 'new.yaml');
      await addList(file, () => search.recipientsOf({ kind: 'file', file, rule, isNamed: false }, target));
    }
  };
  const above = await orNothing(search.governing(path.join(top, 'new.yaml')));
  if (above?.kind === 'file' && above.rule === undefined)
    await addList(above.file, () => search.recipientsIn(above.file));
  await addRules((await orNothing(rulesAt(top))) ?? []);
  for (const { folder, names } of folders(top)) {
    if (names.includes(RECIPIENTS_FILE)) {
      const file = path.join(folder, RECIPIENTS_FILE);
      await addList(file, () => search.recipientsIn(file));
    }
    if (folder !== top && names.includes('.git')) nested.push(folder);
    if (folder !== top && names.includes('.eyaml')) await addRules((await orNothing(rulesAt(folder))) ?? []);
  }
  return { lists, rules, nested, faults };
}

// What is broken elsewhere in the tree must not stop the work on one file of it; later, it counts as never seen.
async function orFault<T>(work: Promise<T>, faults: EyamlError[]): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (!(error instanceof EyamlError)) throw error;
    faults.push(error);
    return undefined;
  });
}

// One search for each folder of public keys, of which most trees have one: each may start gpg.
async function resolveLists(
  lists: ReadonlyMap<string, RecipientList>,
  { keystore, trust }: RecordOptions,
): Promise<readonly (readonly [string, Resolution])[]> {
  const groups = groupBy(lists, ([, { keysFolder }]) => keysFolder);
  const resolved = await Promise.all(
    [...groups].map(async ([keysFolder, group]) => {
      const specs = new Set(group.flatMap(([, list]) => list.specs.map(({ spec }) => spec)));
      const terms = [...specs].flatMap((spec) => searchTermOf(parseSpec(spec)) ?? []);
      const keys = await keystore.search(terms, keysFolder);
      return group.map(([file, list]) => [file, matchLines(list, keys, keystore, trust)] as const);
    }),
  );
  return resolved.flat();
}
