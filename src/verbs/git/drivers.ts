import path from 'node:path';
import { shellWord } from '../../files/shown.js';
import { mergeDriver } from '../../git/merge-driver.js';

/** How this `eyaml` is started. */
export interface Launcher {
  /** The Node.js that runs it; none where it is an executable. */
  readonly node?: string;
  readonly program: string;
}

/** How a program is started that this process runs. */
export function launcherOf(program: string): Launcher {
  const resolved = path.resolve(program);
  return resolved === process.execPath ? { program: resolved } : { node: process.execPath, program: resolved };
}

/** The hooks that are installed; they come in this order. */
export const HOOKS = ['pre-commit', 'pre-merge-commit', 'post-merge', 'post-rewrite', 'post-commit'] as const;

export type Hook = (typeof HOOKS)[number];

// Defines a shell function `e` that runs this eyaml where it is, else the one on PATH if it is not another program of that name: Ruby's
// would take a merge for done. It fails with 127 where there is none. Graphical programs often lack the user's PATH.
function shellFunction({ node, program }: Launcher): string {
  const [n, p] = [node && shellWord(node), shellWord(program)];
  const isThere = n ? `test -x ${n} && test -f ${p}` : `test -x ${p}`;
  return `e() { if ${isThere}; then ${n ? `${n} ` : ''}${p} "$@"; elif eyaml version 2>/dev/null | grep -q '^hiera-eyaml-gpg .*(node'; then eyaml "$@"; else return 127; fi; }`;
}

/** A setting or line of a hook, shortened for a person: how `eyaml` is started is left out. */
export function withoutLauncher(line: string): string {
  return line.replace(/\be\(\) \{ if test -x .*? else return 127; fi; \}/, 'e() { … }');
}

/** The settings of git that make the drivers. */
export function driverSettings(launcher: Launcher): ReadonlyMap<string, string> {
  const start = shellFunction(launcher);
  return new Map([
    // Git puts the file behind it. If it fails, git would stop: the file is shown as it is.
    ['diff.eyaml.textconv', `f() { ${start}; e git textconv "$1" 2>/dev/null || cat "$1"; }; f`],
    // It would write plaintexts into refs/notes.
    ['diff.eyaml.cachetextconv', 'false'],
    ['merge.eyaml.name', 'encrypted values'],
    ['merge.eyaml.driver', mergeSetting(start)],
  ]);
}

// An interrupt must not end the shell before it has merged the text. Git replaces words that start with a percent sign.
function mergeSetting(start: string): string {
  return `${start.replaceAll('%', '%%')}; trap : INT; ${mergeDriver('e')}`;
}

/** Whether a setting is one that an install made, also by another eyaml. */
export function isOurs(name: string, value: string): boolean {
  if (name === 'diff.eyaml.textconv') return value.includes('git textconv');
  if (name === 'merge.eyaml.driver') return value.includes('git merge');
  return name === 'diff.eyaml.cachetextconv' || name === 'merge.eyaml.name';
}

// A cherry-pick runs no hook but this one, which runs after every commit. While a rebase goes on, its end is waited for.
const IN_CHERRY_PICK = [
  '-f "$(git rev-parse --git-path CHERRY_PICK_HEAD)"',
  '! -d "$(git rev-parse --git-path rebase-merge)"',
]
  .map((condition) => `test ${condition}`)
  .join(' && ');

/** The line of a hook, for a script of sh. The script's input is left for what else is in it. A commit goes on where there is no eyaml. */
export function hookLine(hook: Hook, launcher: Launcher): string {
  const run = `${shellFunction(launcher)}; e git hook ${hook} "$@" </dev/null`;
  if (hook === 'pre-commit') return `(${run} || test $? -eq 127) || exit 1`;
  return hook === 'post-commit' ? `(${IN_CHERRY_PICK} && { ${run}; }) || true` : `(${run}) || true`;
}
