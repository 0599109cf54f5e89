import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError, hasCode, unreadableProblem, type Problem } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import type { PublicKey } from '../../keys/keystore.js';
import type { RecipientList } from '../../recipients/file.js';
import { keysMeant, resolve } from '../../recipients/resolve.js';
import type { FileRule } from '../../recipients/rule.js';
import { listId } from '../../recipients/source.js';
import { parseSpec } from '../../recipients/spec.js';
import { keyOfLine, personOf, personsKey, type Person, type PersonsKey } from './person.js';

/** What decides who may read a file or the files in a folder, and who that is. */
export interface Governed {
  /** As it was given. */
  readonly path: string;
  /** What names the recipients; undefined if nothing does. */
  readonly source: string | undefined;
  readonly rule: FileRule | undefined;
  /** For a folder: the rules that may decide about other files in it. */
  readonly otherRules: readonly FileRule[];
  /** The method for new values there; undefined if there is none. */
  readonly method: string | undefined;
  readonly people: readonly Person[];
  /** Why the list cannot be read. */
  readonly problem: Problem | undefined;
  readonly list: Listed;
}

/** A list of recipients, to compare values with. */
export interface Listed {
  /** Equal for the same recipients and the same keys. */
  readonly id: string;
  /** The keys that its lines mean, usable or not, each once. */
  readonly keys: readonly PublicKey[];
  /** Whether a line that means no single key may mean a key; undefined is one that nobody knows. */
  readonly mayMean: (key: PublicKey | undefined) => boolean;
}

// How long to wait for an agent that does not answer, in milliseconds.
const PATIENCE = 1500;

/** A file that a folder stands for: a new one in it. */
export async function targetIn(fileOrFolder: string): Promise<string> {
  const isFolder = await stat(fileOrFolder).then(
    (status) => status.isDirectory(),
    () => false,
  );
  return isFolder ? path.join(fileOrFolder, 'new.yaml') : fileOrFolder;
}

/**
 * Shows what decides about files and folders. Lists that cannot be read, and lines without a usable key, are described as such.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND` for a path that does not exist.
 */
export async function showRecipients(paths: readonly string[], context: Context): Promise<readonly Governed[]> {
  const describe = await createDescriber(context);
  const shown: Governed[] = [];
  for (const given of paths) {
    await stat(given).catch(() => {
      throw new EyamlError('FILE_NOT_FOUND', `no such file or folder: ${given}`);
    });
    shown.push(await describe.target(given));
  }
  return shown;
}

/** Describes what decides about files, and what rules say. */
export interface Describer {
  /** @param path - a file, or a folder, which stands for a new file in it. */
  readonly target: (path: string) => Promise<Governed>;
  readonly rule: (rule: FileRule) => Promise<Governed>;
  /** Describes the key of somebody who may be in no list. */
  readonly key: (publicKey: PublicKey) => PersonsKey;
}

/** Makes a {@link Describer}. */
export async function createDescriber(context: Context): Promise<Describer> {
  const { recipients, rules, keystore, trust } = context;
  const own = await keystore.ownSubkeys(PATIENCE).catch(() => undefined);
  const mine = own && new Set(own.map(({ primaryFingerprint }) => primaryFingerprint));
  const describe = async (
    found: Promise<RecipientList | undefined>,
    rest: Pick<Governed, 'path' | 'rule' | 'otherRules' | 'method'>,
  ): Promise<Governed> => {
    const list = await orProblem(found);
    const id = idOfList(list);
    if (list === undefined || 'message' in list) {
      const source = list?.place && 'file' in list.place ? list.place.file : undefined;
      const mayMean = () => list !== undefined;
      return { ...rest, source, people: [], problem: list, list: { id, keys: [], mayMean } };
    }
    const { lines } = await resolve(list, keystore, trust);
    const keys = lines.flatMap((line) => keyOfLine(line) ?? []);
    const open = lines.filter((line) => keyOfLine(line) === undefined).map(({ sourced }) => sourced.spec);
    const mayBe = (spec: string, key: PublicKey | undefined) =>
      key === undefined || parseSpec(spec).kind === 'refused' || keysMeant(spec, [key], keystore).length > 0;
    return {
      ...rest,
      source: list.source,
      people: lines.map((line) => personOf(line, mine)),
      problem: undefined,
      list: { id, keys: distinctKeys(keys), mayMean: (key) => open.some((spec) => mayBe(spec, key)) },
    };
  };
  return {
    target: async (path) => {
      const target = await targetIn(path);
      const [rule, method] = [await rules.ruleFor(target), await methodAt(target, context)];
      const inFolder = target === path ? [] : await rules.rulesAt(path);
      const otherRules = inFolder.filter((other) => other !== rule);
      return describe(recipients.listFor(target), { path, rule, otherRules, method });
    },
    rule: async (rule) => {
      const { recipientsFile: file, settings, folder, pattern } = rule;
      const found = file === undefined ? undefined : ({ kind: 'file', file, rule, isNamed: false } as const);
      const list = found && recipients.listOf(found, path.join(folder, 'new.yaml'));
      const implied = file === undefined ? settings.pkcs7_public_key && 'PKCS7' : 'GPG';
      const method = settings.encrypt_method?.toUpperCase() ?? implied;
      return describe(Promise.resolve(list), {
        path: path.join(shownPath(folder), pattern),
        rule,
        otherRules: [],
        method,
      });
    },
    key: (publicKey) => personsKey(publicKey, mine),
  };
}

function distinctKeys(keys: readonly PublicKey[]): readonly PublicKey[] {
  return [...new Map(keys.map((key) => [key.primaryKey.fingerprint, key])).values()];
}

/** A list as {@link Listed} identifies it: also one that is not there, or cannot be read. */
export function idOfList(list: RecipientList | Problem | undefined): string {
  if (list === undefined) return '';
  return 'message' in list ? list.message : listId(list);
}

/** A list, or why it cannot be read. */
export async function orProblem(
  list: Promise<RecipientList | undefined>,
): Promise<RecipientList | Problem | undefined> {
  return list.catch((error: unknown) => {
    const problem = unreadableProblem(error);
    if (problem) return problem;
    throw error;
  });
}

async function methodAt(target: string, context: Context): Promise<string | undefined> {
  try {
    return (await context.encryptorForNew(target)).tag;
  } catch (error) {
    if (unreadableProblem(error) || hasCode(error, 'METHOD_UNAVAILABLE')) return undefined;
    throw error;
  }
}
