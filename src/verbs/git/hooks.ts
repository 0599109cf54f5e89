import { chmod, lstat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { shownPath } from '../../files/shown.js';
import { readSnapshot, replaceFile, type Snapshot } from '../../files/snapshot.js';
import { createFolderFor } from '../../files/create.js';
import type { Git } from '../../git/git.js';
import { readSettings } from '../../git/settings.js';
import { blockIn, withBlock, withoutBlock } from '../../text/block.js';
import { decodeUtf8 } from '../../text/utf8.js';
import { HOOKS, hookLine, type Hook, type Launcher } from './drivers.js';
import { joinPlans, type GitPlan } from './plan.js';

/** A hook as it is. */
export interface HookState {
  readonly hook: Hook;
  readonly file: string;
  /**
   * `ours`: our block is in it and starts this eyaml; `another`: it starts another one; `by hand`: it calls eyaml without a block; `none`:
   * nothing of that.
   */
  readonly state: 'ours' | 'another' | 'by hand' | 'none';
  readonly snapshot: Snapshot;
  /** The text of a script that may be changed, which may be empty; or why it may not be. */
  readonly script: string | { readonly fault: string };
}

const SHELL = /^#! ?\/(?:usr\/)?bin\/(?:env )?(?:ba|da|k|z)?sh(?: -[a-z]+)?\n/;
const MADE_BY_OTHERS = /pre-commit\.com|\bhusky\b|\blefthook\b|\bovercommit\b/i;
const NEW = '#!/bin/sh\n# made by eyaml git install\n';

/** Reads the hooks of a repository. */
export async function readHooks(git: Git, launcher: Launcher): Promise<readonly HookState[]> {
  const { folder, isOwn } = await hooksFolder(git);
  return Promise.all(
    HOOKS.map(async (hook): Promise<HookState> => {
      const file = path.join(folder, hook);
      const snapshot = await readSnapshot(file);
      const text = decodeUtf8(snapshot.octets ?? Buffer.alloc(0));
      const block = text === undefined ? undefined : blockIn(text);
      const calls = text?.includes(`git hook ${hook}`) ?? false;
      const isThis = block?.join('\n') === hookLine(hook, launcher);
      const state = block ? (isThis ? 'ours' : 'another') : calls ? 'by hand' : 'none';
      // What it leads to may be a file of the repository, or of no repository.
      const isLink = await lstat(file).then(
        (status) => status.isSymbolicLink(),
        () => false,
      );
      const fault = isLink ? 'it is a symbolic link' : isOwn ? undefined : 'core.hooksPath is set';
      return { hook, file, state, snapshot, script: fault === undefined ? scriptIn(text) : { fault } };
    }),
  );
}

// core.hooksPath names a folder that another program, or a team, looks after.
async function hooksFolder(git: Git): Promise<{ readonly folder: string; readonly isOwn: boolean }> {
  const chosen = (await readSettings(git, '^core\\.hookspath$', { type: 'path' })).at(-1)?.value;
  if (chosen !== undefined) return { folder: path.resolve(git.top, chosen), isOwn: false };
  const common = (await git.run('rev-parse', '--git-common-dir')).toString().replace(/\n$/, '');
  return { folder: path.join(path.resolve(git.top, common), 'hooks'), isOwn: true };
}

function scriptIn(text: string | undefined): HookState['script'] {
  const isScript = text === '' || (text !== undefined && SHELL.test(text) && !text.includes('\r'));
  if (!isScript) return { fault: 'it is not a shell script' };
  return MADE_BY_OTHERS.test(text) ? { fault: 'another program made it' } : text;
}

/** Plans the installation of hooks. What is in them stays; ours run first. */
export function planHooks(states: readonly HookState[], launcher: Launcher): GitPlan {
  return joinPlans(
    states.map(({ hook, file, state, snapshot, script }): GitPlan => {
      if (state === 'ours' || state === 'by hand') return { changes: [], notes: [] };
      const line = hookLine(hook, launcher);
      if (typeof script !== 'string') {
        const add = `add this line to it, or to what makes it: eyaml git hook ${hook} "$@"`;
        return { changes: [], notes: [`${shownPath(file)} is not changed (${script.fault}): ${add}`] };
      }
      const isNew = snapshot.octets === undefined;
      const text = withBlock(isNew ? NEW : script, [line], isNew ? 'end' : 'second line');
      const apply = async () => {
        await createFolderFor(file);
        await replaceFile(snapshot, Buffer.from(text), { onConflict: 'fail' });
        if (isNew) await chmod(file, 0o755);
      };
      return { changes: [{ place: shownPath(file), lines: [line], apply }], notes: [] };
    }),
  );
}

/** Plans that they are taken away. */
export function planHookRemoval(states: readonly HookState[]): GitPlan {
  return joinPlans(
    states.map(({ hook, file, state, snapshot, script }): GitPlan => {
      const byHand = `${shownPath(file)} calls eyaml: remove the line with "git hook ${hook}"`;
      if (state === 'none') return { changes: [], notes: [] };
      if (state === 'by hand' || typeof script !== 'string') return { changes: [], notes: [byHand] };
      const rest = withoutBlock(script);
      const apply = () =>
        rest === NEW ? unlink(file) : replaceFile(snapshot, Buffer.from(rest), { onConflict: 'fail' });
      return { changes: [{ place: shownPath(file), lines: blockIn(script) ?? [], apply }], notes: [] };
    }),
  );
}
