import path from 'node:path';
import { findFiles, findNamed, type TreeOptions } from '../files/find.js';
import { realPathOf } from '../files/snapshot.js';
import { isRecipientsFile, RECIPIENTS_FILE } from './file.js';
import { nearestRecipientsFile } from './nearest.js';

/**
 * Finds the recipients files below folders, links among them too: each says who may read what lies there, now or later.
 *
 * @throws {@link EyamlError} `FILE_UNREADABLE` when a folder cannot be looked into.
 */
export async function findRecipientsFiles(
  paths: readonly string[],
  options: Pick<TreeOptions, 'exclude'> = {},
): Promise<readonly string[]> {
  return findNamed(RECIPIENTS_FILE, paths, options);
}

/**
 * Finds the files that follow recipients files which are named themselves, in their folders and below: what such a file says
 * is about those.
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
