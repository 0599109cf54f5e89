import path from 'node:path';
import type { Context } from '../context/context.js';
import { EyamlError, type Problem } from '../errors.js';
import { realPathOf } from '../files/snapshot.js';
import { openGit } from '../git/git.js';
import { addedSince } from '../recipients/added-since.js';
import { isRecipientsFile, RECIPIENTS_FILE } from '../recipients/file.js';
import { recordTree } from '../recipients/record-tree.js';
import { CONFIGURATION_FILE } from '../recipients/rule.js';
import { createRecipientsSearch } from '../recipients/source.js';
import type { CheckedFile } from '../verbs/check/check.js';
import { createIndexTree, readCommit, rulesIn, type IndexTree } from './index-tree.js';

/**
 * Finds the readers who were added since a commit. Who they are is looked up in today's keys, trusted or not.
 *
 * @param revision - names the commit as git reads it.
 * @throws {@link EyamlError} `USAGE` if there is no such commit, `FILE_UNREADABLE` outside git.
 */
export async function readersAddedSince(
  revision: string,
  files: readonly CheckedFile[],
  { keystore, recordOf }: Pick<Context, 'keystore' | 'recordOf'>,
): Promise<readonly Problem[]> {
  const git = await openGit(process.cwd(), process.env);
  const top = await realPathOf(git.top);
  const commit = await git
    .run('rev-parse', '--quiet', '--verify', '--end-of-options', `${revision}^{commit}`)
    .catch(() => {
      throw new EyamlError('USAGE', '--against names no commit of this repository', {
        suggestions: ['a shallow clone may lack it: fetch it, or clone with the whole history'],
      });
    });
  const tree = await createIndexTree(git, await readCommit(git, commit.toString().trim()));
  const { recipients } = tree;
  const rules = rulesIn(tree);
  const nothingGiven = { recipients: undefined, recipientsFile: undefined };
  const search = createRecipientsSearch({ ...nothingGiven, tree: recipients, ruleFor: rules.ruleFor });
  const folders = () => foldersOf(tree, top);
  const then = await recordTree(top, { keystore, trust: 'always', search, rulesAt: rules.rulesAt, folders });
  const now = await recordOf(top, 'always');
  const targets = files.map(({ file }) => file).filter((file) => !isRecipientsFile(file));
  return addedSince({ then, now, top, since: revision }, await Promise.all(targets.map((file) => realPathOf(file))));
}

// The folders that hold recipients files and may hold rules.
function foldersOf({ entries }: IndexTree, top: string) {
  return [...entries.keys()].flatMap((name) => {
    const folder = path.resolve(top, path.dirname(name));
    if (path.posix.basename(name) === RECIPIENTS_FILE) return [{ folder, names: [RECIPIENTS_FILE] }];
    return `/${name}`.endsWith(`/${CONFIGURATION_FILE}`) ? [{ folder: path.dirname(folder), names: ['.eyaml'] }] : [];
  });
}
