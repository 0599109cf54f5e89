import { lstatSync } from 'node:fs';
import path from 'node:path';
import { EyamlError } from '../errors.js';
import { cannot } from './cannot.js';
import { replaceDurably, syncFolder } from './durable.js';
import { sweepStale } from './stale.js';

/**
 * Writes a report that only the user may read, atomically. A file that is there is replaced, whoever could read it; anything else that has
 * its name stays.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export function writeReport(file: string, text: string): void {
  const folder = path.dirname(path.resolve(file));
  try {
    const status = lstatSync(file, { throwIfNoEntry: false });
    if (status?.isFile() === false)
      throw new EyamlError('FILE_UNWRITABLE', `cannot write ${file}: it is not a regular file`);
    sweepStale(folder);
    replaceDurably(file, Buffer.from(text), 0o600);
    syncFolder(folder);
  } catch (error) {
    throw cannot('write', file, error);
  }
}
