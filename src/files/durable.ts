import { createHash } from 'node:crypto';
import {
  closeSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
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

/** Replaces a file atomically. */
export function replaceDurably(file: string, content: Uint8Array, mode: number, owner?: OldFile): void {
  const temporary = path.join(path.dirname(file), temporaryName());
  try {
    writeDurably(temporary, content, mode, owner);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
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
