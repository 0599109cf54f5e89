import { execFileSync } from 'node:child_process';

/**
 * The commit that is built.
 *
 * @returns its name, with `-dirty` behind it where files were changed, and its time in seconds; undefined where git knows none.
 */
export function commitOfSource() {
  try {
    return {
      name: git('describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'),
      time: Number(git('log', '-1', '--format=%ct')),
    };
  } catch {
    return undefined;
  }
}

function git(...args) {
  return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
