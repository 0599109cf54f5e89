import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { errnoOf } from '../errors.js';
import { faultOf, kindFault, statusAt, type ReadFault } from './fault.js';

/** The most octets that are read from each kind of file: far more than any real file has, and less than exhausts the memory. */
export const LIMITS = {
  configuration: 1 << 20,
  recipients: 1 << 20,
  /** What is remembered of the recipients of all repositories. */
  memory: 1 << 26,
  /** The signed manifest of a work tree. */
  manifest: 1 << 20,
  passphrase: 1 << 16,
  pemKey: 1 << 20,
  openpgpKeys: 1 << 24,
  /** A file of values, and any other input of `encrypt` and `decrypt`. */
  eyaml: 1 << 28,
} as const;

/** How a file is to be read. */
export interface ReadOptions {
  /** The most octets that it may have. */
  readonly limit: number;
  /**
   * Whether it may be a pipe. `inherited` is for paths that a repository may have chosen: a pipe that the shell made, `<(…)`, or
   * standard input, but not a pipe in a folder, which could block for ever.
   */
  readonly pipes?: 'none' | 'inherited' | 'any';
}

/** The octets of a file, or why there are none. */
export type ReadOutcome = { readonly octets: Buffer } | { readonly fault: ReadFault };

/**
 * Reads a file; all other code reads files through this. It reads regular files and, if asked, pipes, never a device, a folder or a socket, and
 * never more than the limit. The opened file is checked again, so that exchanging it in between does not help an attacker.
 */
export async function readLimited(file: string, { limit, pipes = 'none' }: ReadOptions): Promise<ReadOutcome> {
  const mayBePipe = pipes === 'any' || (pipes === 'inherited' && INHERITED.test(file));
  try {
    // Merely opening some devices has effects.
    const found = statusAt(file);
    if ('fault' in found) return found;
    const fault = kindFault(found.status, mayBePipe);
    if (fault) return { fault };
    return found.status.isFIFO() ? await readPipe(file, limit) : readRegular(file, limit);
  } catch (error) {
    return { fault: faultOf(file, error) };
  }
}

// Synchronous: that takes a tenth of the time of five questions to the thread pool, which counts in a tree of many files.
function readRegular(file: string, limit: number): ReadOutcome {
  const descriptor = openSync(file, constants.O_RDONLY | NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    const fault = kindFault(status, false) ?? (status.size > limit ? tooLarge(limit) : undefined);
    if (fault) return { fault };
    const reading = collect(limit, status.size);
    let step = reading.next();
    while (!step.done) step = reading.next(readSync(descriptor, step.value));
    return step.value;
  } finally {
    closeSync(descriptor);
  }
}

// Opening a pipe waits for its writer, and so does reading: neither may stop everything else.
async function readPipe(file: string, limit: number): Promise<ReadOutcome> {
  const handle = await open(file, constants.O_RDONLY);
  try {
    const fault = kindFault(await handle.stat(), true);
    if (fault) return { fault };
    const reading = collect(limit, 0);
    let step = reading.next();
    while (!step.done) step = reading.next((await handle.read(step.value)).bytesRead);
    return step.value;
  } finally {
    await handle.close();
  }
}

/**
 * Whether a file holds exactly the given octets now; synchronous. False for a file that is missing, not regular or of another
 * length.
 *
 * @param file - a path, or the descriptor of an open file.
 */
export function holdsExactly(file: string | number, octets: Uint8Array): boolean {
  let opened: number | undefined;
  try {
    const descriptor = typeof file === 'number' ? file : (opened = openSync(file, constants.O_RDONLY | NONBLOCK));
    const status = fstatSync(descriptor);
    if (!status.isFile() || status.size !== octets.length) return false;
    const now = Buffer.alloc(octets.length + 1);
    let length = 0;
    for (let count = -1; count !== 0; length += count) {
      count = readSync(descriptor, now, length, now.length - length, length);
    }
    return now.subarray(0, length).equals(octets);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

const INHERITED = /^\/(?:dev\/(?:stdin|fd\/\d+)|proc\/(?:self|\d+)\/fd\/\d+)$/;
// A file may be exchanged for a pipe whose writer never comes. Windows has no such pipes.
const NONBLOCK = process.platform === 'win32' ? 0 : constants.O_NONBLOCK;
const CHUNK = 1 << 16;

// Gives buffers to fill, and is told how much was filled. The size of a file that still grows, or of one in /proc, says nothing.
function* collect(limit: number, size: number): Generator<Buffer, ReadOutcome, number> {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length <= limit) {
    const room = Math.min(length < size + 1 ? size + 1 - length : CHUNK, limit + 1 - length);
    const buffer = Buffer.allocUnsafeSlow(room);
    const count = yield buffer;
    if (count === 0) return { octets: Buffer.concat(chunks) };
    chunks.push(buffer.subarray(0, count));
    length += count;
  }
  return { fault: tooLarge(limit) };
}

function tooLarge(limit: number): ReadFault {
  return { isAbsent: false, reason: `it is larger than ${sizeOf(limit)}` };
}

function sizeOf(octets: number): string {
  const size = octets >= 1 << 20 ? `${octets >> 20} MiB` : `${octets >> 10} KiB`;
  return `${size}, the largest size allowed`;
}
