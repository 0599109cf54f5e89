import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../context/context.js';
import { shownPath } from '../../files/shown.js';
import { MANIFEST_FILE } from '../../recipients/signed/file.js';
import { hasSigners } from '../../recipients/signed/judge.js';
import { findPlace } from '../../recipients/signed/signing.js';
import { targetIn } from './show.js';

/** The signed manifest of a repository in which no signer was accepted yet: it has no effect. Undefined if there is none. */
export async function unacceptedManifest(fileOrFolder: string, { signing }: Context): Promise<string | undefined> {
  const { repository, trust } = await findPlace(await targetIn(fileOrFolder), signing);
  const file = path.join(repository.top, MANIFEST_FILE);
  if (hasSigners(trust) || (await stat(file).catch(() => undefined)) === undefined) return undefined;
  return shownPath(file);
}
