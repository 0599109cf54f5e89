import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '../errors.js';

/** Whether the process of a stamp runs; unknown where this machine cannot tell. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** What a stamp looks like within the name of a file. */
export const STAMP = /[1-9]\d{0,9}-\d{1,20}-(?:0|[\da-f]{12})/;

const UNKNOWN = '0';

let own: string | undefined;

/**
 * Identifies this process in the names of files that it may leave behind: its process ID, its start time, and a digest of
 * where that ID is valid: one boot of one machine and one PID namespace.
 */
export function processStamp(): string {
  own ??= `${process.pid}-${startOf(process.pid)?.start ?? UNKNOWN}-${worldOf() ?? UNKNOWN}`;
  return own;
}

/** Says whether the process that made a stamp still runs. A process ID that another process has since taken does not count. */
export function livenessOf(stamp: string): Liveness {
  const [pid, start, world] = stamp.split('-');
  if (world === UNKNOWN || world !== processStamp().split('-')[2]) return 'unknown';
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM means that the process exists.
    if (errnoOf(error) === 'ESRCH') return 'dead';
  }
  const now = startOf(Number(pid));
  // Without /proc it is unknown whether this is the same process, so it counts as running.
  if (now === undefined || start === UNKNOWN) return 'alive';
  return now.start === start && !now.hasEnded ? 'alive' : 'dead';
}

// proc_pid_stat(5): the name, in brackets, may hold anything; the state is the third field, the start time the 22nd.
function startOf(pid: number): { start: string | undefined; hasEnded: boolean } | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { start: fields[19], hasEnded: /^[ZXx]$/.test(fields[0] ?? '') };
  } catch {
    return undefined;
  }
}

// Containers may share a folder, and machines a file system, but not processes.
function worldOf(): string | undefined {
  try {
    const parts = process.platform === 'linux' ? linuxWorld() : [process.platform, hostname()];
    return parts && createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
  } catch {
    return undefined;
  }
}

function linuxWorld(): readonly string[] | undefined {
  // A /proc of another PID namespace shows other processes.
  if (readlinkSync('/proc/self') !== String(process.pid)) return undefined;
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1');
  return [boot, readlinkSync('/proc/self/ns/pid'), timeNamespace()];
}

// Start times depend on the time namespace (time_namespaces(7)); kernels before 5.6 have none.
function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    return '';
  }
}
