import type { GitRunner } from './git.js';

/** Whose configuration: the repository's, or the user's. */
export type Scope = 'local' | 'global';

/** A setting of git, with the scope that git names: `local`, `global`, `system`, `worktree`. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly scope: string;
}

/**
 * Reads the settings whose names match a regular expression, the one that counts last. What the command line of this run sets is left
 * out.
 *
 * @param scope - only from there.
 * @param type - `path` follows a leading `~`.
 */
export async function readSettings(
  git: GitRunner,
  names: string,
  { scope, type }: { readonly scope?: Scope | undefined; readonly type?: 'path' } = {},
): Promise<readonly Setting[]> {
  const which = [...(scope ? [`--${scope}`] : []), ...(type ? [`--type=${type}`] : [])];
  const { output } = await git.ask('config', ...which, '--null', '--show-scope', '--get-regexp', names);
  const fields = output.toString().split('\0');
  const found = Array.from({ length: fields.length >> 1 }, (_, i) => {
    const [name = '', ...lines] = (fields[2 * i + 1] ?? '').split('\n');
    return { scope: fields[2 * i] ?? '', name, value: lines.join('\n') };
  });
  return found.filter(({ scope }) => scope !== 'command');
}

/** Sets one setting, in place of all of its name there. */
export async function writeSetting(git: GitRunner, scope: Scope, name: string, value: string): Promise<void> {
  await git.run('config', `--${scope}`, '--replace-all', name, value);
}

/** Removes a setting. */
export async function removeSetting(git: GitRunner, scope: Scope, name: string): Promise<void> {
  await git.run('config', `--${scope}`, '--unset-all', name);
}
