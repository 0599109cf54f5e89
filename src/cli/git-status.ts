import { openGit } from '../git/git.js';
import { printable } from '../text/printable.js';
import { gitStatus, statusLines, type GitStatus, type StatusLine } from '../verbs/git/status.js';
import { readEnvironment } from './environment.js';
import { thisLauncher } from './git-install.js';

/** What is installed in the repository of the current folder, and what that means. */
export async function reportGit(): Promise<{ readonly status: GitStatus; readonly lines: readonly StatusLine[] }> {
  const { cwd, environment } = readEnvironment();
  const status = await gitStatus(await openGit(cwd, environment), thisLauncher());
  return { status, lines: statusLines(status) };
}

/** The same for people. */
export function statusText(lines: readonly StatusLine[]): string {
  return lines
    .flatMap((line) => [`${line.state}: ${line.message}`, ...('command' in line ? [`    ${line.command}`] : [])])
    .map((line) => `${printable(line)}\n`)
    .join('');
}
