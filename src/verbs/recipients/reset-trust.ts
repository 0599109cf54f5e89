import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { forgetManifest } from '../../recipients/signed/signing.js';
import { placeOf } from './place.js';

/** What is to be forgotten. */
export interface ForgottenSigners {
  /** The real path of the repository's top folder. */
  readonly top: string;
  /** The name that the person must type. */
  readonly name: string;
  readonly signers: readonly Fingerprint[];
}

/**
 * Forgets which signed manifest of a repository was accepted here, and so who signs there.
 *
 * @param confirm - asks a person, and gives what they typed.
 * @returns whether there was something to forget.
 * @throws {@link EyamlError} `ABORTED` if the person typed something else; what `confirm` throws.
 */
export async function forgetSigners(
  fileOrFolder: string,
  confirm: (forgotten: ForgottenSigners) => Promise<string>,
  context: Context,
): Promise<boolean> {
  const { repository, trust } = await placeOf(fileOrFolder, context);
  const { top } = repository;
  if (trust.remembered === undefined) return false;
  const name = path.basename(top);
  const typed = await confirm({ top, name, signers: trust.remembered.signers });
  if (typed !== name) throw new EyamlError('ABORTED', 'that is not the name of the folder; nothing was forgotten');
  await forgetManifest(context.signing, repository);
  return true;
}
