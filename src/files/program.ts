import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/**
 * Finds a program by its bare name in the folders of PATH, the first one that may be run. Only absolute folders count: an empty or
 * relative one is the current folder or lies below it, and what a cloned repository holds there must not run. A folder of that
 * name is passed over.
 *
 * @returns its absolute path, or undefined.
 */
export function findProgram(name: string, { PATH = '', PATHEXT }: NodeJS.ProcessEnv): string | undefined {
  const extensions = process.platform === 'win32' ? (PATHEXT ?? '.EXE').split(';') : [];
  return absoluteFolders(PATH)
    .flatMap((folder) => ['', ...extensions].map((extension) => path.join(folder, name + extension)))
    .find(isProgram);
}

/** Whether a path names a file, or a link to one, that may be run. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

// Programs read their own settings below these folders: with a relative or empty path, from the current folder.
const HOMES = ['HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'];

/** The environment for a program that is started, without variables that would lead it into the current folder. */
export function environmentForPrograms(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isSafe = ([name, value]: readonly [string, string | undefined]) =>
    !HOMES.includes(name) || (value !== undefined && path.isAbsolute(value));
  const { PATH } = environment;
  return {
    ...Object.fromEntries(Object.entries(environment).filter(isSafe)),
    ...(PATH !== undefined && { PATH: absoluteFolders(PATH).join(path.delimiter) }),
  };
}

function absoluteFolders(folders: string): readonly string[] {
  return folders.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
}
