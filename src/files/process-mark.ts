import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { livenessOf, processStamp, STAMP, type Liveness } from './process-stamp.js';

/** A process that holds a lock, as other processes and people see it. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: string;
  /** What `livenessOf` judges by. */
  readonly stamp: string;
  /** Distinguishes locks that one process takes at different times. */
  readonly nonce: string;
}

const MARK = new RegExp(`^([\\w.-]+) (${STAMP.source}) ([0-9a-f]{12})$`);

/** The mark of this process, with a new nonce, as one line of text. */
export function ownMark(): string {
  return [hostName(), processStamp(), randomBytes(6).toString('hex')].join(' ');
}

/** Reads a mark; undefined for any other text. */
export function parseMark(text: string): ProcessMark | undefined {
  const [, host, stamp, nonce] = MARK.exec(text) ?? [];
  if (host === undefined || stamp === undefined || nonce === undefined) return undefined;
  return { host, pid: stamp.split('-')[0] ?? '', stamp, nonce };
}

/**
 * Whether a process still runs. Of a process on another machine, in another container or before the last boot, this machine cannot tell.
 */
export function livenessOfMark({ host, stamp }: ProcessMark): Liveness {
  return host === hostName() ? livenessOf(stamp) : 'unknown';
}

// The host name is shown to people, so no other characters are allowed.
function hostName(): string {
  return hostname().replaceAll(/[^\w.-]/g, '-') || 'localhost';
}
