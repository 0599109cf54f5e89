import { openGit } from '../git/git.js';
import { shownArgument } from '../files/shown.js';
import type { Rule } from '../errors.js';
import type { CheckResult } from '../verbs/check/check.js';
import type { Hook } from '../verbs/git/drivers.js';
import { count } from './plan-text.js';

// What `recrypt` puts right.
const DRIFT: readonly Rule[] = [
  ...(['extra-recipient', 'missing-recipient', 'unknown-recipient', 'outdated-subkey'] as const),
  ...(['hidden-recipient', 'duplicate-reader', 'mislabelled-reader', 'password-recipient'] as const),
];

/**
 * The commit that a hook compares with what is staged; undefined if it has nothing to do.
 *
 * @param args - what git gives to the hook.
 */
export async function baseOf(hook: Exclude<Hook, 'pre-commit'>, args: readonly string[]): Promise<string | undefined> {
  switch (hook) {
    case 'pre-merge-commit':
      return 'HEAD';
    case 'post-merge':
      // A squash is committed later; a merge that makes a commit was looked at before it.
      return args[0] === '1' || (await isMerge()) ? undefined : 'ORIG_HEAD';
    case 'post-rewrite':
      // What is amended was committed just now.
      return args[0] === 'rebase' ? 'ORIG_HEAD' : undefined;
    case 'post-commit':
      return 'HEAD~1';
  }
}

async function isMerge(): Promise<boolean> {
  const git = await openGit(process.cwd(), process.env);
  return (await git.ask('rev-parse', '--quiet', '--verify', 'HEAD^2')).code === 0;
}

/** What a person should run after a merge or rebase, as lines; none if the readers of all values are those that they should be. */
export function driftLines({ findings }: CheckResult): readonly string[] {
  const drifted = findings.filter(({ rule }) => DRIFT.includes(rule));
  if (drifted.length === 0) return [];
  const files = [...new Set(drifted.map(({ file }) => file))];
  const values = new Set(drifted.map(({ file, line }) => `${file}:${line}`)).size;
  return [
    `warning: ${count(values, 'value')} in ${count(files.length, 'file')} ${values === 1 ? 'is' : 'are'} not encrypted for the current recipients; to re-encrypt:`,
    `    eyaml recrypt ${files.map(shownArgument).join(' ')}`,
  ];
}
