import { stat } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError, type Problem } from '../errors.js';
import { findFiles, findNamed, type TreeOptions } from '../files/find.js';
import { realPathOf } from '../files/snapshot.js';
import { readBlobs } from '../git/blobs.js';
import { openGit, type Git } from '../git/git.js';
import { gitTop } from '../git/top.js';
import { findKeyFiles } from '../keys/keyfiles/files.js';
import { KEYS_FOLDER, nearestKeysFolder } from '../recipients/nearest.js';
import { LARGEST_KEY_FILE, privateKeyProblem, type PublicPlace } from '../verbs/check/private-key.js';
import { readIndex, type IndexEntry } from './index-tree.js';

/** A regular file in git's index. */
export interface IndexedFile {
  readonly file: string;
  readonly object: string;
}

/** A file of the index by its name from the top folder; none for a link or submodule. */
export function indexed(git: Git, name: string, entry: IndexEntry | undefined): readonly IndexedFile[] {
  if (entry?.isRegular !== true) return [];
  return [{ file: path.relative(process.cwd(), path.join(git.top, name)), object: entry.object }];
}

/** The problems of files in git's index that hold a private key. */
export async function privateKeysIn(
  git: Git,
  files: readonly IndexedFile[],
  place: PublicPlace,
): Promise<readonly Problem[]> {
  const byObject = new Map<string, string[]>();
  for (const { file, object } of files) byObject.set(object, [...(byObject.get(object) ?? []), file]);
  const problems: Problem[] = [];
  await readBlobs(git, [...byObject.keys()], LARGEST_KEY_FILE, (object, octets) => {
    for (const file of byObject.get(object) ?? [])
      problems.push(...[privateKeyProblem(file, octets, place) ?? []].flat());
  });
  return problems;
}

/**
 * Looks for private keys below folders, and at files: in what git tracks there, and in the folders of public keys that are there or apply
 * there. Each file is a problem once.
 *
 * @param notify - is told that git failed.
 */
export async function findPrivateKeys(
  paths: readonly string[],
  { exclude = [], listing }: TreeOptions,
  notify: (text: string) => void,
): Promise<readonly Problem[]> {
  const found = new Map<string, Problem>();
  const add = (problem: Problem | undefined) => {
    const file = problem?.place && 'file' in problem.place ? path.resolve(problem.place.file) : undefined;
    if (problem && file !== undefined && !found.has(file)) found.set(file, problem);
  };
  const openOnce = once(openIndex);
  for (const given of paths) {
    const problems = await trackedKeys(given, exclude, openOnce).catch((error: unknown) => {
      if (!(error instanceof EyamlError)) throw error;
      notify(`warning: private keys that git tracks are not looked for: ${error.message}`);
      return [];
    });
    problems.forEach(add);
  }
  for (const folder of await keysFolders(paths, { exclude, listing })) {
    const { files } = await findKeyFiles({ fileOrFolder: folder, kind: 'shared' });
    for (const { file, octets } of files) add(privateKeyProblem(file, octets, 'public-keys'));
  }
  return [...found.values()];
}

type OpenIndex = (top: string) => ReturnType<typeof openIndex>;

async function openIndex(top: string) {
  const git = await openGit(top, process.env);
  return { git, entries: await readIndex(git) };
}

async function trackedKeys(given: string, exclude: readonly string[], open: OpenIndex): Promise<readonly Problem[]> {
  const status = await stat(given).catch(() => undefined);
  if (status === undefined) return [];
  const base = await realPathOf(given);
  const top = await gitTop(status.isDirectory() ? base : path.dirname(base));
  if (top === undefined) return [];
  const { git, entries } = await open(top);
  const isExcluded = await exclusion(given, exclude);
  const prefix = path.relative(git.top, base).split(path.sep).join('/');
  const isBelow = (name: string) => prefix === '' || name === prefix || name.startsWith(`${prefix}/`);
  const files = [...entries].flatMap(([name, entry]) => (isBelow(name) ? indexed(git, name, entry) : []));
  const wanted: IndexedFile[] = [];
  for (const one of files) if (!isExcluded(path.resolve(one.file))) wanted.push(one);
  return privateKeysIn(git, wanted, 'tracked');
}

// What the globs leave is found on disk; without globs nothing is.
async function exclusion(given: string, exclude: readonly string[]): Promise<(file: string) => boolean> {
  if (exclude.length === 0) return () => false;
  const { files } = await findFiles([given], { include: ['**/*'], exclude });
  const left = new Set(await Promise.all(files.map((file) => realPathOf(file))));
  return (file) => !left.has(file);
}

async function keysFolders(
  paths: readonly string[],
  options: Omit<TreeOptions, 'include'>,
): Promise<readonly string[]> {
  const below = await findNamed(KEYS_FOLDER, paths, options);
  const nearest = await Promise.all(
    paths.map(async (given) => {
      const isFolder = (await stat(given).catch(() => undefined))?.isDirectory();
      // One that cannot be read is a problem of the values that follow it.
      return nearestKeysFolder(isFolder ? path.join(given, 'file') : given).catch(() => undefined);
    }),
  );
  return [...new Set([...below, ...nearest.filter((folder) => folder !== undefined)])];
}

function once<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (name) => {
    const one = made.get(name) ?? make(name);
    made.set(name, one);
    return one;
  };
}
