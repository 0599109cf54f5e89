import { constants } from 'node:fs';
import { access, stat } from '../files/at-once.js';
import path from 'node:path';
import type { Messages } from '../encryptors/encryptor.js';
import { EyamlError } from '../errors.js';
import { faultOf, isClosed, type ReadFault } from '../files/fault.js';
import { shownArgument } from '../files/shown.js';
import { openToOthers } from '../files/whose.js';

const WHY = {
  owner: 'it belongs to another user',
  mode: 'users other than its owner can write to it',
  parent: 'other users can replace it',
} as const;

/**
 * The folder of the user's own key files, if it may be used. One that other users can write to is not, after a warning: keys that
 * they put there would be taken for the user's own.
 *
 * @returns undefined when there is none.
 * @throws {@link EyamlError} `KEY_FILE_UNREADABLE` when it exists and cannot be read: it may hold a revocation.
 */
export async function usableKeyHome(folder: string, warn: Messages['warn']): Promise<string | undefined> {
  const fault = await folderFault(folder);
  // The home folder of another user, in which a shell still is after su, holds nothing for this one.
  if (fault?.isAbsent || (fault && (await isClosed(path.dirname(path.dirname(folder)))))) return undefined;
  if (fault) {
    throw new EyamlError('KEY_FILE_UNREADABLE', `cannot read your key home ${folder}: ${fault.reason}`, {
      file: folder,
      suggestions: [`make it a folder that only you can use: chmod 700 ${shownArgument(folder)}`],
    });
  }
  const reason = await foreignFolder(folder);
  if (reason === undefined) return folder;
  warn(`the keys in your key home ${folder} are not used: ${reason}`);
  return undefined;
}

/** Why the keys in a folder may be another user's work, with the remedy where there is one; undefined when they are the user's own. */
export async function foreignFolder(folder: string): Promise<string | undefined> {
  const reason = await openToOthers(folder);
  return reason && WHY[reason] + (reason === 'mode' ? `: chmod 700 ${shownArgument(folder)}` : '');
}

async function folderFault(folder: string): Promise<ReadFault | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return { isAbsent: false, reason: 'it is not a folder' };
    await access(folder, constants.R_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return faultOf(folder, error);
  }
}
