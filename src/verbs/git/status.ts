import type { Git } from '../../git/git.js';
import { readSettings } from '../../git/settings.js';
import { groupBy } from '../../text/group-by.js';
import { attributesFile, attributesIn } from './attributes.js';
import { driverSettings, isOurs, type Hook, type Launcher } from './drivers.js';
import { readHooks, type HookState } from './hooks.js';
import { DRIVER_NAMES } from './install.js';
import { filesWithValues, uncoveredAmong } from './patterns.js';

/** A driver in git's configuration: `another` starts another eyaml, `foreign` something else. */
export interface DriverState {
  readonly name: 'diff' | 'merge';
  readonly state: 'ours' | 'another' | 'foreign' | 'none';
  /** Where it is set: `local`, `global`, `system`. */
  readonly scope?: string;
}

/** What of an installation is there. */
export interface GitStatus {
  /** Git's version, `2.39.5`. */
  readonly version: string;
  readonly drivers: readonly DriverState[];
  /** Whether git writes plaintexts into the repository, in refs/notes. */
  readonly cachesPlaintext: boolean;
  readonly attributes: readonly string[];
  readonly hooks: readonly { readonly hook: Hook; readonly file: string; readonly state: HookState['state'] }[];
  /** Files with values that no attribute gives to the drivers. */
  readonly uncovered: readonly string[];
}

/** Looks at what is installed in a repository, also by the user's own configuration. */
export async function gitStatus(git: Git, launcher: Launcher): Promise<GitStatus> {
  const settings = new Map((await readSettings(git, DRIVER_NAMES)).map((setting) => [setting.name, setting]));
  const expected = driverSettings(launcher);
  const driver = (name: DriverState['name'], setting: string): DriverState => {
    const found = settings.get(setting);
    if (found === undefined) return { name, state: 'none' };
    const { value, scope } = found;
    const state = value === expected.get(setting) ? 'ours' : isOurs(setting, value) ? 'another' : 'foreign';
    return { name, state, scope };
  };
  const hooks = await readHooks(git, launcher);
  return {
    version: /\d+(?:\.\d+)+/.exec((await git.run('version')).toString())?.[0] ?? '',
    drivers: [driver('diff', 'diff.eyaml.textconv'), driver('merge', 'merge.eyaml.driver')],
    cachesPlaintext: /^(?:true|yes|on|1|)$/i.test(settings.get('diff.eyaml.cachetextconv')?.value ?? 'false'),
    attributes: await attributesIn(await attributesFile(git.top)),
    hooks: hooks.map(({ hook, file, state }) => ({ hook, file, state })),
    uncovered: await uncoveredAmong(git, await filesWithValues(git)),
  };
}

/** A line of a report; what is not ok names one command. */
export type StatusLine =
  | { readonly state: 'ok'; readonly message: string }
  | { readonly state: 'warning' | 'problem'; readonly message: string; readonly command: string };

const INSTALL = 'eyaml git install';
const SHOWN = 3;

/** What a status means, as lines. */
export function statusLines(status: GitStatus): readonly StatusLine[] {
  const { version, cachesPlaintext, attributes, uncovered } = status;
  const patterns = attributes.map((line) => line.replace(/ diff=eyaml.*/, ''));
  return [
    ...partLines(status),
    ...(patterns.length > 0 ? [ok(`files: ${patterns.join(', ')}`)] : []),
    ...(cachesPlaintext ? [CACHE] : []),
    ...(uncovered.length > 0 ? [problem(`no attribute covers ${listed(uncovered)}`)] : []),
    ok(`git ${version}${isOld(version) ? ': it does not tell drivers the names of branches (2.44 does)' : ''}`),
  ];
}

/** Whether nothing is installed: no driver and no hook. */
export function isNotInstalled({ drivers, hooks }: GitStatus): boolean {
  return [...drivers, ...hooks].every(({ state }) => state === 'none');
}

const ok = (message: string): StatusLine => ({ state: 'ok', message });
const problem = (message: string, command = INSTALL): StatusLine => ({ state: 'problem', message, command });

const CACHE = problem(
  'diff.eyaml.cachetextconv is on: git writes plaintexts into refs/notes/textconv',
  'git config diff.eyaml.cachetextconv false',
);

// What has the same state is told in one line.
function partLines({ drivers, hooks }: GitStatus): readonly StatusLine[] {
  const parts = [
    ...drivers.map(({ name, scope, state }) => ({ state, name: `${name} driver${scope ? ` (${scope})` : ''}` })),
    ...hooks.map(({ hook, state }) => ({ state, name: `hook ${hook}` })),
  ];
  return [...groupBy(parts, ({ state }) => state)].map(([state, group]) => {
    const names = group.map(({ name }) => name).join(', ');
    switch (state) {
      case 'ours':
        return ok(`installed: ${names}`);
      case 'by hand':
        return ok(`added by hand: ${names}`);
      case 'another':
        return { state: 'warning', message: `another eyaml is started by: ${names}`, command: INSTALL };
      case 'foreign':
        return problem(`not made by eyaml: ${names}`);
      case 'none':
        return problem(`not installed: ${names}`);
    }
  });
}

function listed(files: readonly string[]): string {
  const more = files.length > SHOWN ? ` and ${files.length - SHOWN} more` : '';
  return `${files.slice(0, SHOWN).join(', ')}${more}`;
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 2 || (major === 2 && minor < 44);
}
