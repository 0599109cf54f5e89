import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  openSync,
  writeFileSync,
  type BigIntStats,
  type Stats,
} from 'node:fs';
import { promisify } from 'node:util';
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
  const descriptor = openSync(file, constants.O_RDWR | NOT_THROUGH_LINKS);
  try {
    const { dev, ino } = fstatSync(descriptor, { bigint: true });
    if (dev !== made.dev || ino !== made.ino)
      throw new EyamlError('FILE_UNWRITABLE', `${file} was replaced by another file meanwhile`);
    writeFileSync(descriptor, octets);
    const isOwned = like !== undefined && giveTo(descriptor, like);
    // Last, because a change of owner and a write both clear set-ID bits.
    if (isOwned) fchmodSync(descriptor, like.mode & 0o7777);
    // The disk is slow, and other files can be prepared meanwhile.
    await flush(descriptor);
    return isOwned && fstatSync(descriptor).mode === like.mode;
  } finally {
    closeSync(descriptor);
  }
}

const flush = promisify(fsync);

// Opening must not block either, as it would for a pipe.
const NOT_THROUGH_LINKS = constants.O_NOFOLLOW | constants.O_NONBLOCK;

function giveTo(descriptor: number, like: Stats): boolean {
  const isSame = ({ uid, gid }: Stats) => uid === like.uid && gid === like.gid;
  if (isSame(fstatSync(descriptor))) return true;
  try {
    fchownSync(descriptor, like.uid, like.gid);
  } catch {
    return false;
  }
  return isSame(fstatSync(descriptor));
}
