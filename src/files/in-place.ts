import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { EyamlError } from '../errors.js';
import { forgetLeftover, noteLeftover } from './cleanup.js';
import { syncFolder } from './durable.js';
import { withLock } from './lock.js';
import { holdsExactly } from './read.js';
import { temporaryName } from './stale.js';

/** Where the old content of a file is while the file is written in place. No tool takes it for YAML by its name. */
export function safetyCopyOf(realPath: string): string {
  return `${realPath}.eyaml-old`;
}

/**
 * Writes a file without replacing it, so that everything else about it stays: owner, access list, attributes, hard links, mounts. Until
 * the new content is on the disk as a whole, the old one is in a file beside it, which this user alone can read. It is synchronous, so that
 * only a kill can interrupt it. The caller holds the lock.
 *
 * @returns false, with nothing written, when the content is not the expected one.
 * @throws {@link EyamlError} `FILE_INCOMPLETE` when neither the new nor the old content could be written, with the name of the copy; any
 * other error leaves the file as it was.
 */
export function writeInPlace(file: string, realPath: string, expected: Buffer, octets: Uint8Array): boolean {
  const target = openSync(realPath, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    if (!holdsExactly(target, expected)) return false;
    const copy = safetyCopyOf(realPath);
    if (existsSync(copy)) throw incomplete(file, copy);
    makeCopy(copy, expected);
    try {
      overwrite(target, octets);
    } catch (error) {
      try {
        overwrite(target, expected);
      } catch {
        throw incomplete(file, copy);
      }
      unlinkSync(copy);
      throw error;
    }
    unlinkSync(copy);
    return true;
  } finally {
    closeSync(target);
  }
}

/**
 * Looks for the copy left by a run that was killed while it wrote in place. If the file is complete, the copy is removed.
 *
 * @throws {@link EyamlError} `FILE_INCOMPLETE` with the name of the copy.
 */
export async function checkComplete(file: string, realPath: string): Promise<void> {
  const copy = safetyCopyOf(realPath);
  if (!existsSync(copy)) return;
  // A run that is writing now holds the lock and removes the copy.
  await withLock(realPath, file, () => {
    if (!existsSync(copy)) return;
    if (!isSameFile(copy, realPath)) throw incomplete(file, copy);
    unlinkSync(copy);
  });
}

// Somebody may have put anything there under this name, even a link to a file without an end.
function isSameFile(copy: string, realPath: string): boolean {
  const status = lstatSync(copy);
  const isAsLong = statSync(realPath, { throwIfNoEntry: false })?.size === status.size;
  return status.isFile() && isAsLong && holdsExactly(realPath, readFileSync(copy));
}

// The copy gets its name only when it is complete, so that nobody is told to restore half of it.
function makeCopy(copy: string, octets: Buffer): void {
  const folder = path.dirname(copy);
  const temporary = path.join(folder, temporaryName());
  noteLeftover(temporary);
  try {
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      overwrite(descriptor, octets);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, copy);
    syncFolder(folder);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    forgetLeftover(temporary);
  }
}

function overwrite(descriptor: number, octets: Uint8Array): void {
  let written = 0;
  while (written < octets.length) {
    written += writeSync(descriptor, octets, written, octets.length - written, written);
  }
  ftruncateSync(descriptor, octets.length);
  fsyncSync(descriptor);
}

function incomplete(file: string, copy: string): EyamlError {
  return new EyamlError('FILE_INCOMPLETE', `${file} may be incomplete: eyaml was stopped while writing it`, {
    suggestions: [`the previous content is in ${copy}: compare the two, restore what is missing, then remove the copy`],
  });
}
