import path from 'node:path';
import { EyamlError, type Place } from '../errors.js';
import { remember } from '../files/remember.js';
import type { RealPathOf } from '../files/real-paths.js';
import { placeText } from '../text/problems.js';
import { readRecipientsFile, RECIPIENTS_FILE, type RecipientList } from './file.js';
import { createNearest, nearestRecipientsFile } from './nearest.js';
import type { FileRule, RuleFor } from './rule.js';

/** Which configuration files influence who the recipients are. */
export interface RecipientOrigins {
  /** The setting that names recipients, undefined for the command line. */
  readonly recipients?: Place | undefined;
  /** The setting that names a recipients file. */
  readonly recipientsFile?: Place | undefined;
  /** The current folder, when its own configuration names that file. */
  readonly chosenIn?: string | undefined;
  /** The current folder's own file, if it influences who the recipients are. */
  readonly folder?: string | undefined;
}

/** Where recipients files and configuration files are: in folders, or in git's index. */
export interface RecipientsTree {
  /** The nearest recipients file for a target; undefined if there is none up to the root. */
  nearest(target: string): Promise<string | undefined>;
  /**
   * Reads one. Throws `EyamlError` `RECIPIENTS_UNREADABLE`, `RECIPIENTS_FILE_MISSING`.
   *
   * @param chosenIn - the folder where a repository chose it; by default its own.
   */
  read(file: string, chosenIn?: string): Promise<RecipientList>;
  /** The text of a folder's configuration file, if it has one; by default that on disk. */
  readonly configurationIn?: (folder: string) => Promise<string | undefined>;
}

/** Recipients files in folders. */
export const RECIPIENTS_ON_DISK: RecipientsTree = {
  nearest: nearestRecipientsFile,
  read: (file, chosenIn = path.dirname(file)) => readRecipientsFile(file, chosenIn),
};

/** The options that take precedence over recipients files in the tree. */
export interface RecipientOptions {
  readonly recipients: readonly string[] | undefined;
  readonly recipientsFile: string | undefined;
  readonly origins?: RecipientOrigins | undefined;
  /** Where to look for recipients files; by default in folders. */
  readonly tree?: RecipientsTree | undefined;
  /** Finds the rule for a file; without it there are no rules. */
  readonly ruleFor?: RuleFor | undefined;
  /** The options that outrank rules; by default all. */
  readonly outranking?: ReadonlySet<string> | undefined;
}

/** What decides who may read the values in a file. */
export type Governing =
  | { readonly kind: 'options'; readonly place: Place; readonly isTyped: boolean; readonly specs: readonly string[] }
  | {
      readonly kind: 'file';
      readonly file: string;
      /** The rule that chooses it, if it is not the nearest file. */
      readonly rule?: FileRule | undefined;
      /** Whether an option or setting names it. */
      readonly isNamed: boolean;
    };

/** Says who may read values. */
export interface RecipientsSearch {
  /**
   * What decides about a file: recipients or a recipients file given as an option, else a recipients file that a rule names, else one in
   * a configuration file, else the nearest recipients file; undefined when there is none of them.
   */
  readonly governing: (target: string) => Promise<Governing | undefined>;
  /** The recipients that something names, with the public keys near a target. */
  readonly recipientsOf: (found: Governing, target: string) => Promise<RecipientList>;
  /** The recipients that govern a file. */
  readonly recipientsFor: (target: string) => Promise<RecipientList | undefined>;
  /** The list in a recipients file, regardless of the options. */
  readonly recipientsIn: (file: string) => Promise<RecipientList>;
  /** The nearest folder of public keys. */
  readonly keysFolderFor: (target: string) => Promise<string | undefined>;
}

/** Makes a {@link RecipientsSearch} that looks into each folder, and reads each file, once: for one run that only reads. */
export function createRecipientsSearch(options: RecipientOptions, realPathOf?: RealPathOf): RecipientsSearch {
  const { recipientsFile: nearest, keysFolder } = createNearest(realPathOf);
  const { origins = {}, tree = { ...RECIPIENTS_ON_DISK, nearest } } = options;
  const read = remember((file) => tree.read(file));
  const readNamed = remember((file) =>
    readRecipientsFile(file, origins.chosenIn).catch((error: unknown) => namedBy(origins.recipientsFile, error)),
  );

  async function listOf(found: Governing): Promise<RecipientList> {
    if (found.kind === 'options') {
      const { place, isTyped, specs } = found;
      return { source: placeText(place), specs: specs.map((spec) => ({ spec, place, isTyped })) };
    }
    const { file, rule, isNamed } = found;
    if (rule === undefined) return isNamed ? readNamed(file) : read(file);
    const list = await tree.read(file, rule.folder).catch((error: unknown) => namedBy(rule.place, error));
    return { ...list, source: `${list.source} (rule ${rule.pattern})`, file: list.source };
  }

  const governing = (target: string) => findGoverning(target, { ...options, tree });
  const recipientsOf = async (found: Governing, target: string) => ({
    ...(await listOf(found)),
    keysFolder: await keysFolder(target),
    chosenBy: origins.folder,
  });
  return {
    governing,
    recipientsOf,
    recipientsFor: async (target) => {
      const found = await governing(target);
      return found && recipientsOf(found, target);
    },
    recipientsIn: async (file) => ({ ...(await read(file)), keysFolder: await keysFolder(file) }),
    keysFolderFor: keysFolder,
  };
}

/** Makes a {@link RecipientsSearch} that remembers nothing. */
export function createFreshSearch(options: RecipientOptions): RecipientsSearch {
  const anew = () => createRecipientsSearch(options);
  return {
    governing: (target) => anew().governing(target),
    recipientsOf: (found, target) => anew().recipientsOf(found, target),
    recipientsFor: (target) => anew().recipientsFor(target),
    recipientsIn: (file) => anew().recipientsIn(file),
    keysFolderFor: (target) => anew().keysFolderFor(target),
  };
}

async function findGoverning(target: string, options: RecipientOptions): Promise<Governing | undefined> {
  const { recipients, recipientsFile, origins, outranking, tree = RECIPIENTS_ON_DISK, ruleFor } = options;
  const isGiven = (name: string, value: unknown) => value !== undefined && (outranking?.has(name) ?? true);
  const isOutranked = isGiven('gpg-recipients', recipients) || isGiven('gpg-recipients-file', recipientsFile);
  const rule = isOutranked ? undefined : await ruleFor?.(target);
  if (rule?.recipientsFile !== undefined) return { kind: 'file', file: rule.recipientsFile, rule, isNamed: false };
  if (recipients) {
    const place = origins?.recipients ?? { option: '--gpg-recipients' };
    return { kind: 'options', place, isTyped: origins?.recipients === undefined, specs: recipients };
  }
  if (recipientsFile !== undefined) return { kind: 'file', file: recipientsFile, isNamed: true };
  const file = await tree.nearest(target);
  return file === undefined ? undefined : { kind: 'file', file, isNamed: false };
}

function namedBy(origin: Place | undefined, error: unknown): never {
  if (origin === undefined || !(error instanceof EyamlError)) throw error;
  throw new EyamlError(error.code, `${error.message}, which ${placeText(origin)} names`, error);
}

/** Identifies a list of recipients: equal results mean the same recipients and the same keys. */
export function listId({ source, keysFolder = '' }: RecipientList): string {
  return `${source}\n${keysFolder}`;
}

const WRITE_ONE = `write a ${RECIPIENTS_FILE} in the file's folder or above it, or give --gpg-recipients or --gpg-recipients-file`;

/** The error for a file without recipients. */
export function noRecipients(target: string, suggestions: readonly string[] = [WRITE_ONE]): EyamlError {
  return new EyamlError('RECIPIENTS_MISSING', `no recipients: there is no ${RECIPIENTS_FILE} for ${target}`, {
    suggestions,
  });
}
