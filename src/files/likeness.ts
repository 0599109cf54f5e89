import { closeSync, constants, fstatSync, openSync, type BigIntStats, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { EyamlError } from '../errors.js';

/** Identifies a file, whatever its name. */
export type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

/** Makes a new, empty file. Synchronous: a signal in the middle of an asynchronous call would leave it behind. */
export function createEmpty(file: string, mode: number): Identity {
  const descriptor = openSync(file, 'wx', mode);
  try {
    return fstatSync(descriptor, { bigint: true });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Fills a new file, flushed to the disk, and gives it the owner, group and mode of another one; if it cannot have them, it keeps those that
 * it was created with.
 *
 * @param made - what {@link createEmpty} gave. Others who may write in its folder could put a link to any file in its place,
 * which would then be overwritten and get another owner.
 * @param like - the status of the other file.
 * @returns whether it has them.
 * @throws {@link EyamlError} `FILE_UNWRITABLE` when the file is not the one that was made.
 */
export async function writeLike(
  file: string,
  made: Identity,
  octets: Uint8Array,
  like: Stats | undefined,
): Promise<boolean> {
  const handle = await open(file, constants.O_RDWR | NOT_THROUGH_LINKS);
  try {
    const { dev, ino } = await handle.stat({ bigint: true });
    if (dev !== made.dev || ino !== made.ino)
      throw new EyamlError('FILE_UNWRITABLE', `${file} was replaced by another file meanwhile`);
    await handle.writeFile(octets);
    const isOwned = like !== undefined && (await giveTo(handle, like));
    // Last, because a change of owner and a write both clear set-ID bits.
    if (isOwned) await handle.chmod(like.mode & 0o7777);
    await handle.sync();
    return isOwned && (await handle.stat()).mode === like.mode;
  } finally {
    await handle.close();
  }
}

// Opening must not block either, as it would for a pipe.
const NOT_THROUGH_LINKS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function giveTo(handle: FileHandle, like: Stats): Promise<boolean> {
  const isSame = ({ uid, gid }: Stats) => uid === like.uid && gid === like.gid;
  if (isSame(await handle.stat())) return true;
  try {
    await handle.chown(like.uid, like.gid);
  } catch {
    return false;
  }
  return isSame(await handle.stat());
}
