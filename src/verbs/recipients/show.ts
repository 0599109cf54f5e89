import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError, hasCode, unreadableProblem, type Problem } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import type { Validity } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { RecipientList } from '../../recipients/file.js';
import { keyTypeOf, unreadableFor } from '../../recipients/key-type.js';
import { resolve, type ResolvedLine } from '../../recipients/resolve.js';
import type { FileRule } from '../../recipients/rule.js';
import { isRecipientByForm, parseSpec } from '../../recipients/spec.js';
import { newestEncryptionKey } from '../../recipients/usability.js';

/** One line of a list of recipients, and the key that it means. */
export interface Person {
  /** The line of the recipients file; undefined for an option. */
  readonly line: number | undefined;
  /** What is written there, if it has the form of a recipient: any other text may be a secret in the wrong file. */
  readonly spec: string | undefined;
  /** The key; undefined if there is none, or several. */
  readonly key: PersonsKey | undefined;
  /** Why nothing can be encrypted for this line. */
  readonly problem: Problem | undefined;
}

/** A recipient's key. */
export interface PersonsKey {
  readonly fingerprint: Fingerprint;
  readonly userId: string;
  /** Of the part that values are encrypted to; of the whole key if there is no such part. */
  readonly type: string;
  readonly validity: Validity;
  /** When it or its encryption subkey expires, in seconds since 1970. */
  readonly expires: number | undefined;
  /** Whether the user has its secret key; undefined if that cannot be known now. */
  readonly isYou: boolean | undefined;
  readonly canEncrypt: boolean;
  /** Which versions of GnuPG cannot read it. */
  readonly unreadableFor: string | undefined;
}

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
}

/** Makes a {@link Describer}. */
export async function createDescriber(context: Context): Promise<Describer> {
  const { recipients, rules, keystore, trust } = context;
  const own = await keystore.ownSubkeys(PATIENCE).catch(() => undefined);
  const mine = own && new Set(own.map(({ primaryFingerprint }) => primaryFingerprint));
  const describe = async (
    found: Promise<RecipientList | undefined>,
    rest: Pick<Governed, 'path' | 'rule' | 'otherRules' | 'method'>,
  ) => {
    const list = await orProblem(found);
    if (list === undefined) return { ...rest, source: undefined, people: [], problem: undefined };
    if ('message' in list) {
      const source = list.place && 'file' in list.place ? list.place.file : undefined;
      return { ...rest, source, people: [], problem: list };
    }
    const { lines } = await resolve(list, keystore, trust);
    return { ...rest, source: list.source, people: lines.map((line) => personOf(line, mine)), problem: undefined };
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
  };
}

async function orProblem(list: Promise<RecipientList | undefined>): Promise<RecipientList | Problem | undefined> {
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

function personOf(
  { sourced: { spec, place, isTyped }, problem, meant, candidates }: ResolvedLine,
  mine: ReadonlySet<Fingerprint> | undefined,
): Person {
  const line = 'line' in place ? place.line : undefined;
  const isShown = isTyped || isRecipientByForm(parseSpec(spec));
  const [only, ...others] = meant ? [meant.publicKey] : candidates();
  const publicKey = others.length === 0 ? only : undefined;
  const key = publicKey && {
    fingerprint: publicKey.primaryKey.fingerprint,
    userId: publicKey.userIds[0]?.text ?? 'no user ID',
    ...describeKey(publicKey, meant?.encryptionSubkey),
    isYou: mine?.has(publicKey.primaryKey.fingerprint),
    canEncrypt: meant !== undefined,
  };
  return { line, spec: isShown ? spec : undefined, key, problem };
}

function describeKey(
  publicKey: Parameters<typeof unreadableFor>[0],
  encryptionSubkey: Parameters<typeof unreadableFor>[1],
): Pick<PersonsKey, 'type' | 'validity' | 'expires' | 'unreadableFor'> {
  const { primaryKey } = publicKey;
  const used = encryptionSubkey ?? newestEncryptionKey(publicKey, Date.now() / 1000);
  const expiries = [primaryKey, used].flatMap((part) => part?.expires ?? []);
  return {
    type: keyTypeOf(used ?? primaryKey),
    validity: primaryKey.validity,
    expires: expiries.length === 0 ? undefined : Math.min(...expiries),
    unreadableFor: unreadableFor(publicKey, used),
  };
}
