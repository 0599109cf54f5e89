import path from 'node:path';
import type { Context } from '../../context/context.js';
import { hasCode, type Problem } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import { MANIFEST_FILE } from '../../recipients/signed/file.js';
import { hasSigners } from '../../recipients/signed/judge.js';
import { findPlace, type SignedPlace, type Signing } from '../../recipients/signed/signing.js';
import { targetIn } from '../recipients/show.js';
import { verifyPlace } from '../recipients/verify.js';

/**
 * What is not as it is signed in the repositories of files and folders, if a signed manifest was accepted there or the user's own
 * configuration names signers. Nothing is remembered.
 *
 * @throws {@link EyamlError} `MEMORY_UNUSABLE`.
 */
export async function signedProblems(paths: readonly string[], { signing }: Context): Promise<readonly Problem[]> {
  const places = new Map<string, SignedPlace>();
  for (const one of paths) {
    const place = await findPlace(await targetIn(one), signing);
    if (hasSigners(place.trust)) places.set(place.repository.top, place);
  }
  return (await Promise.all([...places.values()].map((place) => problemsAt(place, signing)))).flat();
}

async function problemsAt(place: SignedPlace, signing: Signing): Promise<readonly Problem[]> {
  try {
    await verifyPlace(place, {}, signing);
    return [];
  } catch (error) {
    if (!hasCode(error, 'RECIPIENTS_UNSIGNED')) throw error;
    const { message, problems, suggestions } = error;
    const file = shownPath(path.join(place.repository.top, MANIFEST_FILE));
    const placed = problems.filter((problem) => problem.place !== undefined);
    const whole = [message, ...problems.map((problem) => problem.message)].join('; ');
    const all = placed.length > 0 ? placed : [{ place: { file }, message: whole }];
    return all.map((problem) => ({ ...problem, rule: 'recipients-unsigned', suggestion: suggestions.at(-1) }));
  }
}
