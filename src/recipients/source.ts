import path from 'node:path';
import { EyamlError, type Place } from '../errors.js';
import { remember } from '../files/remember.js';
import { placeText } from '../text/problems.js';
import { readRecipientsFile, RECIPIENTS_FILE, type RecipientList } from './file.js';
import { createNearest, nearestRecipientsFile } from './nearest.js';

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

/** Where recipients files are: in folders, or in git's index. */
export interface RecipientsTree {
  /** The nearest recipients file for a target; undefined if there is none up to the root. */
  nearest(target: string): Promise<string | undefined>;
  /** Reads one. Throws `EyamlError` `RECIPIENTS_UNREADABLE`. */
  read(file: string): Promise<RecipientList>;
}

/** Recipients files in folders. */
export const RECIPIENTS_ON_DISK: RecipientsTree = {
  nearest: nearestRecipientsFile,
  read: (file) => readRecipientsFile(file, path.dirname(file)),
};

/** The options that take precedence over recipients files in the tree. */
export interface RecipientOptions {
  readonly recipients: readonly string[] | undefined;
  readonly recipientsFile: string | undefined;
  readonly origins?: RecipientOrigins | undefined;
  /** Where to look for recipients files; by default in folders. */
  readonly tree?: RecipientsTree | undefined;
}

/** Says who may read values. */
export interface RecipientsSearch {
  /**
   * The recipients of a file: those given as an option, else those in the recipients file given as an option, else those in the nearest
   * recipients file; undefined when there is none of them.
   */
  readonly recipientsFor: (target: string) => Promise<RecipientList | undefined>;
  /** The list in a recipients file, regardless of the options. */
  readonly recipientsIn: (file: string) => Promise<RecipientList>;
  /** The nearest folder of public keys. */
  readonly keysFolderFor: (target: string) => Promise<string | undefined>;
}

/** Makes a {@link RecipientsSearch} that looks into each folder, and reads each file, once: for one run that only reads. */
export function createRecipientsSearch(options: RecipientOptions): RecipientsSearch {
  const { recipientsFile: nearest, keysFolder } = createNearest();
  const { recipients, recipientsFile: named, origins = {}, tree = { ...RECIPIENTS_ON_DISK, nearest } } = options;
  const read = remember((file) => tree.read(file));
  const readNamed = remember((file) => readGivenFile(file, origins));

  async function listFor(target: string): Promise<RecipientList | undefined> {
    if (recipients) return listGiven(recipients, origins);
    if (named !== undefined) return readNamed(named);
    const file = await tree.nearest(target);
    return file === undefined ? undefined : read(file);
  }

  return {
    recipientsFor: async (target) => {
      const list = await listFor(target);
      return list && { ...list, keysFolder: await keysFolder(target), chosenBy: origins.folder };
    },
    recipientsIn: async (file) => ({ ...(await read(file)), keysFolder: await keysFolder(file) }),
    keysFolderFor: keysFolder,
  };
}

/** Makes a {@link RecipientsSearch} that remembers nothing. */
export function createFreshSearch(options: RecipientOptions): RecipientsSearch {
  const anew = () => createRecipientsSearch(options);
  return {
    recipientsFor: (target) => anew().recipientsFor(target),
    recipientsIn: (file) => anew().recipientsIn(file),
    keysFolderFor: (target) => anew().keysFolderFor(target),
  };
}

function listGiven(recipients: readonly string[], { recipients: origin }: RecipientOrigins): RecipientList {
  const place = origin ?? { option: '--gpg-recipients' };
  const isTyped = origin === undefined;
  return { source: placeText(place), specs: recipients.map((spec) => ({ spec, place, isTyped })) };
}

function readGivenFile(file: string, { recipientsFile: origin, chosenIn }: RecipientOrigins): Promise<RecipientList> {
  return readRecipientsFile(file, chosenIn).catch((error: unknown) => {
    if (origin === undefined || !(error instanceof EyamlError)) throw error;
    throw new EyamlError(error.code, `${error.message}, which ${placeText(origin)} names`, error);
  });
}

/** Identifies a list of recipients: equal results mean the same recipients and the same keys. */
export function listId({ source, keysFolder = '' }: RecipientList): string {
  return `${source}\n${keysFolder}`;
}

/** The error for a file without recipients. */
export function noRecipients(target: string): EyamlError {
  return new EyamlError('RECIPIENTS_MISSING', `no recipients: there is no ${RECIPIENTS_FILE} for ${target}`, {
    suggestions: [
      `write a ${RECIPIENTS_FILE} in the file's folder or above it, or give --gpg-recipients or --gpg-recipients-file`,
    ],
  });
}
