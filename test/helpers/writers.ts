import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { cleanEnvironment } from './cli.js';

const HOLD = pathToFileURL(path.join(import.meta.dirname, 'hold.mjs')).href;
const WRITER = path.join(import.meta.dirname, 'writer.mjs');

/** The environment in which Node.js stops, kills itself or fails at a call, as hold.mjs explains. */
export function holdAt(call: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${HOLD}`, HOLD: call };
}

/** What a write ended with. */
export interface Answer {
  readonly path?: string;
  readonly conflict?: boolean;
  readonly code?: string;
  readonly message?: string;
  readonly suggestions?: readonly string[];
}

/** A process that writes files as the commands do. */
export interface Writer {
  readonly pid: number;
  /** Reads a file and looks whether it can be written. */
  read(file: string): Promise<Answer>;
  /** Begins to replace it. */
  begin(text: string, options?: { onConflict: 'fail' }): Promise<void>;
  /** How that ended; undefined when it was killed. */
  result(): Promise<Answer | undefined>;
  /** All of that, unless the file cannot be read or written. */
  replace(file: string, text: string): Promise<Answer | undefined>;
  /** Kept when it has ended; asks it to. */
  end(): Promise<void>;
}

/** Whom a process runs as: user ID, group ID, further groups. */
export type As = readonly [uid: number, gid: number, groups?: readonly number[]];

/** The options of setpriv that run a command as somebody else. */
export function userOptions([uid, gid, groups]: As): readonly string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, groups ? `--groups=${groups.join(',')}` : '--clear-groups'];
}

/** Starts a writer, which may run as somebody else and be held at a call. It ends with the test. */
export function startWriter({ as, hold }: { as?: As; hold?: string } = {}): Writer {
  const [program, ...args] = as
    ? ['setpriv', ...userOptions(as), process.execPath, WRITER]
    : [process.execPath, WRITER];
  const child = spawn(program, args, {
    env: cleanEnvironment(hold === undefined ? {} : holdAt(hold)),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Answer | undefined> => {
    const { value } = (await lines.next()) as { value?: string };
    return value === undefined ? undefined : (JSON.parse(value) as Answer);
  };
  const tell = (order: object) => child.stdin.write(`${JSON.stringify(order)}\n`);
  const read = async (file: string) => {
    tell({ read: file });
    return (await answer()) ?? {};
  };
  const begin = async (text: string, options = {}) => {
    tell({ write: text, ...options });
    await answer();
  };
  return {
    pid: child.pid ?? 0,
    read,
    begin,
    result: answer,
    replace: async (file, text) => {
      const before = await read(file);
      if (before.code !== undefined) return before;
      await begin(text);
      return answer();
    },
    end: () => {
      child.stdin.end();
      return ended;
    },
  };
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
}

/** Whether a process is stopped by a signal. */
export function isStopped(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') T ');
}
