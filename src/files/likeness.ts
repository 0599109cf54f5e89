import { closeSync, constants, fstatSync, openSync, type BigIntStats, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { EyamlError } from '../errors.js';

/** Tells one file from all others, whatever name it has. */
export type Identity = Pick<BigIntStats, 'dev' | 'ino'>;

/** Makes a new, empty file. In one go: a signal while another thread makes it would leave it. */
export function createEmpty(file: string, mode: number): Identity {
  const descriptor = openSync(file, 'wx', mode);
  try {
    return fstatSync(descriptor, { bigint: true });
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Fills a new file, flushed to the disk, and gives it the owner, group and mode of another one; if it cannot have them, it stays as it
 * was made.
 *
 * @param made - what {@link createEmpty} gave. Where others may write in its folder, they could put a link to any file in its place,
 * which would then be written and given away.
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
      throw new EyamlError('FILE_UNWRITABLE', `somebody put another file in the place of ${file} meanwhile`);
    await handle.writeFile(octets);
    const isOwned = like !== undefined && (await giveTo(handle, like));
    // Last, because a change of owner and a write both take away set-ID bits.
    if (isOwned) await handle.chmod(like.mode & 0o7777);
    await handle.sync();
    return isOwned && (await handle.stat()).mode === like.mode;
  } finally {
    await handle.close();
  }
}

// Nor may opening wait, as that of a pipe does.
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
