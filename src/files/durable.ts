import { createHash } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../errors.js';
import { temporaryName } from './stale.js';

// Synchronous, so that no signal can interrupt it.

/** A file as it is before it is replaced. */
export interface OldFile {
  readonly octets: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Reads a regular file with its mode and owner; undefined when there is none. Any other failure throws Node's error. */
export function readOld(file: string): OldFile | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (!status.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EISDIR' });
  return { octets: readFileSync(file), mode: status.mode & 0o777, uid: status.uid, gid: status.gid };
}

/** A digest to compare two files by. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Writes a new file and flushes it to the disk. It gets the owner of the file that it replaces, where that is possible. */
export function writeDurably(file: string, content: string | Uint8Array, mode: number, owner?: OldFile): void {
  const descriptor = openSync(file, 'wx', mode);
  try {
    if (owner) tryTo(() => fchownSync(descriptor, owner.uid, owner.gid));
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Creates a file, whole or not at all; throws `EEXIST` where something of that name exists. */
export function createDurably(file: string, content: string): void {
  const temporary = path.join(path.dirname(file), temporaryName());
  try {
    writeDurably(temporary, content, 0o666);
    linkOrRename(temporary, file);
  } finally {
    tryTo(() => unlinkSync(temporary));
  }
}

// A hard link fails where a rename would replace; not every file system has hard links.
function linkOrRename(temporary: string, file: string): void {
  try {
    linkSync(temporary, file);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' || lstatSync(file, { throwIfNoEntry: false })) throw error;
    renameSync(temporary, file);
  }
}

/** Replaces a file atomically. */
export function replaceDurably(file: string, content: Uint8Array, mode: number, owner?: OldFile): void {
  const temporary = path.join(path.dirname(file), temporaryName());
  try {
    writeDurably(temporary, content, mode, owner);
    renameSync(temporary, file);
  } catch (error) {
    tryTo(() => unlinkSync(temporary));
    throw error;
  }
}

/** Flushes the names in a folder to the disk, where the file system can. */
export function syncFolder(folder: string): void {
  tryTo(() => {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
}

function tryTo(step: () => void): void {
  try {
    step();
  } catch {
    // It is safer with the flush, and still correct without it.
  }
}
