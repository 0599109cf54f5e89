import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../context/context.js';
import { hasCode } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import { MANIFEST_FILE } from '../../recipients/signed/file.js';
import { hasSigners } from '../../recipients/signed/judge.js';
import { findPlace } from '../../recipients/signed/signing.js';
import { targetIn } from './show.js';

/**
 * The signed manifest of a repository in which no signer was accepted yet: it has no effect. Undefined if there is none, or if what was
 * accepted cannot be known: commands that encrypt say so.
 */
export async function unacceptedManifest(fileOrFolder: string, { signing }: Context): Promise<string | undefined> {
  const place = await findPlace(await targetIn(fileOrFolder), signing).catch((error: unknown) => {
    if (hasCode(error, 'MEMORY_UNUSABLE')) return undefined;
    throw error;
  });
  if (place === undefined || hasSigners(place.trust)) return undefined;
  const file = path.join(place.repository.top, MANIFEST_FILE);
  return (await stat(file).catch(() => undefined)) && shownPath(file);
}
