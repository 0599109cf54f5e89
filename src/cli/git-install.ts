import { openGit, openUserGit } from '../git/git.js';
import { launcherOf, withoutLauncher, type Launcher } from '../verbs/git/drivers.js';
import { planInstall, planUninstall, planUserInstall, planUserUninstall } from '../verbs/git/install.js';
import type { GitPlan } from '../verbs/git/plan.js';
import { readEnvironment } from './environment.js';
import type { Ui } from './ui.js';

/** This eyaml, as git will start it. */
export function thisLauncher(): Launcher {
  return launcherOf(process.argv[1] ?? '');
}

/** Plans an install or uninstall, for the repository of the current folder or for the user. */
export async function planGit(what: 'install' | 'uninstall', isGlobal: boolean): Promise<GitPlan> {
  const { environment, homeFolder, cwd } = readEnvironment();
  const launcher = thisLauncher();
  if (isGlobal) {
    const git = openUserGit(environment);
    const homes = { environment, homeFolder };
    return what === 'install' ? planUserInstall(git, launcher, homes) : planUserUninstall(git, homes);
  }
  const git = await openGit(cwd, environment);
  return what === 'install' ? planInstall(git, launcher) : planUninstall(git, launcher);
}

/** Shows a plan, and carries it out. `done` is what is said at the end, `nothing` where there is nothing to do. */
export async function carryOut(
  { changes, notes }: GitPlan,
  ui: Ui,
  { done, nothing, isDry }: { readonly done: string; readonly nothing: string; readonly isDry: boolean },
): Promise<void> {
  const shown = isDry ? String : withoutLauncher;
  for (const { place, lines } of changes) [place, ...lines.map((line) => `    ${shown(line)}`)].forEach(ui.insist);
  for (const { apply } of isDry ? [] : changes) await apply();
  for (const note of notes) ui.insist(`note: ${note}`);
  ui.notify(changes.length === 0 ? nothing : isDry ? 'nothing was written (--dry-run)' : done);
}
