import type { Git } from '../../git/git.js';
import { readHistory, type Commit, type HistoryOptions } from '../../git/history.js';
import { NOTHING, type Contents } from './values.js';

/** A merge that did not take what one of its parents had in a file. */
export interface Merge {
  readonly commit: Commit;
  readonly file: string;
  readonly before: Contents;
  readonly after: Contents;
}

/** Reads the merges that chose between versions of files, the newest first. */
export type MergesReader = (files: ReadonlySet<string>) => Promise<readonly Merge[]>;

/** Makes a {@link MergesReader}; without git there are none. */
export function createMergesReader(
  git: Git | undefined,
  history: Pick<HistoryOptions, 'revisions' | 'paths' | 'since'>,
  contentsOf: (object: string) => Contents | undefined,
): MergesReader {
  const contents = (object: string | undefined) => (object === undefined ? undefined : contentsOf(object)) ?? NOTHING;
  return async (files) => {
    const found: Merge[] = [];
    if (git === undefined) return found;
    for await (const commit of readHistory(git, { ...history, merges: true }))
      for (const { path, before, after } of commit.changes)
        if (files.has(path)) found.push({ commit, file: path, before: contents(before), after: contents(after) });
    return found;
  };
}
