import { closeSync, openSync } from 'node:fs';
import {
  access,
  constants,
  copyFile,
  link,
  lstat,
  open,
  readFile,
  readlink,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises';
import path from 'node:path';
import { EyamlError, errnoOf } from './errors.js';
import { sweepStale, temporaryName } from './files/stale.js';
import { forgetLeftover, noteLeftover } from './leftovers.js';
import { decodeUtf8 } from './utf8.js';

/** A file as it was read, or as it was missing, so that a later write can tell whether it changed meanwhile. */
export interface Snapshot {
  /** The path as it was given, for messages. */
  readonly path: string;
  /** The path with every symbolic link followed. */
  readonly realPath: string;
  /** Undefined when the file did not exist. */
  readonly octets: Buffer | undefined;
}

/** Where a replaced file's content went. */
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
  try {
    if (!(await stat(realPath)).isFile()) throw new EyamlError('FILE_UNREADABLE', `${file} is no regular file`);
    return { path: file, realPath, octets: await readFile(realPath) };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { path: file, realPath, octets: undefined };
    throw cannot('read', file, error);
  }
}

/** Reads a file that must exist. */
export async function readOctets(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new EyamlError('FILE_NOT_FOUND', `there is no file ${file}`);
    throw cannot('read', file, error);
  }
}

/** The text of a file's octets. `name` is for the message when they are not UTF-8; a byte order mark stays. */
export function textOf(octets: Uint8Array, name: string): string {
  const text = decodeUtf8(octets);
  if (text === undefined) {
    throw new EyamlError('NOT_UTF8', `${name} is not UTF-8 text`, {
      suggestions: ['Puppet reads UTF-8 only: convert the file first'],
    });
  }
  return text;
}

/** Makes sure that {@link replaceFile} may write, before anybody works on the content. */
export async function checkWritable({ path: file, realPath, octets }: Snapshot): Promise<void> {
  try {
    await access(path.dirname(realPath), constants.W_OK);
    // That it is gone is for replaceFile to find.
    if (octets !== undefined && (await stat(realPath).catch(() => undefined))) await access(realPath, constants.W_OK);
  } catch (error) {
    throw cannot('write', file, error);
  }
}

/**
 * Replaces a file's content at one stroke: a temporary file in the same folder, flushed to disk, then renamed. Mode is kept, and
 * the owner where possible; a symbolic link stays one. If the file is no longer as the snapshot has it, it is left alone and the
 * content goes to a new file beside it, or nowhere.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`, the file untouched; `FILE_CHANGED` where nothing may go beside it.
 */
export async function replaceFile(
  snapshot: Snapshot,
  octets: Uint8Array,
  onConflict: 'beside' | 'fail' = 'beside',
): Promise<Written> {
  const { realPath } = snapshot;
  const folder = path.dirname(realPath);
  sweepStale(folder);
  const temporary = path.join(folder, temporaryName());
  noteLeftover(temporary);
  try {
    await writeDurably(temporary, octets, await stat(realPath).catch(() => undefined));
    const conflict = !(await isUnchanged(snapshot));
    if (conflict && onConflict === 'fail') {
      throw new EyamlError('FILE_CHANGED', `${snapshot.path} was changed by somebody else meanwhile and is left alone`);
    }
    const written = conflict ? await linkBeside(temporary, realPath) : await putInPlace(temporary, snapshot);
    await syncFolder(folder);
    return written;
  } catch (error) {
    throw cannot('write', snapshot.path, error);
  } finally {
    await unlink(temporary).catch(() => undefined);
    forgetLeftover(temporary);
  }
}

async function writeDurably(
  file: string,
  octets: Uint8Array,
  like: { mode: number; uid: number; gid: number } | undefined,
) {
  // In one go: a signal while another thread makes it would leave it.
  closeSync(openSync(file, 'wx', like ? 0o600 : 0o666));
  const handle = await open(file, 'r+');
  try {
    await handle.writeFile(octets);
    if (like) {
      await handle.chown(like.uid, like.gid).catch(() => undefined);
      await handle.chmod(like.mode & 0o7777);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function isUnchanged({ realPath, octets }: Snapshot): Promise<boolean> {
  const now = await readFile(realPath).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return octets === undefined || now === undefined ? octets === now : octets.equals(now);
}

async function putInPlace(temporary: string, { realPath, path: file, octets }: Snapshot): Promise<Written> {
  // A new file must not replace one that somebody else made in this instant; a link fails where a rename would replace.
  if (octets === undefined)
    return (await tryLink(temporary, realPath)) ? { path: file, conflict: false } : linkBeside(temporary, realPath);
  await rename(temporary, realPath);
  return { path: file, conflict: false };
}

async function linkBeside(temporary: string, realPath: string): Promise<Written> {
  const { dir, name, ext } = path.parse(realPath);
  for (let n = 1; ; n += 1) {
    const beside = path.join(dir, `${name}.edited${n === 1 ? '' : `-${n}`}${ext}`);
    if (await tryLink(temporary, beside)) return { path: beside, conflict: true };
  }
}

// What link(2) says on a file system without hard links.
const NO_HARD_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    if (!NO_HARD_LINKS.has(errnoOf(error) ?? '')) throw error;
  }
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  // Some file systems cannot flush a folder; the file itself is flushed.
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOENT: 'its folder does not exist',
  ELOOP: 'its symbolic links go round in circles',
};

function cannot(verb: 'read' | 'write', file: string, error: unknown): EyamlError {
  if (error instanceof EyamlError) return error;
  const errno = errnoOf(error) ?? 'unknown error';
  return new EyamlError(
    verb === 'read' ? 'FILE_UNREADABLE' : 'FILE_UNWRITABLE',
    `cannot ${verb} ${file}: ${REASONS[errno] ?? errno}`,
  );
}
