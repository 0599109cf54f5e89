import path from 'node:path';
import { EyamlError } from '../errors.js';
import { faultAt, isClosed } from '../files/fault.js';
import { createRealPaths, type RealPathOf } from '../files/real-paths.js';
import { remember } from '../files/remember.js';
import { isAnybodys } from '../files/whose.js';
import { RECIPIENTS_FILE } from './file.js';
import { recipientsUnreadable } from './inside.js';

/** Where a repository keeps the public keys of its recipients. */
export const KEYS_FOLDER = '.eyaml/public-keys';

/** A search that looks into each folder once. Let it live for one run that only reads: what is found may change. */
export interface Nearest {
  /** As {@link nearestRecipientsFile}. */
  readonly recipientsFile: (target: string) => Promise<string | undefined>;
  /** As {@link nearestKeysFolder}. */
  readonly keysFolder: (target: string) => Promise<string | undefined>;
}

/** Makes a {@link Nearest}. */
export function createNearest(realPathOf: RealPathOf = createRealPaths()): Nearest {
  const upwards = (name: string, isIt: (candidate: string) => Promise<boolean>) => {
    const nearestAt = remember(async (folder: string): Promise<string | undefined> => {
      const candidate = path.join(folder, name);
      if (await isIt(candidate)) return candidate;
      const parent = path.dirname(folder);
      return parent === folder ? undefined : nearestAt(parent);
    });
    return async (target: string) => nearestAt(path.dirname(await realPathOf(target)));
  };
  return { recipientsFile: upwards(RECIPIENTS_FILE, isRecipientsFile), keysFolder: upwards(KEYS_FOLDER, isKeysFolder) };
}

/**
 * Finds the nearest recipients file: in the folder of the target's real path, else in the folders above it. For a target that
 * does not exist yet, the search starts in the folder where it will be.
 *
 * @returns the file's path, or undefined when there is none up to the root.
 * @throws {@link EyamlError} `RECIPIENTS_UNREADABLE` when the nearest one cannot be read or is not a regular file (a broken link, for
 * instance), since one further up may name other people; also when another user may have put it there.
 */
export function nearestRecipientsFile(target: string): Promise<string | undefined> {
  return createNearest().recipientsFile(target);
}

/**
 * Finds the nearest folder of public keys, in the same way.
 *
 * @throws {@link EyamlError} `KEY_FILE_UNREADABLE` when the nearest one cannot be read or is not a folder: it may hold a revocation.
 */
export function nearestKeysFolder(target: string): Promise<string | undefined> {
  return createNearest().keysFolder(target);
}

async function isRecipientsFile(candidate: string): Promise<boolean> {
  const fault = faultAt(candidate, 'file');
  if (fault?.isAbsent) return false;
  const reason = fault?.reason ?? (await plantedReason(candidate));
  if (reason !== undefined) throw recipientsUnreadable(candidate, reason);
  return true;
}

async function isKeysFolder(candidate: string): Promise<boolean> {
  const fault = faultAt(candidate, 'folder');
  if (fault?.isAbsent) return false;
  // A folder that this user may not enter, such as the current folder after su, holds nothing for them.
  if (fault && (await isClosed(path.dirname(path.dirname(candidate))))) return false;
  const reason = fault?.reason ?? (await plantedReason(path.dirname(candidate)));
  if (reason === undefined) return true;
  throw new EyamlError('KEY_FILE_UNREADABLE', `cannot read the public keys in ${candidate}: ${reason}`, {
    file: candidate,
    suggestions: [`make it readable, or make a nearer folder ${KEYS_FOLDER}`],
  });
}

/**
 * Why a file or folder does not count: another user may have put it there, for instance in the folder for temporary files, which may be
 * above the user's folder. Undefined if it counts.
 */
export async function plantedReason(file: string): Promise<string | undefined> {
  return (await isAnybodys(file)) ? 'another user created it in a folder where everybody may write' : undefined;
}
