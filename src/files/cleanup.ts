import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

const leftovers = new Set<string>();

/** Marks a file or folder to be removed if the process ends before the code that created it can do so. */
export function noteLeftover(fileOrFolder: string): void {
  leftovers.add(fileOrFolder);
}

/** Removes the mark. */
export function forgetLeftover(fileOrFolder: string): void {
  leftovers.delete(fileOrFolder);
}

/** Removes all that is marked. Synchronous, so that it can run when a signal ends the process. */
export function removeLeftovers(): void {
  leftovers.forEach(removeLeftover);
  leftovers.clear();
}

/**
 * Removes a temporary file, or wipes a folder. The file is not overwritten: at this very moment it may be
 * renamed to its final name or get it as a second name, and the overwriting would then be in that file. What cannot be removed stays.
 */
export function removeLeftover(fileOrFolder: string): void {
  try {
    if (lstatSync(fileOrFolder).isDirectory()) wipe(fileOrFolder);
    else unlinkSync(fileOrFolder);
  } catch {
    // It is gone already, or its failure must not stop the removal of the others.
  }
}

/** Overwrites a file, or every file in a folder, and removes it. It is fine if it is gone already. */
export function wipe(fileOrFolder: string): void {
  try {
    overwrite(fileOrFolder);
  } catch {
    // Overwriting is a second line of defence; removing must be tried in any case.
  }
  rmSync(fileOrFolder, { recursive: true, force: true });
}

function overwrite(fileOrFolder: string): void {
  const status = lstatSync(fileOrFolder);
  if (status.isDirectory()) {
    for (const entry of readdirSync(fileOrFolder)) overwrite(path.join(fileOrFolder, entry));
  } else if (status.isFile() && status.nlink === 1) {
    const descriptor = openSync(fileOrFolder, constants.O_RDWR | constants.O_NOFOLLOW);
    try {
      if (fstatSync(descriptor).nlink === 1) writeSync(descriptor, Buffer.alloc(status.size), 0, status.size, 0);
    } finally {
      closeSync(descriptor);
    }
  }
}
