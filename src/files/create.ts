import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { cannot } from './cannot.js';
import { createDurably } from './durable.js';
import { sweepStale } from './stale.js';

/**
 * Makes a file, whole or not at all, and the folders that it needs. A file that is there stays as it is; nothing is written through a
 * link.
 *
 * @returns whether it was made.
 * @throws `EyamlError` `FILE_UNWRITABLE`, also where something else has its name.
 */
export async function createNew(file: string, content: string): Promise<boolean> {
  await createFolderFor(file);
  sweepStale(path.dirname(path.resolve(file)));
  if ((await stat(file).catch(() => undefined))?.isFile()) return false;
  try {
    createDurably(file, content);
    return true;
  } catch (error) {
    throw cannot('write', file, error);
  }
}

/**
 * Makes the folders that a file needs.
 *
 * @throws `EyamlError` `FILE_UNWRITABLE`.
 */
export async function createFolderFor(file: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
  } catch (error) {
    // Something that is no folder and has its name is no reason to say that the file is there.
    throw cannot('write', file, error);
  }
}
