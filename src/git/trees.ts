import type { Git } from './git.js';

/** The newest commit of a branch. */
export interface Tip {
  /** Of the branch: `main`, `origin/main`. */
  readonly name: string;
  readonly commit: string;
}

/** The branches, those of remotes too, with their newest commits. */
export async function readTips(git: Git): Promise<readonly Tip[]> {
  const format = '--format=%(objectname) %(symref) %(refname:short)';
  const lines = (await git.run('for-each-ref', format, 'refs/heads', 'refs/remotes')).toString().split('\n');
  return lines.filter(Boolean).flatMap((line) => {
    const [commit = '', symref, name = ''] = line.split(' ');
    // `origin/HEAD` is another name for a branch.
    return symref === '' ? [{ name, commit }] : [];
  });
}

/** The regular files of a commit: the objects that hold their content, by their paths from the top folder. */
export async function readTree(git: Git, commit: string): Promise<ReadonlyMap<string, string>> {
  const listed = (await git.run('ls-tree', '-r', '-z', '--full-tree', commit)).toString().split('\0');
  // git ls-tree: `MODE TYPE OBJECT`, a tab, the path, a NUL.
  return new Map(
    listed.filter(Boolean).flatMap((line) => {
      const tab = line.indexOf('\t');
      const [mode = '', , object = ''] = line.slice(0, tab).split(' ');
      return mode.startsWith('100') ? [[line.slice(tab + 1), object] as const] : [];
    }),
  );
}
