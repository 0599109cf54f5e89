import { stat } from 'node:fs/promises';
import type { Context } from '../../context/context.js';
import { EyamlError } from '../../errors.js';
import { findPlace, type SignedPlace } from '../../recipients/signed/signing.js';
import { targetIn } from './show.js';

/**
 * Finds the repository that a file or folder is in, and who signs there.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND`, `MEMORY_UNUSABLE`.
 */
export async function placeOf(fileOrFolder: string, { signing }: Context): Promise<SignedPlace> {
  await stat(fileOrFolder).catch(() => {
    throw new EyamlError('FILE_NOT_FOUND', `no such file or folder: ${fileOrFolder}`);
  });
  return findPlace(await targetIn(fileOrFolder), signing);
}
