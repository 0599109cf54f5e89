import path from 'node:path';
import { EyamlError, type Place } from '../errors.js';
import { placeText } from '../text/problems.js';
import { readRecipientsFile, RECIPIENTS_FILE, type RecipientList } from './file.js';
import { nearestKeysFolder, nearestRecipientsFile } from './nearest.js';

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

/**
 * Says who may read values in a file: the recipients given as an option, else the recipients file given as an option, else the
 * nearest recipients file.
 *
 * @returns undefined when there is none of them.
 */
export async function findRecipients(target: string, options: RecipientOptions): Promise<RecipientList | undefined> {
  const list = await findList(target, options);
  return list && { ...list, keysFolder: await nearestKeysFolder(target), chosenBy: options.origins?.folder };
}

async function findList(target: string, options: RecipientOptions): Promise<RecipientList | undefined> {
  if (options.recipients) {
    const { recipients: origin } = options.origins ?? {};
    const place = origin ?? { option: '--gpg-recipients' };
    const isTyped = origin === undefined;
    return { source: placeText(place), specs: options.recipients.map((spec) => ({ spec, place, isTyped })) };
  }
  const { recipientsFile: named, origins, tree = RECIPIENTS_ON_DISK } = options;
  if (named === undefined) {
    const file = await tree.nearest(target);
    return file === undefined ? undefined : tree.read(file);
  }
  return readRecipientsFile(named, origins?.chosenIn).catch((error: unknown) => {
    const origin = origins?.recipientsFile;
    if (origin === undefined || !(error instanceof EyamlError)) throw error;
    throw new EyamlError(error.code, `${error.message}, which ${placeText(origin)} names`, error);
  });
}

/** The list in a recipients file, regardless of the options. */
export async function recipientsIn(
  file: string,
  { tree = RECIPIENTS_ON_DISK }: Pick<RecipientOptions, 'tree'>,
): Promise<RecipientList> {
  return { ...(await tree.read(file)), keysFolder: await nearestKeysFolder(file) };
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
