import { shownArgument } from '../../files/shown.js';
import type { Git } from '../../git/git.js';
import { readSettings } from '../../git/settings.js';
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
    attributes: await attributesIn(attributesFile(git.top)),
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

/** What a status means. Nothing installed at all is no problem of what is there. */
export function statusLines(status: GitStatus): readonly StatusLine[] {
  const { version, drivers, cachesPlaintext, hooks, uncovered, attributes } = status;
  return [
    ...drivers.map(driverLine),
    ...(cachesPlaintext
      ? [
          {
            state: 'problem' as const,
            message: 'diff.eyaml.cachetextconv is on: git writes plaintexts into refs/notes/textconv',
            command: 'git config diff.eyaml.cachetextconv false',
          },
        ]
      : []),
    { state: 'ok', message: `patterns in .gitattributes: ${attributes.length}` },
    ...uncoveredLines(uncovered),
    ...hooks.map(hookStatus),
    {
      state: 'ok',
      message: `git ${version}${isOld(version) ? ', which names no branches in conflicts (2.44 does)' : ''}`,
    },
  ];
}

/** Whether nothing is installed: no driver and no hook. */
export function isNotInstalled({ drivers, hooks }: GitStatus): boolean {
  return [...drivers, ...hooks].every(({ state }) => state === 'none');
}

function driverLine({ name, state, scope = '' }: DriverState): StatusLine {
  const driver = `the ${name} driver`;
  switch (state) {
    case 'ours':
      return { state: 'ok', message: `${driver} is installed (${scope})` };
    case 'another':
      return { state: 'warning', message: `${driver} (${scope}) starts another eyaml`, command: INSTALL };
    case 'foreign':
      return { state: 'problem', message: `${driver} named eyaml (${scope}) is another program`, command: INSTALL };
    case 'none':
      return { state: 'problem', message: `${driver} is not installed`, command: INSTALL };
  }
}

function hookStatus({ hook, file, state }: GitStatus['hooks'][number]): StatusLine {
  switch (state) {
    case 'ours':
      return { state: 'ok', message: `the hook ${hook} is installed` };
    case 'by hand':
      return { state: 'ok', message: `the hook ${hook} calls eyaml` };
    case 'another':
      return {
        state: 'warning',
        message: `the hook ${hook} starts another eyaml: ${shownArgument(file)}`,
        command: INSTALL,
      };
    case 'none':
      return { state: 'problem', message: `the hook ${hook} is not installed`, command: INSTALL };
  }
}

function uncoveredLines(files: readonly string[]): readonly StatusLine[] {
  if (files.length === 0) return [];
  const more = files.length > SHOWN ? ` and ${files.length - SHOWN} more` : '';
  const message = `no attribute covers ${files.slice(0, SHOWN).join(', ')}${more}`;
  return [{ state: 'problem', message, command: INSTALL }];
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < 2 || (major === 2 && minor < 44);
}
