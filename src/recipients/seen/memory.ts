import { accessSync, constants, lstatSync, mkdirSync, type Stats } from 'node:fs';
import path from 'node:path';
import { EyamlError, errnoOf } from '../../errors.js';
import { readOld, replaceDurably, syncFolder } from '../../files/durable.js';
import { withLock } from '../../files/lock.js';
import { REASONS } from '../../files/fault.js';
import { LIMITS } from '../../files/read.js';
import { shownArgument } from '../../files/shown.js';
import { sweepStale } from '../../files/stale.js';
import { NO_MEMORY, parseMemory, renderMemory, type Memory } from './format.js';

/**
 * Where the memory of a user is: `$XDG_STATE_HOME/eyaml/recipients.json`. Undefined if that is not set and there is no home folder, or
 * one that this user may not enter: that of another user, in which a shell still is after `su`.
 */
export function memoryFile({ XDG_STATE_HOME: state }: NodeJS.ProcessEnv, homeFolder: string): string | undefined {
  const isGiven = state !== undefined && path.isAbsolute(state);
  if (!isGiven && !mayEnter(homeFolder)) return undefined;
  return path.join(isGiven ? state : path.join(homeFolder, '.local/state'), 'eyaml/recipients.json');
}

function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads the memory; synchronous. Only a missing file is an empty memory.
 *
 * @throws {@link EyamlError} `MEMORY_UNUSABLE` for anything else that is not a memory which this user alone can write.
 */
export function readMemory(file: string): Memory {
  const folder = statusOf(path.dirname(file), file);
  if (folder === undefined) return NO_MEMORY;
  if (!folder.isDirectory()) throw unusable(file, `${path.dirname(file)} is not a folder`);
  const status = statusOf(file, file);
  if (status === undefined) return NO_MEMORY;
  if (!status.isFile()) throw unusable(file, status.isDirectory() ? 'it is a folder' : 'it is not a regular file');
  for (const one of [folder, status]) {
    const reason = openToOthers(one);
    if (reason) throw unusable(file, `${one === folder ? 'its folder' : 'it'} ${reason}`);
  }
  if (status.size > LIMITS.memory) throw unusable(file, 'it is too large');
  const memory = parseMemory(octetsOf(file).toString());
  if (typeof memory === 'string') throw unusable(file, memory);
  return memory;
}

/**
 * Changes the memory; what others write at the same time is not lost.
 *
 * @param change - gets the memory as it is then, and must be repeatable.
 * @throws {@link EyamlError} `MEMORY_UNUSABLE`; `FILE_UNWRITABLE`, `FILE_LOCKED` if it cannot be written.
 */
export async function changeMemory(file: string, change: (memory: Memory) => Memory): Promise<void> {
  const folder = path.dirname(file);
  try {
    makeFolders(folder);
    sweepStale(folder);
    await withLock(file, file, () => {
      const before = readMemory(file);
      const after = change(before);
      if (after !== before) replaceDurably(file, Buffer.from(renderMemory(after)), 0o600);
    });
    syncFolder(folder);
  } catch (error) {
    if (error instanceof EyamlError) throw error;
    throw new EyamlError('FILE_UNWRITABLE', `cannot write ${file}: ${reasonOf(error)}`);
  }
}

// Not recursively, which never ends where the system says of a folder that is there that it is not. Where sudo keeps HOME, folders of
// root would lock their user out.
function makeFolders(folder: string): void {
  const state = path.dirname(folder);
  for (const one of [path.dirname(state), state, folder]) {
    const around = lstatSync(path.dirname(one), { throwIfNoEntry: false });
    if (process.geteuid?.() === 0 && around && around.uid !== 0 && !lstatSync(one, { throwIfNoEntry: false }))
      throw new EyamlError('FILE_UNWRITABLE', `cannot make ${one}: ${path.dirname(one)} belongs to another user`);
    try {
      mkdirSync(one, { mode: 0o700 });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
}

function octetsOf(file: string): Buffer {
  try {
    return readOld(file)?.octets ?? Buffer.alloc(0);
  } catch (error) {
    throw unusable(file, reasonOf(error));
  }
}

function statusOf(entry: string, file: string): Stats | undefined {
  try {
    return lstatSync(entry, { throwIfNoEntry: false });
  } catch (error) {
    throw unusable(file, reasonOf(error));
  }
}

const FOREIGN = 'belongs to another user';
const WRITABLE_BY_OTHERS = 0o022;

// Somebody else could take out what was seen, or put in what was not. On Windows, modes do not tell.
function openToOthers({ uid, mode }: Stats): string | undefined {
  if (process.platform === 'win32') return undefined;
  if (uid !== process.geteuid?.()) return FOREIGN;
  return (mode & WRITABLE_BY_OTHERS) === 0 ? undefined : 'can be written by other users';
}

function reasonOf(error: unknown): string {
  const errno = errnoOf(error) ?? 'unknown error';
  return REASONS[errno] ?? errno;
}

function unusable(file: string, reason: string): EyamlError {
  const shown = shownArgument(file);
  return new EyamlError('MEMORY_UNUSABLE', `cannot use ${file}, which remembers who may read: ${reason}`, {
    suggestions: [
      ...(reason.includes(FOREIGN) ? ['if you run eyaml with sudo: "sudo -H" takes the home folder of root'] : []),
      `find out who changed it, and restore it from a backup if you can`,
      `or forget all that was seen, and look well at who is shown as new then: mv ${shown} ${shown}.old`,
    ],
  });
}
