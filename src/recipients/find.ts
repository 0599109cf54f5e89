import path from 'node:path';
import { findFiles, findNamed, type TreeOptions } from '../files/find.js';
import { realPathOf } from '../files/snapshot.js';
import { isRecipientsFile, RECIPIENTS_FILE } from './file.js';
import { nearestRecipientsFile } from './nearest.js';

/**
 * Finds the recipients files below folders, links included: each says who may read the values there, now or later.
 *
 * @throws {@link EyamlError} `FILE_UNREADABLE` when a folder cannot be read.
 */
export async function findRecipientsFiles(
  paths: readonly string[],
  options: Pick<TreeOptions, 'exclude'> = {},
): Promise<readonly string[]> {
  return findNamed(RECIPIENTS_FILE, paths, options);
}

/**
 * Finds the files that follow the named recipients files, in their folders and below: a change of a recipients file concerns these.
 */
export async function findFollowers(named: readonly string[], options: TreeOptions = {}): Promise<readonly string[]> {
  const followers = new Set<string>();
  for (const recipientsFile of named.filter(isRecipientsFile)) {
    const realPath = await realPathOf(recipientsFile);
    const { files } = await findFiles([path.dirname(recipientsFile)], options);
    for (const file of files) {
      const nearest = await nearestRecipientsFile(file);
      if (nearest !== undefined && (await realPathOf(nearest)) === realPath) followers.add(file);
    }
  }
  return [...followers];
}
