import { gitTop } from '../../git/top.js';
import { openGit } from '../../git/git.js';
import { realPathOf } from '../../files/snapshot.js';
import { launcherOf } from '../git/drivers.js';
import { gitStatus, isNotInstalled, statusLines } from '../git/status.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';
import path from 'node:path';
import { fileIn } from './target.js';

const { ok } = reporterOf('git');

/** Whether git's drivers and hooks, where they are installed, are whole and start this program. */
export async function checkGit({ target, environment, program }: Checkup): Promise<readonly DoctorFinding[]> {
  const top = await gitTop(path.dirname(await realPathOf(await fileIn(target))));
  if (top === undefined) return [ok('not in a git repository')];
  const git = await openGit(top, environment);
  const status = await gitStatus(git, launcherOf(program));
  if (isNotInstalled(status))
    return [ok('git shows values as they are stored; eyaml git install lets it show plaintexts')];
  return statusLines(status).map((line) => ({ about: 'git' as const, ...line }));
}
