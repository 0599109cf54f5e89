import { mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EyamlError, errnoOf } from '../errors.js';
import { forgetLeftover, noteLeftover, wipe } from './cleanup.js';
import { privateFolderName, sweepPrivateFolders } from './stale.js';

/** A new folder of mode 0700 for plaintexts. */
export interface PrivateFolder {
  readonly path: string;
  /** Whether it lies in memory and never on a disk. */
  readonly inMemory: boolean;
  /** Wipes and removes the folder with its content. */
  remove(): void;
}

// File system types of statfs(2): tmpfs and ramfs.
const MEMORY_FILE_SYSTEMS = new Set([0x01021994, 0x858458f6]);

/**
 * Creates a private folder in memory (`XDG_RUNTIME_DIR`, `/dev/shm`) where possible, else in the temporary folder. It
 * is removed on every exit of the process that can be caught.
 */
export async function createPrivateFolder(environment: NodeJS.ProcessEnv): Promise<PrivateFolder> {
  for (const parent of placesInMemory(environment)) {
    const type = await statfs(parent).then(
      ({ type }) => type,
      () => undefined,
    );
    const folder = type !== undefined && MEMORY_FILE_SYSTEMS.has(type) ? tryToMake(parent) : undefined;
    if (folder) return handle(folder, true);
  }
  try {
    return handle(make(tmpdir()), false);
  } catch (error) {
    throw new EyamlError(
      'FILE_UNWRITABLE',
      `cannot create a private folder in ${tmpdir()} (${errnoOf(error) ?? 'unknown error'})`,
    );
  }
}

/**
 * Wipes and removes the private folders that killed processes of this user left.
 *
 * @returns how many of them held an edit buffer.
 */
export function removeStaleFolders(environment: NodeJS.ProcessEnv): number {
  return sweepPrivateFolders([...placesInMemory(environment), tmpdir()]);
}

function placesInMemory({ XDG_RUNTIME_DIR: runtime }: NodeJS.ProcessEnv): readonly string[] {
  return [...(runtime !== undefined && path.isAbsolute(runtime) ? [runtime] : []), '/dev/shm'];
}

// Synchronous, and marked first: when a signal ends the process, the folder is either marked or does not exist.
function make(parent: string): string {
  const folder = path.join(parent, privateFolderName());
  noteLeftover(folder);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    forgetLeftover(folder);
    throw error;
  }
  return folder;
}

function tryToMake(parent: string): string | undefined {
  try {
    return make(parent);
  } catch {
    return undefined;
  }
}

function handle(folder: string, inMemory: boolean): PrivateFolder {
  const remove = () => {
    wipe(folder);
    forgetLeftover(folder);
  };
  return { path: folder, inMemory, remove };
}
