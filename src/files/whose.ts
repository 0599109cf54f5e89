import type { Stats } from 'node:fs';
import { lstat, realpath, stat } from './at-once.js';
import path from 'node:path';

const WRITABLE_BY_ALL = 0o002;
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Whether another user could have put a file or folder there: everybody may write in its folder, and its owner is neither this user nor
 * root. Always false on Windows, where modes do not tell.
 */
export async function isAnybodys(file: string): Promise<boolean> {
  if (process.platform === 'win32') return false;
  const [entry, folder] = await Promise.all([lstat(file), stat(path.dirname(file))]);
  return (folder.mode & WRITABLE_BY_ALL) !== 0 && !isTrusted(entry);
}

/**
 * Whether a folder exists, belongs to this user, nobody else may write in it, and nobody else can replace it in the folders
 * around it.
 */
export async function isOwnAlone(folder: string): Promise<boolean> {
  if (process.platform === 'win32') return true;
  try {
    const realPath = await realpath(folder);
    const { uid, mode } = await stat(realPath);
    return uid === process.geteuid?.() && (mode & WRITABLE_BY_OTHERS) === 0 && (await isFixed(realPath));
  } catch {
    return false;
  }
}

/**
 * Why what lies in a folder may be the work of another user: somebody else owns it, may write in it, or can replace it. Undefined when
 * it is this user's or root's alone; always undefined on Windows, where modes do not tell.
 */
export async function openToOthers(folder: string): Promise<'owner' | 'mode' | 'parent' | undefined> {
  if (process.platform === 'win32') return undefined;
  const realPath = await realpath(folder);
  const status = await stat(realPath);
  if (!isTrusted(status)) return 'owner';
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0) return 'mode';
  return (await isFixed(realPath)) ? undefined : 'parent';
}

async function isFixed(place: string): Promise<boolean> {
  const parent = path.dirname(place);
  if (parent === place) return true;
  const [entry, around] = await Promise.all([stat(place), stat(parent)]);
  const isOpen = (around.mode & WRITABLE_BY_ALL) !== 0 && ((around.mode & STICKY) === 0 || !isTrusted(entry));
  return !isOpen && isFixed(parent);
}

function isTrusted({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
