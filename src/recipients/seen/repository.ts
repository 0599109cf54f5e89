import { lstatSync } from 'node:fs';
import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { realPathOf } from '../../files/snapshot.js';
import { openGit } from '../../git/git.js';
import { gitTop, gitTopByName } from '../../git/top.js';
import { RECIPIENTS_FILE } from '../file.js';
import { plantedReason } from '../nearest.js';
import { rebased } from '../accepted.js';
import { foldersOf, NO_RECORD, type RecipientsRecord } from '../record.js';
import type { Memory } from './format.js';

/** The repository, or other tree of folders, that a file belongs to. */
export interface Repository {
  /** Its root commit; the path of git's folder while no root is known; the path of the top folder without git. */
  readonly id: string;
  /** The real path of the top folder of its work tree. */
  readonly top: string;
  /** The ID that it had before its root commit was known. */
  readonly former?: string | undefined;
  /** To be remembered, so that git need not be asked again: this clone, and the folder that its work trees share. */
  readonly clones?: Memory['clones'] | undefined;
}

/**
 * Finds the repository of a file. Git is started only for a clone that the memory does not know. A history may have several roots; one
 * that the memory knows counts, since anybody can merge a history with another one.
 *
 * @param target - the place of the file, which need not exist: its real path, or that of a link to it.
 * @param ruled - the folder of the rule that governs it, if there is one.
 */
export async function findRepository(
  target: string,
  ruled: string | undefined,
  memory: Memory,
  environment: NodeJS.ProcessEnv,
): Promise<Repository> {
  const top = await gitTopByName(path.dirname(target));
  if (top === undefined) {
    const known = foldersOf(target).find((folder) => memory.repositories.has(folder));
    const folder = known ?? (await topmost(target, ruled));
    return { id: folder, top: folder };
  }
  const git = path.join(top, '.git');
  const mark = markOf(git);
  const known = memory.clones.get(git);
  if (known?.mark === mark) return { id: known.repository, top };
  const { root, common } = await askGit(top, memory, environment);
  // If git cannot tell, what has the same path is taken for the same.
  if (root === undefined) return { id: known?.repository ?? common ?? git, top };
  const marks = new Map([git, common ?? git].map((one) => [one, { mark: markOf(one), repository: root }]));
  return { id: root, top, former: common, clones: marks };
}

/** All known clones, with those of a repository. */
export function withClones({ clones: known }: Memory, { clones }: Repository): Memory['clones'] {
  return clones ? new Map([...known, ...clones]) : known;
}

// An inode may be used again for the folder of another clone, but not with the same time of birth.
function markOf(file: string): string {
  const { dev, ino, birthtimeNs } = lstatSync(file, { bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}

// The topmost folder with a recipients file, so that a later file above it is no first use. What others put into a folder for all does
// not count.
async function topmost(target: string, ruled: string | undefined): Promise<string> {
  const folders = foldersOf(target);
  const counts = async (folder: string) => {
    const file = path.join(folder, RECIPIENTS_FILE);
    return isThere(file) && (await plantedReason(file)) === undefined;
  };
  for (const folder of folders.toReversed()) if (folder === ruled || (await counts(folder))) return folder;
  return path.dirname(target);
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** What git says about a clone. */
interface Answer {
  /** Undefined without a commit, in a shallow clone, and if git fails. */
  readonly root?: string | undefined;
  /** The real path of the folder that linked work trees share. */
  readonly common?: string;
}

async function askGit(top: string, memory: Memory, environment: NodeJS.ProcessEnv): Promise<Answer> {
  try {
    const git = await openGit(top, withoutGitPlaces(environment));
    const [isShallow, folder = ''] = linesOf(await git.run('rev-parse', '--is-shallow-repository', '--git-common-dir'));
    const common = await realPathOf(path.resolve(top, folder));
    const shared = memory.clones.get(common);
    // Another root in a new work tree does not make it another repository.
    if (shared?.mark === markOf(common)) return { common, root: shared.repository };
    if (isShallow !== 'false') return { common };
    const roots = async (...options: readonly string[]) =>
      linesOf(await git.run('rev-list', ...options, '--max-parents=0', 'HEAD', '--')).filter(Boolean);
    const all = await roots().catch(() => []);
    const [first] = all.length > 1 ? await roots('--first-parent') : all;
    const isKnown = (root: string) => memory.repositories.has(root);
    return { common, root: first !== undefined && isKnown(first) ? first : (all.find(isKnown) ?? first) };
  } catch (error) {
    if (error instanceof EyamlError) return {};
    throw error;
  }
}

// In a hook they lead to the repository of the hook, which may be another one. Settings stay: they may allow the folder of another user.
function withoutGitPlaces(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^GIT_(?!CONFIG)/.test(name)));
}

function linesOf(output: Buffer): readonly string[] {
  return output.toString().replace(/\n$/, '').split('\n');
}

/**
 * What was seen of a repository. Of an unknown one it is what was seen of the folders around the target and of those in the work tree,
 * and of the clone around it: a `.git` that appears somewhere must not make what is in there look new.
 *
 * @param target - the real path of the file at hand.
 * @returns undefined if nothing of it was seen before.
 */
export async function seenOf(
  { id, top, former }: Repository,
  target: string,
  memory: Memory,
): Promise<RecipientsRecord | undefined> {
  const known = memory.repositories.get(id) ?? memory.repositories.get(former ?? '');
  if (known) return known.record;
  const isAround = (folder: string) => folder === top || isBelow(folder, top) || isBelow(target, folder);
  const folders = [...memory.repositories.keys()].filter((one) => path.isAbsolute(one) && isAround(one));
  const outer = await cloneAround(top, memory);
  const seen = [...folders.map((folder) => ({ id: folder, top: folder })), ...(outer ? [outer] : [])];
  if (seen.length === 0) return undefined;
  // What a deeper one says counts more.
  const records = seen
    .sort((a, b) => a.top.length - b.top.length)
    .map((one) => rebased(memory.repositories.get(one.id)?.record ?? NO_RECORD, one.top, top));
  return {
    files: new Map(records.flatMap(({ files }) => [...files])),
    rules: new Map(records.flatMap(({ rules }) => [...rules])),
  };
}

function isBelow(file: string, folder: string): boolean {
  return file.startsWith(folder.endsWith(path.sep) ? folder : folder + path.sep);
}

// The nearest known clone around a folder.
async function cloneAround(top: string, memory: Memory): Promise<Repository | undefined> {
  const parent = path.dirname(top);
  const outer = parent === top ? undefined : await gitTop(parent);
  if (outer === undefined) return undefined;
  const clone = memory.clones.get(path.join(outer, '.git'));
  if (clone && memory.repositories.has(clone.repository)) return { id: clone.repository, top: outer };
  return cloneAround(outer, memory);
}
