import { lstat, stat } from '../files/at-once.js';
import path from 'node:path';
import { realPathOf } from '../files/snapshot.js';

/** Finds the top of the work tree that a folder lies in, without running git: the nearest folder that holds a `.git`. */
export async function gitTop(folder: string): Promise<string | undefined> {
  if ((await kindOfGit(folder)) !== undefined) return folder;
  const parent = path.dirname(folder);
  return parent === folder ? undefined : gitTop(parent);
}

/** The same, but a folder that is a link is not the top of a work tree: the one that it leads to is elsewhere. */
export async function gitTopByName(folder: string): Promise<string | undefined> {
  const top = await gitTop(folder);
  const isLink = top !== undefined && (await lstat(top)).isSymbolicLink();
  return isLink ? gitTopByName(path.dirname(top)) : top;
}

/** The same as {@link gitTop}, but for a submodule it is the top of the repository around it. */
export async function outerGitTop(folder: string): Promise<string | undefined> {
  const top = await gitTop(folder);
  if (top === undefined || (await kindOfGit(top)) === 'folder') return top;
  // A submodule has a file there, and so has a linked work tree, which need not lie in another repository.
  return (await outerGitTop(path.dirname(top))) ?? top;
}

async function kindOfGit(folder: string): Promise<'file' | 'folder' | undefined> {
  const status = await lstat(path.join(folder, '.git')).catch(() => undefined);
  return status && (status.isFile() ? 'file' : 'folder');
}

/**
 * Whether a path, which need not exist yet, leads, with all links followed, into a folder or into the repository around that folder. A
 * path that cannot be followed counts as leading there.
 */
export async function leadsIntoRepository(file: string, folder: string): Promise<boolean> {
  const inside = await Promise.all([folder, (await outerGitTop(folder)) ?? folder].map(identityOf));
  let ancestor = await realPathOf(file).catch(() => undefined);
  while (ancestor !== undefined) {
    const identity = await identityOf(ancestor);
    if (identity !== undefined && inside.includes(identity)) return true;
    if (path.dirname(ancestor) === ancestor) return false;
    ancestor = path.dirname(ancestor);
  }
  return true;
}

// Names are not compared: where the file system ignores case, or a folder is mounted twice, it has several.
async function identityOf(file: string): Promise<string | undefined> {
  const status = await stat(file, { bigint: true }).catch(() => undefined);
  return status && `${status.dev}:${status.ino}`;
}
