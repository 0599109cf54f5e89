import { mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EyamlError, errnoOf } from './errors.js';
import { forgetLeftover, noteLeftover, wipe } from './leftovers.js';

/** A fresh folder of mode 0700 for plaintexts. */
export interface PrivateFolder {
  readonly path: string;
  /** Whether it lies in memory and never on a disk. */
  readonly inMemory: boolean;
  /** Wipes and removes it with all that is in it. */
  remove(): void;
}

// File system types of statfs(2): tmpfs and ramfs.
const MEMORY_FILE_SYSTEMS = new Set([0x01021994, 0x858458f6]);

/**
 * Makes a private folder in memory (`XDG_RUNTIME_DIR`, `/dev/shm`) where there is such a place, else in the temporary folder. It
 * is removed on every way out of the process that can be caught.
 */
export async function createPrivateFolder(environment: NodeJS.ProcessEnv): Promise<PrivateFolder> {
  const inMemory = [environment.XDG_RUNTIME_DIR, '/dev/shm'].filter(
    (folder) => folder !== undefined && path.isAbsolute(folder),
  );
  for (const parent of inMemory as readonly string[]) {
    const type = await statfs(parent).then(
      ({ type }) => type,
      () => undefined,
    );
    const folder =
      type !== undefined && MEMORY_FILE_SYSTEMS.has(type) ? await make(parent).catch(() => undefined) : undefined;
    if (folder) return handle(folder, true);
  }
  try {
    return handle(await make(tmpdir()), false);
  } catch (error) {
    throw new EyamlError(
      'FILE_UNWRITABLE',
      `cannot make a private folder in ${tmpdir()} (${errnoOf(error) ?? 'unknown error'})`,
    );
  }
}

function make(parent: string): Promise<string> {
  return mkdtemp(path.join(parent, 'eyaml-'));
}

function handle(folder: string, inMemory: boolean): PrivateFolder {
  noteLeftover(folder);
  const remove = () => {
    wipe(folder);
    forgetLeftover(folder);
  };
  return { path: folder, inMemory, remove };
}
