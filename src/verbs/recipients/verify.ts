import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError, type Problem } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { changesSince, type SignedContent } from '../../recipients/signed/changes.js';
import { MANIFEST_FILE, requireManifestFile, unsigned } from '../../recipients/signed/file.js';
import { judgeManifest } from '../../recipients/signed/judge.js';
import { rememberManifest, type SignedPlace, type Signing } from '../../recipients/signed/signing.js';
import type { SignableTree } from '../../recipients/signed/tree.js';
import type { VerifiedManifest } from '../../recipients/signed/verify.js';
import { placeOf } from './place.js';

/** Who must have signed, besides the signers that were accepted before and those in the user's configuration. */
export interface VerifyOptions {
  readonly signers?: readonly Fingerprint[] | undefined;
  /** How many of them; 1 by default. */
  readonly threshold?: number | undefined;
}

/** A manifest that is good, and that the work tree agrees with. */
export interface Verified extends VerifiedManifest {
  /** The file of the manifest. */
  readonly file: string;
  /** Whether it is the first one that is accepted here. */
  readonly isFirst: boolean;
}

/**
 * Verifies the signed manifest of the repository that a file or folder is in, and compares the work tree with it. Then it is remembered:
 * from now on these signers count, and the people in it are seen.
 *
 * @throws {@link EyamlError} `RECIPIENTS_UNSIGNED` for everything that is not as it is signed; `USAGE` for a threshold that cannot be reached.
 */
export async function verifyRecipients(
  fileOrFolder: string,
  options: VerifyOptions,
  context: Context,
): Promise<Verified> {
  const { signing } = context;
  const place = await placeOf(fileOrFolder, context);
  const verified = await verifyPlace(place, options, signing);
  const { top } = place.repository;
  await rememberManifest(signing, place.repository, verified.accepted, await signing.recordOf(top));
  const isFirst = place.trust.remembered === undefined;
  return { ...verified, file: shownPath(path.join(top, MANIFEST_FILE)), isFirst };
}

/** The same, but it remembers nothing. */
export async function verifyPlace(
  { repository, trust }: SignedPlace,
  { signers, threshold = 1 }: VerifyOptions,
  signing: Signing,
): Promise<VerifiedManifest> {
  const { top } = repository;
  if (threshold > (signers?.length ?? 1))
    throw new EyamlError('USAGE', `--threshold ${threshold} needs as many --signer`);
  const named = signers && { signers, threshold };
  const keys = { keystore: signing.keystore, top };
  const signed = await requireManifestFile(top);
  const verified = await judgeManifest(signed, { repository, trust: { ...trust, named }, keys });
  const problems = differences(verified.manifest, await signing.treeOf(top), top);
  if (problems.length === 0) return verified;
  throw unsigned('the recipients are not those that are signed', {
    problems,
    suggestions: [
      'to see who changed them, and when: eyaml recipients log',
      'if they are right, a signer runs: eyaml recipients sign',
    ],
  });
}

/** How a work tree differs from what is signed, and what cannot be compared. */
export function differences(
  signed: SignedContent,
  { content, problems }: SignableTree,
  top: string,
): readonly Problem[] {
  const shown = (name: string) => shownPath(path.resolve(top, name));
  return [...problems, ...changesSince(signed, content, shown)];
}
