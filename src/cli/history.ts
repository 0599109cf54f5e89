import { stat } from 'node:fs/promises';
import path from 'node:path';
import { realPathOf } from '../files/snapshot.js';
import { openGit, type Git } from '../git/git.js';
import { isShallow } from '../git/history.js';
import type { Ui } from './ui.js';

/** A file in the repository that it lies in. */
export interface Tracked {
  readonly git: Git;
  /** From the top folder, with slashes. */
  readonly file: string;
}

/**
 * Opens the repository of a file, which need not exist any more, and warns when its history is not complete.
 *
 * @throws `EyamlError` `FILE_UNREADABLE` when there is none.
 */
export async function openHistory(file: string, ui: Ui): Promise<Tracked> {
  const real = await realPathOf(file);
  const isFolder = await stat(real).then(
    (status) => status.isDirectory(),
    () => false,
  );
  const git = await openGit(isFolder ? real : path.dirname(real), process.env);
  if (await isShallow(git)) ui.notify('warning: this is a shallow clone: older commits are missing');
  return { git, file: path.relative(git.top, real).split(path.sep).join('/') };
}
