import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '../errors.js';

/** A process, as another one needs to know it to tell whether it still runs. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: string;
  /** When it started, as proc(5) counts; a later process with the same number started at another time. Empty where that is not known. */
  readonly start: string;
  /** The boot of the machine and the namespace in which the number counts; empty where these are not known. */
  readonly place: string;
  /** Tells apart what one process does at different times. */
  readonly nonce: string;
}

/** The mark of this process, with a fresh nonce, as one line of text. */
export function ownMark(): string {
  const start = startOf('self') ?? '';
  return [hostName(), process.pid, start, placeOfPids(), randomBytes(6).toString('hex')].join(' ');
}

/** Reads a mark; undefined for any other text. */
export function parseMark(text: string): ProcessMark | undefined {
  const [, host, pid, start, place, nonce] = /^([\w.-]+) (\d+) (\d*) (\S*) ([0-9a-f]+)$/.exec(text) ?? [];
  if (!host || !pid || start === undefined || place === undefined || !nonce) return undefined;
  return { host, pid, start, place, nonce };
}

/**
 * Whether a process certainly runs no more. One on another machine, in another container or before the last boot may be running
 * for all that is known here: host names and process numbers repeat.
 */
export function isGone({ host, pid, start, place }: ProcessMark): boolean {
  if (host !== hostName() || place !== placeOfPids()) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    // EPERM is said of a running process of another user.
    return errnoOf(error) === 'ESRCH';
  }
  const startNow = startOf(pid);
  return startNow !== undefined && startNow !== start;
}

// Field 22 of proc(5) stat. The name of the program, field 2, may hold anything, also blanks and parentheses. A zombie does nothing
// any more, so it counts as started at no time.
function startOf(pid: string): string | undefined {
  const text = readOr(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? 'never' : fields?.[19];
}

// It is shown to people, so that nothing else may be in it.
function hostName(): string {
  return hostname().replaceAll(/[^\w.-]/g, '-') || 'localhost';
}

function placeOfPids(): string {
  const boot = readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1'))?.trim() ?? '';
  return `${boot}/${readOr(() => readlinkSync('/proc/self/ns/pid')) ?? ''}`;
}

function readOr(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
