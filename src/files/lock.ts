import { lstatSync, readFileSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EyamlError, errnoOf } from '../errors.js';
import { cannotCreateIn } from './cannot.js';
import { forgetLeftover, noteLeftover } from './cleanup.js';
import { livenessOfMark, ownMark, parseMark } from './process-mark.js';

const PATIENCE = 10_000;
const PAUSE = 20;
// No work takes this long, in milliseconds. It is used only for locks of which this machine cannot tell whether their holder runs.
const LONG_AGO = 10 * 60 * 1000;

/** The name of a file's lock. Two links to one file share it, since the real path counts. */
export function lockOf(realPath: string): string {
  return path.join(path.dirname(realPath), `.${path.basename(realPath)}.eyaml-lock`);
}

/**
 * Does work while no other eyaml writes the same file. The lock is a symbolic link whose target is a text about its holder: it is
 * created atomically, also on NFS. The work is synchronous, so that no signal ends the process in the middle of it.
 *
 * @param file - the file as it is named in messages.
 * @param patience - how many milliseconds to wait for others.
 * @throws {@link EyamlError} `FILE_LOCKED`, with the holder; `FILE_UNWRITABLE` when no lock can be made.
 */
export async function withLock<T>(
  realPath: string,
  file: string,
  work: () => T,
  patience: number = PATIENCE,
): Promise<T> {
  const lock = lockOf(realPath);
  const mark = ownMark();
  const end = performance.now() + patience;
  try {
    while (!tryTake(lock, mark)) {
      if (performance.now() > end) throw locked(file, lock);
      // A random delay, so that waiting processes do not all try again at the same time.
      await delay(PAUSE * (0.5 + Math.random()));
    }
  } catch (error) {
    throw error instanceof EyamlError ? error : cannotCreateIn(path.dirname(realPath), file, error);
  }
  try {
    return work();
  } finally {
    release(lock, mark);
  }
}

function tryTake(lock: string, mark: string): boolean {
  if (create(lock, mark)) {
    noteLeftover(lock);
    return true;
  }
  const holder = holderOf(lock);
  if (holder !== undefined) removeStale(lock, holder, mark);
  return false;
}

// A lock is removed by its holder, or by a process that holds a second lock for removing exactly this one: of two processes that find it
// stale, the slower must not remove the new lock of the faster. Each mark is unique, so the name of that second lock is never used again.
function removeStale(lock: string, holder: string, mark: string): void {
  const stale = parseMark(holder);
  const liveness = stale && livenessOfMark(stale);
  if (stale === undefined || liveness === 'alive') return;
  if (liveness === 'unknown' && Date.now() - changedAt(lock) < LONG_AGO) return;
  const removal = `${lock}-${stale.nonce}`;
  if (!tryTake(removal, mark)) return;
  try {
    // Two times of one file system: the clock of this machine may be another one.
    const isOld = liveness === 'dead' || changedAt(removal) - changedAt(lock) >= LONG_AGO;
    if (isOld && holderOf(lock) === holder) unlinkSync(lock);
  } catch (error) {
    // In a sticky folder only its owner may remove it: it stays, and the error names it.
    if (!['EACCES', 'EPERM', 'ENOENT'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    release(removal, mark);
  }
}

function changedAt(lock: string): number {
  return lstatSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
}

// Errors of symlink(2) on a file system without symbolic links.
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

function create(lock: string, mark: string): boolean {
  try {
    try {
      symlinkSync(mark, lock);
    } catch (error) {
      if (!NO_LINKS.has(errnoOf(error) ?? '')) throw error;
      writeFileSync(lock, mark, { flag: 'wx' });
    }
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    // If the answer is lost on the network, an NFS client asks again and finds the link that it has just created.
    return holderOf(lock) === mark;
  }
}

// Anything else there counts as a lock of an unknown holder. It is not read: it may have no end.
function holderOf(lock: string): string | undefined {
  const status = lstatSync(lock, { throwIfNoEntry: false });
  try {
    if (status?.isSymbolicLink()) return readlinkSync(lock);
    return status?.isFile() && status.size < 1000 ? readFileSync(lock, 'utf8') : status && '';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function release(lock: string, mark: string): void {
  try {
    if (holderOf(lock) === mark) unlinkSync(lock);
  } catch {
    // The work is done, and the next run finds that the lock is stale.
  }
  forgetLeftover(lock);
}

function locked(file: string, lock: string): EyamlError {
  const holder = parseMark(holderOf(lock) ?? '');
  const who = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new EyamlError('FILE_LOCKED', `${file} is locked by ${who}`, {
    suggestions: [`wait for it and try again; if it is no longer running, remove ${lock}`],
  });
}
