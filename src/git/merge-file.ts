import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError } from '../errors.js';
import type { Git } from './git.js';

/** The three texts of a merge. */
export interface MergeTexts {
  readonly ours: Uint8Array;
  readonly base: Uint8Array;
  readonly theirs: Uint8Array;
}

/** How conflicts are shown: as git's settings say, or always with what stood there before. */
export type MergeStyle = 'configured' | 'diff3';

/** What git made of three texts. */
export interface MergedFile {
  readonly octets: Buffer;
  readonly isClean: boolean;
}

// More conflicts have this exit code as well; 255 is a failure.
const MOST_CONFLICTS = 127;

/**
 * Merges three texts line by line with `git merge-file`, whose conflict markers are named `ours`, `base` and `theirs`.
 *
 * @param folder - where the texts are written; only the user may be able to read it.
 * @param markerSize - how long the conflict markers are.
 * @throws {@link EyamlError} `FILE_UNREADABLE` if git cannot merge them: one of them is binary.
 */
export async function mergeFile(
  git: Git,
  folder: string,
  texts: MergeTexts,
  style: MergeStyle,
  markerSize: number,
): Promise<MergedFile> {
  const sides = ['ours', 'base', 'theirs'] as const;
  const files = sides.map((side) => path.join(folder, side));
  await Promise.all(sides.map((side, i) => writeFile(files[i] ?? '', texts[side], { mode: 0o600 })));
  const { code, output } = await git.ask(
    ...['merge-file', '-p', '-q', ...(style === 'diff3' ? ['--diff3'] : []), `--marker-size=${markerSize}`],
    ...sides.flatMap((side) => ['-L', side]),
    ...files,
  );
  if (code > MOST_CONFLICTS) throw new EyamlError('FILE_UNREADABLE', 'git cannot merge it: it is not text');
  return { octets: output, isClean: code === 0 };
}
