import path from 'node:path';
import { EyamlError } from '../errors.js';
import {
  nearestKeysFolder,
  nearestRecipientsFile,
  readRecipientsFile,
  RECIPIENTS_FILE,
  type RecipientList,
} from './file.js';

/** The options that come before any recipients file found in the tree. */
export interface RecipientOptions {
  readonly recipients: readonly string[] | undefined;
  readonly recipientsFile: string | undefined;
  /** The folder whose own configuration named the recipients file; undefined when the user did. */
  readonly recipientsFileChosenIn?: string | undefined;
}

/**
 * Says who may read values in a file: the recipients given as an option, else the recipients file given as an option, else the
 * nearest recipients file.
 *
 * @returns undefined when none of them is there.
 */
export async function findRecipients(target: string, options: RecipientOptions): Promise<RecipientList | undefined> {
  const list = await findList(target, options);
  return list && { ...list, keysFolder: await nearestKeysFolder(target) };
}

async function findList(target: string, options: RecipientOptions): Promise<RecipientList | undefined> {
  if (options.recipients) {
    const place = '--gpg-recipients';
    return { source: place, specs: options.recipients.map((spec) => ({ spec, place, isTyped: true })) };
  }
  if (options.recipientsFile !== undefined) {
    return readRecipientsFile(options.recipientsFile, options.recipientsFileChosenIn);
  }
  const file = await nearestRecipientsFile(target);
  return file === undefined ? undefined : readRecipientsFile(file, path.dirname(file));
}

/** Tells lists of recipients apart: equal text stands for the same people and the same keys. */
export function listId({ source, keysFolder = '' }: RecipientList): string {
  return `${source}\n${keysFolder}`;
}

/** Like {@link findRecipients}, for when there must be some. */
export async function requireRecipients(target: string, options: RecipientOptions): Promise<RecipientList> {
  const list = await findRecipients(target, options);
  if (list) return list;
  throw new EyamlError(
    'RECIPIENTS_MISSING',
    `nobody is named to encrypt for: there is no ${RECIPIENTS_FILE} for ${target}`,
    {
      suggestions: [
        `write a ${RECIPIENTS_FILE} in the file's folder or above it, or give --gpg-recipients or --gpg-recipients-file`,
      ],
    },
  );
}
