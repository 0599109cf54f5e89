import path from 'node:path';
import type { Git, GitRunner } from '../../git/git.js';
import { readSettings, removeSetting, writeSetting, type Scope } from '../../git/settings.js';
import { attributesFile, planAttributes } from './attributes.js';
import { driverSettings, isOurs, type Launcher } from './drivers.js';
import { planHookRemoval, planHooks, readHooks } from './hooks.js';
import { attributeLines, filesWithValues, patternsFor } from './patterns.js';
import { joinPlans, type GitPlan } from './plan.js';

/** The names of the settings that an install makes, for {@link readSettings}. */
export const DRIVER_NAMES = '^(diff|merge)\\.eyaml\\.';

/** Where a user's own attributes are, if git is not told otherwise. */
export interface Homes {
  readonly homeFolder: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** Plans the installation in one repository: the drivers, the files that they are for, and hooks. */
export async function planInstall(git: Git, launcher: Launcher): Promise<GitPlan> {
  const lines = attributeLines(patternsFor(await filesWithValues(git)));
  return joinPlans([
    await planDrivers(git, 'local', launcher),
    await planAttributes(await attributesFile(git.top), lines),
    planHooks(await readHooks(git, launcher), launcher),
  ]);
}

/** Plans the installation for all repositories of a user. Which plain YAML files hold values differs from one to the other. */
export async function planUserInstall(git: GitRunner, launcher: Launcher, homes: Homes): Promise<GitPlan> {
  return joinPlans([
    await planDrivers(git, 'global', launcher),
    await planAttributes(await userAttributesFile(git, homes), attributeLines(patternsFor([]))),
  ]);
}

/** Plans that all that was installed in a repository is taken away. */
export async function planUninstall(git: Git, launcher: Launcher): Promise<GitPlan> {
  return joinPlans([
    planHookRemoval(await readHooks(git, launcher)),
    await planAttributes(await attributesFile(git.top), []),
    await planDriverRemoval(git, 'local'),
  ]);
}

/** The same for the user's own configuration. */
export async function planUserUninstall(git: GitRunner, homes: Homes): Promise<GitPlan> {
  return joinPlans([
    await planAttributes(await userAttributesFile(git, homes), []),
    await planDriverRemoval(git, 'global'),
  ]);
}

async function planDrivers(git: GitRunner, scope: Scope, launcher: Launcher): Promise<GitPlan> {
  const now = new Map((await readSettings(git, DRIVER_NAMES, { scope })).map(({ name, value }) => [name, value]));
  const missing = [...driverSettings(launcher)].filter(([name, value]) => now.get(name) !== value);
  return {
    changes: missing.map(([name, value]) => ({
      place: `git config --${scope} ${name}`,
      lines: [value],
      apply: () => writeSetting(git, scope, name, value),
    })),
    notes: [],
  };
}

async function planDriverRemoval(git: GitRunner, scope: Scope): Promise<GitPlan> {
  const settings = await readSettings(git, DRIVER_NAMES, { scope });
  return {
    changes: settings
      .filter(({ name, value }) => isOurs(name, value))
      .map(({ name, value }) => ({
        place: `git config --${scope} --unset-all ${name}`,
        lines: [value],
        apply: () => removeSetting(git, scope, name),
      })),
    notes: settings
      .filter(({ name, value }) => !isOurs(name, value))
      .map(({ name }) => `${name} in git's ${scope} configuration was not made by eyaml, and stays`),
  };
}

// gitattributes(5).
async function userAttributesFile(git: GitRunner, { homeFolder, environment }: Homes): Promise<string> {
  const chosen = (await readSettings(git, '^core\\.attributesfile$', { scope: 'global', type: 'path' })).at(-1)?.value;
  const { XDG_CONFIG_HOME: config } = environment;
  return chosen ?? path.join(config ? config : path.join(homeFolder, '.config'), 'git/attributes');
}
