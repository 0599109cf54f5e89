import { constants, copyFileSync, linkSync, renameSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../errors.js';

// What rename(2) says of a mount, and of a file of another user in a folder where each may rename only his own.
const NOT_RENAMED_OVER: ReadonlySet<string> = new Set(['EBUSY', 'EPERM', 'EACCES']);

/** Renames over a file; false when only the file itself can be written. */
export function tryRename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (NOT_RENAMED_OVER.has(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

/** Gives a file a second name beside another one, never that of a file that is there; returns the name. */
export function linkBeside(from: string, realPath: string): string {
  const { dir, name, ext } = path.parse(realPath);
  for (let n = 1; ; n += 1) {
    const beside = path.join(dir, `${name}.edited${n === 1 ? '' : `-${n}`}${ext}`);
    if (tryLink(from, beside)) return beside;
  }
}

// What link(2) says on a file system without hard links.
const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Gives a file a second name; false when there is a file of that name. */
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
