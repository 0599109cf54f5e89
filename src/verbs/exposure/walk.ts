import path from 'node:path';
import type { Methods } from '../../context/methods.js';
import { EyamlError } from '../../errors.js';
import { findFiles } from '../../files/find.js';
import { LIMITS } from '../../files/read.js';
import { readOctets } from '../../files/snapshot.js';
import { presentAmong, readBlobs } from '../../git/blobs.js';
import type { Git } from '../../git/git.js';
import {
  hasCommits,
  isPartial,
  isShallow,
  pathspecOf,
  readHistory,
  type Commit,
  type HistoryOptions,
} from '../../git/history.js';
import { readTips, readTree } from '../../git/trees.js';
import { createMergesReader, type MergesReader } from './merges.js';
import { createSecrets, type Secrets } from './secrets.js';
import { createToday, type Today } from './today.js';
import { createContentsReader, type Contents, type ContentsReader } from './values.js';

/** Called for each version of a file that was read and each value that was opened, with the number of all of them. */
export type OnStep = (what: 'versions of files' | 'values', of: number) => void;

/** What is read. */
export interface WalkOptions {
  /** Undefined outside a repository: then only files on disk are read. */
  readonly git: Git | undefined;
  /** The top folder. */
  readonly top: string;
  /** Files and folders on disk. */
  readonly onDisk: readonly string[];
  /** Files that count whatever their names, from the top folder. */
  readonly named?: ReadonlySet<string>;
  /** Names of commits; by default all branches and tags. */
  readonly revisions?: readonly string[] | undefined;
  readonly since?: string | undefined;
  /** Whether the states of secrets are asked for: only they need merges, for which all versions are kept. */
  readonly states?: boolean;
  readonly onStep?: OnStep | undefined;
}

/** Every secret of a history, and where values are today. */
export interface Walked {
  readonly secrets: Secrets;
  readonly today: Today;
  readonly merges: MergesReader;
  /** What makes the result incomplete. */
  readonly gaps: readonly string[];
}

const PATTERNS = ['eyaml', 'yaml', 'yml'].map((end) => `:(top,glob)**/*.${end}`);
const NAMES = /\.(?:eyaml|ya?ml)$/;

/**
 * Reads all values in a history and in the files of today. Git is run once for the commits, once for each branch and twice for all versions
 * of files; each version is dropped when its values are known.
 *
 * @throws {@link EyamlError} `FILE_UNREADABLE` for a shallow clone, and when git fails.
 */
export async function walk(
  { git, top, onDisk, named = new Set(), revisions, since, states = false, onStep }: WalkOptions,
  methods: Methods,
): Promise<Walked> {
  const secrets = createSecrets();
  const today = createToday(secrets);
  const read = createContentsReader(methods);
  const gaps: string[] = [];
  const history: HistoryOptions = {
    revisions: revisions ?? 'all',
    paths: [...PATTERNS, ...Array.from(named, pathspecOf)],
    since,
  };
  let versions: ReadonlyMap<string, Contents> = new Map();
  const contentsOf = (object: string) => versions.get(object);
  if (git) {
    await refuseShallow(git);
    const partial = await isPartial(git);
    const commits: Commit[] = [];
    for await (const commit of readHistory(git, { ...history, full: true }))
      if (commit.changes.length > 0) commits.push(commit);
    commits.reverse();
    const trees = await treesOf(git, (file) => NAMES.test(file) || named.has(file));
    const found = await readVersions({ git, partial, read, onStep }, commits, trees);
    versions = found.versions;
    if (found.missing > 0) gaps.push(gapOf(found.missing, partial));
    for (const commit of commits) secrets.add(commit, contentsOf);
    for (const { where, files } of trees)
      for (const [file, object] of files) today.add(where, file, contentsOf(object));
    if (!states) versions = new Map();
  }
  for (const file of (await findFiles(onDisk)).files) {
    const name = path.relative(top, file).split(path.sep).join('/');
    today.add({ kind: 'work tree' }, name, await read(await readOctets(file), name));
  }
  return { secrets, today, merges: createMergesReader(git, history, contentsOf), gaps };
}

function gapOf(missing: number, partial: boolean): string {
  const versions = missing === 1 ? '1 version of a file' : `${missing} versions of files`;
  return partial
    ? `this is a partial clone without ${versions}: git fetch --no-filter --refetch gets them`
    : `${versions} could not be read`;
}

async function refuseShallow(git: Git): Promise<void> {
  if (!(await isShallow(git))) return;
  throw new EyamlError('FILE_UNREADABLE', 'this is a shallow clone: older commits are missing', {
    suggestions: ['git fetch --unshallow'],
  });
}

/** Files of the commit that is checked out, and of each branch. */
async function treesOf(git: Git, isWanted: (file: string) => boolean) {
  if (!(await hasCommits(git))) return [];
  const tips = (await readTips(git)).map(({ name, commit }) => ({ where: { kind: 'branch', name } as const, commit }));
  const trees = new Map<string, ReadonlyMap<string, string>>();
  const all = [{ where: { kind: 'head' } as const, commit: 'HEAD' }, ...tips];
  for (const { commit } of all) if (!trees.has(commit)) trees.set(commit, await readTree(git, commit));
  return all.map(({ where, commit }) => ({
    where,
    files: [...(trees.get(commit) ?? [])].filter(([file]) => isWanted(file)),
  }));
}

interface Reading {
  readonly git: Git;
  readonly partial: boolean;
  readonly read: ContentsReader;
  readonly onStep: OnStep | undefined;
}

async function readVersions(
  { git, partial, read, onStep }: Reading,
  commits: readonly Commit[],
  trees: Awaited<ReturnType<typeof treesOf>>,
) {
  const files = new Map<string, string>();
  const wanted = (object: string | undefined, file: string) => object === undefined || files.set(object, file);
  for (const { path, before, otherBefore = [], after } of commits.flatMap(({ changes }) => changes))
    for (const object of [before, ...otherBefore, after]) wanted(object, path);
  for (const tree of trees) for (const [file, object] of tree.files) wanted(object, file);
  const objects = partial ? await presentAmong(git, [...files.keys()]) : [...files.keys()];
  const versions = new Map<string, Contents>();
  await readBlobs(git, objects, LIMITS.eyaml, async (object, octets) => {
    versions.set(object, await read(octets, files.get(object) ?? ''));
    onStep?.('versions of files', objects.length);
  });
  return { versions, missing: files.size - versions.size };
}
