import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

// How long a pinentry may take to exit and to restore the terminal, in milliseconds, and how often to check.
const GRACE = 1000;
const PAUSE = 20;

interface Asking {
  readonly pid: number;
  readonly endClient: () => void;
}

let asking: Asking | undefined;

/**
 * Notes the pinentry that asks now.
 *
 * @param pid - as gpg-agent tells it.
 * @param endClient - ends the program that waits for the answer, if that is another one: it might have the agent ask again.
 * @returns what to call when it no longer asks.
 */
export function pinentryAsks(pid: number, endClient: () => void = () => undefined): () => void {
  const noted = { pid, endClient };
  if (Number.isSafeInteger(pid) && pid > 1) asking = noted;
  return () => {
    if (asking === noted) asking = undefined;
  };
}

/**
 * Ends the pinentry that asks, for when the process ends: gpg-agent does not notice, and the pinentry would go on reading from the
 * terminal. Synchronous; after this the pinentry has exited and the terminal is restored.
 */
export function endPinentry(): void {
  if (asking === undefined) return;
  const { pid, endClient } = asking;
  asking = undefined;
  endClient();
  // The agent may run on another machine; the process ID is then from there.
  if (parentProgram(pid) !== 'gpg-agent' || !sendSignal(pid, 'SIGINT')) return;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < GRACE && sendSignal(pid, 0); waited += PAUSE) Atomics.wait(clock, 0, 0, PAUSE);
}

function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

function parentProgram(pid: number): string {
  try {
    if (process.platform === 'linux') {
      // proc(5): the name, which may hold anything, stands in the last brackets, then the state and the parent.
      const parent = /^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
      return readFileSync(`/proc/${parent}/comm`, 'utf8').trim();
    }
    return path.basename(ps('comm=', ps('ppid=', String(pid))));
  } catch {
    return '';
  }
}

function ps(field: string, pid: string): string {
  return spawnSync('ps', ['-o', field, '-p', pid]).stdout.toString().trim();
}
