import path from 'node:path';
import { shownPath } from '../files/shown.js';
import { realPathOf } from '../files/snapshot.js';
import { openGit } from '../git/git.js';
import { gitTop } from '../git/top.js';

/** A warning about a new private key that the next `git add` could take, or undefined: outside git, and where git ignores the file. */
export async function insideGitWarning(privateFile: string): Promise<string | undefined> {
  const realPath = await realPathOf(privateFile);
  const top = await gitTop(path.dirname(realPath));
  if (top === undefined || (await isIgnored(realPath))) return undefined;
  return `${privateFile} is in the git repository ${shownPath(top)}: never commit it; add it to .gitignore, or move it out of there`;
}

// Without git, or if it fails, the warning is given.
async function isIgnored(file: string): Promise<boolean> {
  try {
    const git = await openGit(path.dirname(file), process.env);
    await git.run('check-ignore', '--quiet', '--', file);
    return true;
  } catch {
    return false;
  }
}
