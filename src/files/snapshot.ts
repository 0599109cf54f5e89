import { closeSync, constants, openSync, statSync } from 'node:fs';
import { access, lstat, readlink, realpath, stat, unlink } from './at-once.js';
import path from 'node:path';
import { EyamlError, errnoOf } from '../errors.js';
import { decodeUtf8 } from '../text/utf8.js';
import { findPlainFiles, type PlainFiles } from './attributes.js';
import { cannot, cannotCreateIn } from './cannot.js';
import { forgetLeftover, noteLeftover } from './cleanup.js';
import { syncFolder } from './durable.js';
import { checkComplete, writeInPlace } from './in-place.js';
import { createEmpty, writeLike } from './likeness.js';
import { linkBeside, tryLink, tryRename } from './links.js';
import { withLock } from './lock.js';
import { holdsExactly, LIMITS, readLimited } from './read.js';
import { sweepStale, temporaryName } from './stale.js';

/** A file as it was read, or as it was missing, so that a later write notices a change. */
export interface Snapshot {
  /** The path as it was given, for messages. */
  readonly path: string;
  /** The path with every symbolic link followed. */
  readonly realPath: string;
  /** Undefined when the file did not exist. */
  readonly octets: Buffer | undefined;
}

/** Where the new content was written. */
export interface Written {
  readonly path: string;
  /** True when the file had changed since the snapshot, so that the content went to a new file beside it. */
  readonly conflict: boolean;
}

/**
 * The real path of a file that need not exist yet: links are followed as far as there are any, also a link to a missing file.
 *
 * @param linksLeft - how many links to missing files may follow one another, as a guard against circles.
 */
export async function realPathOf(file: string, linksLeft = 40): Promise<string> {
  const absolute = path.resolve(file);
  try {
    return await realpath(absolute);
  } catch (error) {
    const parent = path.dirname(absolute);
    if (errnoOf(error) === 'ELOOP' || parent === absolute || linksLeft === 0) throw cannot('read', file, error);
    const status = await lstat(absolute).catch(() => undefined);
    const realParent = await realPathOf(parent, linksLeft);
    if (status?.isSymbolicLink()) {
      return realPathOf(path.resolve(realParent, await readlink(absolute)), linksLeft - 1);
    }
    return path.join(realParent, path.basename(absolute));
  }
}

/** Reads a file, or notes that there is none. */
export async function readSnapshot(file: string): Promise<Snapshot> {
  const realPath = await realPathOf(file);
  return { path: file, realPath, octets: await readOrNone(file, realPath, 'none') };
}

/** Reads a file that must exist; it may be a pipe, `<(…)` or `/dev/stdin` for instance. */
export async function readOctets(file: string): Promise<Buffer> {
  const octets = await readOrNone(file, file, 'any');
  if (octets === undefined) throw new EyamlError('FILE_NOT_FOUND', `there is no file ${file}`);
  return octets;
}

async function readOrNone(name: string, file: string, pipes: 'none' | 'any'): Promise<Buffer | undefined> {
  const read = await readLimited(file, { limit: LIMITS.eyaml, pipes });
  if ('octets' in read) return read.octets;
  if (read.fault.isAbsent && read.fault.errno === 'ENOENT') return undefined;
  throw new EyamlError('FILE_UNREADABLE', `cannot read ${name}: ${read.fault.reason}`);
}

/** The text of a file's octets. `name` is for the message when they are not UTF-8; a byte order mark stays. */
export function textOf(octets: Uint8Array, name: string): string {
  const text = decodeUtf8(octets);
  if (text === undefined) {
    throw new EyamlError('NOT_UTF8', `${name} is not UTF-8 text`, {
      suggestions: ['Puppet reads only UTF-8: convert the file first'],
    });
  }
  return text;
}

/**
 * Makes sure that {@link replaceFile} may write, before the user works on the content.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`, which names the folder when that is the problem; `FILE_INCOMPLETE` after a kill.
 */
export async function checkWritable({ path: file, realPath, octets }: Snapshot): Promise<void> {
  const folder = path.dirname(realPath);
  await access(folder, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw cannotCreateIn(folder, file, error);
  });
  if (octets === undefined) return;
  try {
    closeSync(openSync(realPath, 'r+'));
  } catch (error) {
    // replaceFile notices that it is gone.
    if (errnoOf(error) !== 'ENOENT') throw cannot('write', file, error);
  }
  await checkComplete(file, realPath);
}

/** Options of {@link replaceFile}. */
export interface ReplaceOptions {
  /** Where the content goes when the file has changed: to a new file beside it, or nowhere. */
  readonly onConflict?: 'beside' | 'fail';
  /** The result of {@link findPlainFiles} for many files at once. */
  readonly plainFiles?: PlainFiles;
}

/**
 * Replaces a file's content atomically: a temporary file in the same folder, flushed to disk, then renamed. A file that would lose
 * something by that (its owner or group, an access list, other hard links) or cannot be renamed over (a mount) is written in place. A
 * symbolic link stays one. If the file differs from the snapshot, it is not touched, and the content goes to a new file beside
 * it, or nowhere. From this last check to the end, a lock keeps other writers away.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`, the file untouched; `FILE_LOCKED`; `FILE_CHANGED` where nothing may go beside it.
 */
export async function replaceFile(
  snapshot: Snapshot,
  octets: Uint8Array,
  { onConflict = 'beside', plainFiles }: ReplaceOptions = {},
): Promise<Written> {
  const { realPath, path: file } = snapshot;
  const folder = path.dirname(realPath);
  sweepStale(folder);
  const temporary = path.join(folder, temporaryName());
  noteLeftover(temporary);
  try {
    const plain = plainFiles ?? (await findPlainFiles(snapshot.octets ? [realPath] : []));
    const ready = await prepare(temporary, octets, snapshot, plain).catch((error: unknown) => {
      throw cannotCreateIn(folder, file, error);
    });
    const written = await withLock(realPath, file, (): Written => {
      if (isUnchanged(snapshot) && putInPlace(ready, snapshot, octets)) return { path: file, conflict: false };
      if (onConflict === 'beside') return { path: linkBeside(temporary, realPath), conflict: true };
      throw new EyamlError('FILE_CHANGED', `${file} changed in the meantime; it was not overwritten`);
    });
    syncFolder(folder);
    return written;
  } catch (error) {
    throw cannot('write', file, error);
  } finally {
    await unlink(temporary).catch(() => undefined);
    forgetLeftover(temporary);
  }
}

/** The new content in a file of its own. */
interface Ready {
  readonly temporary: string;
  /** The change time (ctime) of the file that it may replace without any loss. */
  readonly mayReplace: number | undefined;
}

async function prepare(
  temporary: string,
  octets: Uint8Array,
  { realPath, octets: old }: Snapshot,
  plainFiles: PlainFiles,
): Promise<Ready> {
  const status = await stat(realPath).catch(() => undefined);
  const isNew = status === undefined && old === undefined;
  const made = createEmpty(temporary, isNew ? 0o666 : 0o600);
  const isPlain = status?.nlink === 1 && plainFiles.get(realPath) === status.ctimeMs;
  // Where the other file has an access list, its mode alone may grant more than the list.
  const isAlike = await writeLike(temporary, made, octets, isPlain ? status : undefined);
  return { temporary, mayReplace: isAlike ? status?.ctimeMs : undefined };
}

function isUnchanged({ path: file, realPath, octets }: Snapshot): boolean {
  const status = statSync(realPath, { throwIfNoEntry: false });
  if (status && !status.isFile()) throw new EyamlError('FILE_UNWRITABLE', `${file} is no longer a regular file`);
  return octets ? holdsExactly(realPath, octets) : status === undefined;
}

function putInPlace({ temporary, mayReplace }: Ready, snapshot: Snapshot, octets: Uint8Array): boolean {
  const { realPath, path: file } = snapshot;
  // A new file must not replace one that somebody else created just now; a hard link fails where a rename would replace.
  if (snapshot.octets === undefined) return tryLink(temporary, realPath);
  // Who may read a file can change without a change of the content, but not without a change of this time.
  const isAsBefore = statSync(realPath).ctimeMs === mayReplace;
  return (isAsBefore && tryRename(temporary, realPath)) || writeInPlace(file, realPath, snapshot.octets, octets);
}
