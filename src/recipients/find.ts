import path from 'node:path';
import { findFiles, findNamed, type TreeOptions } from '../files/find.js';
import { realPathOf } from '../files/snapshot.js';
import { isRecipientsFile, RECIPIENTS_FILE } from './file.js';
import type { Governing } from './source.js';

/**
 * Finds the recipients files below folders, links included: each says who may read the values there, now or later.
 *
 * @throws {@link EyamlError} `FILE_UNREADABLE` when a folder cannot be read.
 */
export async function findRecipientsFiles(
  paths: readonly string[],
  options: Omit<TreeOptions, 'include'> = {},
): Promise<readonly string[]> {
  return findNamed(RECIPIENTS_FILE, paths, options);
}

/** A recipients file, and the folders in which files may follow it. */
export interface Followed {
  readonly file: string;
  readonly folders: readonly string[];
}

/**
 * Finds the files that follow recipients files, as nearest file or by a rule: a change of a recipients file concerns these.
 *
 * @param governs - what decides about a file.
 */
export async function findFollowers(
  followed: readonly Followed[],
  governs: (file: string) => Promise<Governing | undefined>,
  options: TreeOptions = {},
): Promise<readonly string[]> {
  const followers = new Set<string>();
  for (const { file: recipientsFile, folders } of followed) {
    const realPath = await realPathOf(recipientsFile);
    const { files } = await findFiles(folders, options);
    for (const file of files) {
      const found = await governs(file);
      if (found?.kind === 'file' && (await realPathOf(found.file)) === realPath) followers.add(file);
    }
  }
  return [...followers];
}

/** The recipients files among named files, each with the folder whose files may follow it as the nearest one. */
export function followedAmong(files: readonly string[]): readonly Followed[] {
  return files.filter(isRecipientsFile).map((file) => ({ file, folders: [path.dirname(file)] }));
}
