import path from 'node:path';
import type { Problem } from '../errors.js';
import { openGit, type Git } from '../git/git.js';
import { hasCommits } from '../git/history.js';
import { isRecipientsFile } from '../recipients/file.js';
import type { RecipientsTree } from '../recipients/source.js';
import type { CheckedFile } from '../verbs/check/check.js';
import { createIndexTree, rulesIn, type IndexEntry, type IndexTree } from './index-tree.js';
import { indexed, privateKeysIn } from './private-keys.js';

/** What is staged in git. */
export interface Staged {
  /**
   * The staged files with the content that git would commit, and the files that follow a staged recipients file. Links and submodules
   * are skipped.
   */
  readonly files: readonly CheckedFile[];
  /** Private keys among the staged files. */
  readonly privateKeys: readonly Problem[];
  /** The recipients files that git would commit. */
  readonly recipients: RecipientsTree;
}

/** The names of files that may hold values. */
const NAMES = /\.(?:eyaml|ya?ml)$/;

/**
 * Reads what is staged, of the files that may hold values.
 *
 * @param since - the commit that it is compared with, if not the last one.
 */
export async function openStaged(since?: string): Promise<Staged> {
  const git = await openGit(process.cwd(), process.env);
  const raw = await git.run(
    ...['diff-index', '--cached', '--raw', '-z', '--no-abbrev', '--no-renames', '--diff-filter=ADMT'],
    ...['--no-ext-diff', '--no-textconv', '--no-relative', since ?? (await lastCommit(git)), '--'],
  );
  const staged = changesOf(raw.toString());
  const tree = await createIndexTree(git);
  const recipientsFiles = staged.filter(isRecipientsFile);
  const chosen = new Set([
    ...recipientsFiles.filter((name) => tree.entries.has(name)),
    ...staged.filter((name) => NAMES.test(name)),
    ...followersOf(recipientsFiles, tree).filter((name) => NAMES.test(name)),
    ...(await ruledBy(staged, tree, git)).filter((name) => NAMES.test(name)),
  ]);
  return {
    files: [...chosen].flatMap((name) => fileOf(name, tree.entries.get(name), git)),
    privateKeys: await privateKeysIn(
      git,
      staged.flatMap((name) => indexed(git, name, tree.entries.get(name))),
      'staged',
    ),
    recipients: tree.recipients,
  };
}

// The files whose recipients may have changed: those that follow a changed recipients file, or followed a deleted one.
function followersOf(changed: readonly string[], { entries, nearest, targetOf }: IndexTree): readonly string[] {
  if (changed.length === 0) return [];
  const gone = changed.filter((name) => !entries.has(name));
  return [...entries.keys()].filter((file) => {
    const recipientsFile = nearest(file);
    if (
      recipientsFile !== undefined &&
      [recipientsFile, targetOf(recipientsFile)].some((one) => one && changed.includes(one))
    )
      return true;
    return gone.some((name) => isBelow(file, name) && (recipientsFile === undefined || isBelow(name, recipientsFile)));
  });
}

// The files whose rules, or whose recipients by a rule, may have changed.
async function ruledBy(changed: readonly string[], tree: IndexTree, git: Git): Promise<readonly string[]> {
  const all = [...tree.entries.keys()];
  const folders = changed.filter(isConfiguration).map((name) => path.posix.dirname(name));
  const below = all.filter((file) => folders.some((folder) => isBelow(file, folder)));
  if (!all.some(isConfiguration)) return below;
  const { ruleFor } = rulesIn(tree);
  const isRuled = async (file: string) => {
    const rule = await ruleFor(path.join(git.top, file));
    const list = rule?.recipientsFile && path.relative(git.top, rule.recipientsFile).split(path.sep).join('/');
    return list !== undefined && changed.includes(list);
  };
  const ruled = await Promise.all(all.map(async (file) => ((await isRuled(file)) ? [file] : [])));
  return [...below, ...ruled.flat()];
}

function isConfiguration(name: string): boolean {
  return `/${name}`.endsWith('/.eyaml/config.yaml');
}

// Whether a file lies in the folder of another, or further down.
function isBelow(file: string, other: string): boolean {
  const folder = path.posix.dirname(other);
  return folder === '.' || file.startsWith(`${folder}/`);
}

function fileOf(name: string, entry: IndexEntry | undefined, git: Git): readonly CheckedFile[] {
  if (entry?.isRegular !== true && !isRecipientsFile(name)) return [];
  if (entry === undefined) return [];
  // Not git show: it would convert the content as the repository configures.
  const read = () => git.run('cat-file', 'blob', entry.object);
  return [{ file: path.relative(process.cwd(), path.join(git.top, name)), read }];
}

// Before the first commit everything is new.
async function lastCommit(git: Git): Promise<string> {
  return (await hasCommits(git)) ? 'HEAD' : (await git.run('hash-object', '-t', 'tree', '--stdin')).toString().trim();
}

// git diff-index, raw output format: `:OLDMODE MODE OLDOBJECT OBJECT STATUS`, a NUL, the name, a NUL.
function changesOf(raw: string): readonly string[] {
  return raw.split('\0').filter((_, i) => i % 2 === 1);
}
