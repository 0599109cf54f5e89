import { constants, copyFileSync, linkSync, renameSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../errors.js';

// Errors of rename(2) for a mount, and for a file of another user in a sticky folder.
const NOT_RENAMED_OVER: ReadonlySet<string> = new Set(['EBUSY', 'EPERM', 'EACCES']);

/** Renames over a file; false when the file can only be written in place. */
export function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (NOT_RENAMED_OVER.has(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** Gives a file a second name beside another file, never an existing name; returns the name. */
export function linkBeside(from: string, realPath: string): string {
  const { dir, name, ext } = path.parse(realPath);
  for (let n = 1; ; n += 1) {
    const beside = path.join(dir, `${name}.edited${n === 1 ? '' : `-${n}`}${ext}`);
    if (tryLink(from, beside)) return beside;
  }
}

// Errors of link(2) on a file system without hard links.
const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Gives a file a second name; false when the name exists. */
export function tryLink(from: string, to: string): boolean {
  try {
    try {
      linkSync(from, to);
    } catch (error) {
      if (!NO_HARD_LINKS.has(errnoOf(error) ?? '')) throw error;
      copyFileSync(from, to, constants.COPYFILE_EXCL);
    }
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
