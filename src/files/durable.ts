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

// Synchronous, for what no signal may cut short.

/** A file as it is before it is replaced. */
export interface OldFile {
  readonly octets: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Reads a regular file with its mode and owner; undefined when there is nothing. Anything else throws the error of Node. */
export function readOld(file: string): OldFile | undefined {
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  if (!status.isFile()) throw Object.assign(new Error('not a regular file'), { code: 'EISDIR' });
  return { octets: readFileSync(file), mode: status.mode & 0o777, uid: status.uid, gid: status.gid };
}

/** A digest that says whether two files are alike. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Writes a new file and flushes it to the disk. It gets the owner of the file whose successor it is, where that can be done. */
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

/** Makes a file, whole or not at all; where there is something by its name already, it throws `EEXIST`. */
export function createDurably(file: string, content: string): void {
  const temporary = path.join(path.dirname(file), temporaryName());
  try {
    writeDurably(temporary, content, 0o666);
    linkOrRename(temporary, file);
  } finally {
    tryTo(() => unlinkSync(temporary));
  }
}

// A link fails where a rename would replace; not every file system has them.
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
    // It is better with it, and right without.
  }
}
