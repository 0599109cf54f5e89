import { readdirSync, type Dirent } from 'node:fs';
import path from 'node:path';
import type { Options } from 'fast-glob';
import { EyamlError, errnoOf } from '../errors.js';
import { stat } from './at-once.js';
import { createRealPaths } from './real-paths.js';

/** Which files below a folder count. Patterns are globs, relative to the folder. */
export interface TreeOptions {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** How folders are listed, for some searches in the same tree. */
  readonly listing?: Listing | undefined;
}

/** Gives the entries of a folder. */
export type Listing = (folder: string) => Dirent[];

/** Makes a {@link Listing} that reads each folder once. Let it live for one run that only reads. */
export function createListing(): Listing {
  const known = new Map<string, Dirent[]>();
  return (folder) => {
    const entries = known.get(folder) ?? readdirSync(folder, { withFileTypes: true });
    known.set(folder, entries);
    return entries;
  };
}

/** The files that paths stand for. */
export interface FoundFiles {
  readonly files: readonly string[];
  /** Whether one file was named, and nothing else. */
  readonly isOneFile: boolean;
}

const DEFAULT_INCLUDE = ['**/*.{eyaml,yaml,yml}'];
const NEVER = ['**/.git/**', '**/node_modules/**'];

/**
 * Finds the files that files, folders and globs stand for, each once. A file that is named itself counts, whatever
 * its name; below folders the name decides.
 *
 * @throws {@link EyamlError} `FILE_NOT_FOUND` when a path does not exist, `USAGE` when a glob matches nothing, `FILE_UNREADABLE` when a folder cannot be listed.
 */
export async function findFiles(
  paths: readonly string[],
  { include, exclude = [], listing }: TreeOptions = {},
): Promise<FoundFiles> {
  const found = new Map<string, string>();
  const realPathOf = createRealPaths();
  let named = 0;
  for (const given of paths) {
    const status = await stat(given).catch(() => undefined);
    // The reader accepts or refuses a named pipe or device; if it were left out here, it would seem to have been read.
    const isNamed = status?.isDirectory() === false;
    if (isNamed) named += 1;
    const files = isNamed
      ? [given]
      : await globFrom(given, status ? [...(include ?? DEFAULT_INCLUDE)] : given, {
          ...(status ? { cwd: given } : {}),
          ignore: [...NEVER, ...exclude],
          listing,
        });
    if (!status && files.length === 0) throw await nothingAt(given);
    for (const file of files.sort()) {
      const shown = status?.isDirectory() === true ? path.join(given, file) : file;
      const realPath = await realPathOf(shown);
      if (!found.has(realPath)) found.set(realPath, shown);
    }
  }
  return { files: [...found.values()], isOneFile: named === 1 && paths.length === 1 };
}

/**
 * Finds all entries of a given name below folders, links too. A path that is not a folder has none.
 *
 * @throws {@link EyamlError} `FILE_UNREADABLE` when a folder cannot be listed.
 */
export async function findNamed(
  name: string,
  folders: readonly string[],
  { exclude = [], listing }: Omit<TreeOptions, 'include'> = {},
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const given of folders) {
    const status = await stat(given).catch(() => undefined);
    if (!status?.isDirectory()) continue;
    const options = { cwd: given, ignore: [...NEVER, ...exclude], onlyFiles: false, listing };
    const files = await globFrom(given, `**/${name}`, options);
    for (const file of files.sort()) found.add(path.join(given, file));
  }
  return [...found];
}

// Loaded only here: a command that is given files needs no globs. Synchronous: a folder is read in less time than the thread pool needs to
// be told of it.
async function globFrom(
  given: string,
  patterns: string | string[],
  { listing, ...options }: Options & Pick<TreeOptions, 'listing'>,
): Promise<string[]> {
  const { default: glob } = await import('fast-glob');
  try {
    // It lists folders with the kinds of their entries, and in no other way.
    const fs = listing && { readdirSync: listing as unknown as typeof readdirSync };
    return glob.sync(patterns, { ...options, ...(fs && { fs }), dot: true, followSymbolicLinks: false });
  } catch (error) {
    return unreadable(given, error);
  }
}

async function nothingAt(given: string): Promise<EyamlError> {
  const { default: glob } = await import('fast-glob');
  if (glob.isDynamicPattern(given)) return new EyamlError('USAGE', `no file matches ${given}`);
  return new EyamlError('FILE_NOT_FOUND', `no such file or folder: ${given}`);
}

function unreadable(given: string, error: unknown): never[] {
  const errno = errnoOf(error);
  // Below something that is not a folder there is nothing.
  if (errno === 'ENOTDIR') return [];
  throw new EyamlError('FILE_UNREADABLE', `cannot look for files in ${given} (${errno ?? 'unknown error'})`);
}
