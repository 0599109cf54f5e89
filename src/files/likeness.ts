import type { Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/**
 * Fills a new, private file, flushed to the disk, and gives it the owner, group and mode of another one; if it cannot have them, it stays
 * private.
 *
 * @param like - the status of the other file.
 * @returns whether it has them.
 */
export async function writeLike(file: string, octets: Uint8Array, like: Stats | undefined): Promise<boolean> {
  const handle = await open(file, 'r+');
  try {
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
