import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { livenessOf, processStamp, STAMP } from './process-stamp.js';

/** A process that holds a lock, as other processes and people need to know it. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: string;
  /** What `livenessOf` judges by. */
  readonly stamp: string;
  /** Tells apart what one process does at different times. */
  readonly nonce: string;
}

const MARK = new RegExp(`^([\\w.-]+) (${STAMP.source}) ([0-9a-f]{12})$`);

/** The mark of this process, with a fresh nonce, as one line of text. */
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
 * Whether a process certainly runs no more. One on another machine, in another container or before the last boot may be running
 * for all that is known here.
 */
export function isGone({ host, stamp }: ProcessMark): boolean {
  return host === hostName() && livenessOf(stamp) === 'dead';
}

// It is shown to people, so that nothing else may be in it.
function hostName(): string {
  return hostname().replaceAll(/[^\w.-]/g, '-') || 'localhost';
}
