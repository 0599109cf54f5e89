import { lstatSync } from 'node:fs';
import path from 'node:path';
import { remember } from './remember.js';
import { realPathOf } from './snapshot.js';

/** As {@link realPathOf}. */
export type RealPathOf = (file: string) => Promise<string>;

/**
 * Makes a {@link realPathOf} that follows the links on the way to each file and folder once. Let it live for one search: later,
 * a link may lead elsewhere.
 */
export function createRealPaths(): RealPathOf {
  const realFolder = remember((folder) => realPathOf(folder));
  return remember(async (file) => {
    const absolute = path.resolve(file);
    const folder = path.dirname(absolute);
    if (folder === absolute || isLinkOrUnknown(absolute)) return realPathOf(file);
    return path.join(await realFolder(folder), path.basename(absolute));
  });
}

// Synchronous: there is one such question for each file, and it takes longer to wait for an answer than to get it.
function isLinkOrUnknown(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return true;
  }
}
