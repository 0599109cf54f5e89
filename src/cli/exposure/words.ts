import { stat } from 'node:fs/promises';
import path from 'node:path';
import { realPathOf } from '../../files/snapshot.js';
import { openGit } from '../../git/git.js';
import { gitTop } from '../../git/top.js';
import type { Ui } from '../ui.js';

/** Whom and what a command line names. */
export interface Words {
  readonly people: readonly string[];
  readonly paths: readonly string[];
}

/** Tells paths from people: a path exists, holds a slash or ends as a file of values does. */
export async function readWords(words: readonly string[]): Promise<Words> {
  const arePaths = await Promise.all(words.map(isPath));
  const which = (wanted: boolean) => words.filter((_, i) => arePaths[i] === wanted);
  return { people: which(false), paths: which(true) };
}

async function isFile(word: string): Promise<boolean> {
  return stat(word).then(
    (status) => status.isFile(),
    () => false,
  );
}

async function isPath(word: string): Promise<boolean> {
  if (/\/|\.(?:eyaml|ya?ml)$/.test(word)) return true;
  return stat(word).then(
    () => true,
    () => false,
  );
}

/**
 * Opens the repository around the current folder, and finds the paths from its top folder; without paths all of it. Outside a repository
 * only files on disk can be read, and that is told.
 *
 * @throws `EyamlError` `FILE_UNREADABLE` when there is no git.
 */
export async function openPlace(given: readonly string[], ui: Ui) {
  const here = await realPathOf('.');
  const isInside = process.env.GIT_DIR !== undefined || (await gitTop(here)) !== undefined;
  const git = isInside ? await openGit(here, process.env) : undefined;
  const top = git?.top ?? here;
  const fromTop = async (file: string) =>
    path
      .relative(top, await realPathOf(file))
      .split(path.sep)
      .join('/');
  const paths = given.length === 0 ? [''] : await Promise.all(given.map(fromTop));
  const files = await Promise.all(given.map(isFile));
  const named = new Set(paths.filter((_, i) => files[i]));
  if (git) return { git, top, paths, named, onDisk: [top, ...given.filter((_, i) => files[i])] };
  ui.insist('warning: this is not a git repository: only the files of today are read');
  return { git, top, paths, named, onDisk: given.length === 0 ? [top] : given };
}
