import { lstatSync } from 'node:fs';
import path from 'node:path';
import { remember } from './remember.js';
import { realPathOf } from './snapshot.js';

/**
 * Makes a {@link realPathOf} for many files, which follows the links on the way to each folder once. Let it live for one search: later,
 * a link may lead elsewhere.
 */
export function createRealPaths(): (file: string) => Promise<string> {
  const realFolder = remember((folder) => realPathOf(folder));
  return async (file) => {
    const absolute = path.resolve(file);
    const folder = path.dirname(absolute);
    if (folder === absolute || isLinkOrUnknown(absolute)) return realPathOf(file);
    return path.join(await realFolder(folder), path.basename(absolute));
  };
}

// Synchronous: there is one such question for each file, and it takes longer to wait for an answer than to get it.
function isLinkOrUnknown(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return true;
  }
}
