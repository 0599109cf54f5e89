import { constants, lstatSync, statSync, type Stats } from 'node:fs';
import { errnoOf } from '../errors.js';
import { access } from './at-once.js';

/** Why a file was not read. */
export interface ReadFault {
  /** Nothing has this name. A broken link does exist. */
  readonly isAbsent: boolean;
  /** The system's error code, if there is one. */
  readonly errno?: string;
  /** Follows the file's name: `permission denied`, `it is a folder`. */
  readonly reason: string;
}

/** Why a file or folder cannot be read, as far as can be known without opening it. */
export function faultAt(place: string, wanted: 'file' | 'folder'): ReadFault | undefined {
  const found = statusAt(place);
  if ('fault' in found) return found.fault;
  if (wanted === 'file') return kindFault(found.status, false);
  return found.status.isDirectory() ? undefined : { isAbsent: false, reason: 'it is not a folder' };
}

/**
 * What is at a place, links followed, or why there is nothing. Most folders of a tree lack most files that are looked for, so one question
 * is enough for what is missing, and no error is thrown: that takes longer than the question.
 */
export function statusAt(place: string): { readonly status: Stats } | { readonly fault: ReadFault } {
  try {
    const own = lstatSync(place, { throwIfNoEntry: false });
    if (own === undefined) return { fault: absent('ENOENT') };
    const status = own.isSymbolicLink() ? statSync(place, { throwIfNoEntry: false }) : own;
    return status ? { status } : { fault: brokenLink('ENOENT') };
  } catch (error) {
    return { fault: faultOf(place, error) };
  }
}

/** Why something of another kind than a regular file is not read. */
export function kindFault(status: FileKind, mayBePipe: boolean): ReadFault | undefined {
  if (status.isFile() || (mayBePipe && status.isFIFO())) return undefined;
  return { isAbsent: false, reason: status.isDirectory() ? 'it is a folder' : 'it is not a regular file' };
}

/**
 * Whether this user may not enter a folder or one above it: for example another user's home folder, in which a shell still is
 * after `su`. Its content is not for this user.
 */
export async function isClosed(folder: string): Promise<boolean> {
  return access(folder, constants.X_OK).then(
    () => false,
    (error: unknown) => errnoOf(error) === 'EACCES',
  );
}

/** A system error about a file or folder in words. */
export function faultOf(file: string, error: unknown): ReadFault {
  const errno = errnoOf(error) ?? 'unknown error';
  if (ABSENT.has(errno)) return isLink(file) ? brokenLink(errno) : absent(errno);
  return { isAbsent: false, errno, reason: REASONS[errno] ?? errno };
}

function absent(errno: string): ReadFault {
  return { isAbsent: true, errno, reason: errno === 'ENOENT' ? 'no such file' : (REASONS[errno] ?? errno) };
}

function brokenLink(errno: string): ReadFault {
  return { isAbsent: false, errno, reason: 'it is a broken symbolic link' };
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false;
  }
}

/** What the system's error names mean, after `cannot read FILE: `. */
export const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EBUSY: 'it is in use',
  EEXIST: 'it already exists',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ENOENT: 'its folder does not exist',
  ELOOP: 'its symbolic links form a loop',
};

type FileKind = Pick<Stats, 'isFile' | 'isFIFO' | 'isDirectory'>;

const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);
