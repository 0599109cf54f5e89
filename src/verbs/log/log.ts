import type { Methods } from '../../context/methods.js';
import { EyamlError } from '../../errors.js';
import { formatKeyPath, type KeyPath } from '../../eyaml/key-path.js';
import { LIMITS } from '../../files/read.js';
import { readBlobs } from '../../git/blobs.js';
import type { Git } from '../../git/git.js';
import { pathspecOf, readHistory, type Change, type Commit } from '../../git/history.js';
import { differencesOf, type Difference } from './compare.js';
import { createJudge, type Judged, type Opens } from './judge.js';
import { createReadersOf, type ReaderChange } from './readers.js';
import { createVersionReader, NO_FILE, valuesOf, type Version } from './version.js';

/** What happened to the values at one key. */
export interface LogChange extends Judged {
  /** The name that the file had then, from the top folder. */
  readonly file: string;
  readonly key: string | null;
  /** Who can read it since then, and who no longer can; only where it was there before and after. */
  readonly readers?: ReaderChange;
}

/** A commit that changed values. */
export interface LogEntry {
  readonly commit: Commit;
  readonly changes: readonly LogChange[];
}

/** Whose history is read. */
export interface LogOptions {
  /** The file, from the top folder. */
  readonly file: string;
  /** Only this key, and those below it. */
  readonly key?: KeyPath | undefined;
  readonly since?: string | undefined;
  readonly opens: Opens;
  /** Is told of an error that keeps all values from being opened; they are then not told apart. */
  readonly onRefused: (error: EyamlError) => void;
}

/**
 * Reads the history of a file's values, the newest commit first, also under the names that the file had before. Git is run a fixed number of
 * times, and each distinct ciphertext is opened once.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND` if no commit has the file, `KEY_NOT_FOUND` if none has a value at the key, `FILE_UNREADABLE`.
 */
export async function logValues(git: Git, options: LogOptions, methods: Methods): Promise<readonly LogEntry[]> {
  const { file, key, since, opens, onRefused } = options;
  const commits: Commit[] = [];
  for await (const commit of readHistory(git, { paths: [pathspecOf(file)], follow: true, since })) commits.push(commit);
  // A merge is in the history of every file.
  if (commits.every(({ changes }) => changes.length === 0) && since === undefined)
    throw new EyamlError('FILE_NOT_FOUND', `no commit of this branch has the file ${file}`);
  const versions = await versionsOf(git, commits, methods);
  const isWanted = (path: KeyPath) => key === undefined || key.every((part, i) => part === path[i]);
  const found = commits.map((commit) => ({
    commit,
    differences: commit.changes.flatMap((change) => differencesIn(change, versions, isWanted)),
  }));
  if (key !== undefined && since === undefined && found.every(({ differences }) => differences.length === 0))
    throw new EyamlError('KEY_NOT_FOUND', `no commit has a value at ${formatKeyPath(key)} in ${file}`);
  const judge = createJudge(methods, file, opens, onRefused);
  const all = found.flatMap(({ differences }) => differences);
  const readersOf = await createReadersOf(all.flatMap(valuesIn), methods, file);
  const entries = found.map(async ({ commit, differences }) => ({
    commit,
    changes: await Promise.all(
      differences.map(async (difference): Promise<LogChange> => {
        const { file, key, before, after } = difference;
        const judged = await judge(difference);
        const readers = after && before[0] ? { readers: readersOf(before[0], after) } : {};
        return { file, key, ...judged, ...readers };
      }),
    ),
  }));
  return (await Promise.all(entries)).filter(({ changes }) => changes.length > 0);
}

type Versions = ReadonlyMap<string, Version>;

/** The versions of the file, by their objects. */
async function versionsOf(git: Git, commits: readonly Commit[], { untagged }: Methods): Promise<Versions> {
  const objects = commits.flatMap(({ changes }) =>
    changes.flatMap(({ before, otherBefore = [], after }) => [before, ...otherBefore, after]),
  );
  const read = createVersionReader(untagged);
  const versions = new Map<string, Promise<Version>>();
  await readBlobs(git, [...new Set(objects.filter((object) => object !== undefined))], LIMITS.eyaml, (object, octets) =>
    versions.set(object, read(octets)),
  );
  return new Map(await Promise.all([...versions].map(async ([object, version]) => [object, await version] as const)));
}

function differencesIn(
  { path, before, otherBefore = [], after }: Change,
  versions: Versions,
  isWanted: (path: KeyPath) => boolean,
): readonly (Difference & { readonly file: string })[] {
  const versionOf = (object: string | undefined) => (object && versions.get(object)) || NO_FILE;
  const parents = [before, ...otherBefore].map(versionOf);
  return differencesOf(versionOf(after), parents, isWanted).map((difference) => ({ file: path, ...difference }));
}

function valuesIn({ before, after }: Difference) {
  return [...before, after].flatMap(valuesOf);
}
