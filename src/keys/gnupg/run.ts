import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { EyamlError, errnoOf } from '../../errors.js';
import { findProgram } from '../../files/program.js';
import { printable } from '../../text/printable.js';
import { pinentryAsks } from './pinentry.js';

// gpg-sq writes about a damaged keyring without end.
const MOST_WORDS = 1 << 20;

const NEWLINE = 0x0a;

/** The result of a run of gpg or gpgconf. */
export interface GpgResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  /** Machine-readable status lines without their `[GNUPG:] ` (GnuPG, doc/DETAILS). */
  readonly status: readonly string[];
  /** What it said last on stderr, for people. It never holds a plaintext, as gpg writes that only to stdout. */
  readonly lastWords: string;
  /** Whether it was ended because it wrote more to stdout than it was allowed. */
  readonly wroteTooMuch: boolean;
}

/** How to run gpg. */
export interface RunOptions {
  /** Answers when gpg or its agent needs a passphrase; nobody is asked then. */
  readonly passphrase?: Uint8Array | undefined;
  /** How long it may take, in milliseconds, when no user is asked. */
  readonly limit?: number | undefined;
  /** How many octets it may write to stdout; at the next one it is ended. */
  readonly maxOutput?: number | undefined;
}

/** How to run a program of GnuPG. */
export interface ProgramOptions extends RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly input?: Uint8Array | undefined;
}

/**
 * Runs a program of GnuPG to its end; it writes its status lines to descriptor 3 and reads a passphrase from descriptor 4.
 *
 * @throws {@link EyamlError} `GPG_NOT_FOUND`, and `GPG_FAILED` when it cannot be run or takes too long.
 */
export async function runProgram(name: string, args: string[], options: ProgramOptions): Promise<GpgResult> {
  const { env, input, passphrase, limit, maxOutput } = options;
  const program = findProgram(name, env);
  if (program === undefined) throw gpgNotFound(name);
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGKILL');
  let wroteTooMuch = false;
  const stdout = collect(child.stdout, maxOutput, () => {
    wroteTooMuch = true;
    end();
  });
  const [stderr, status] = [collect(child.stderr, MOST_WORDS, end), collect(child.stdio[3] as Readable)];
  const answered = notePinentry(child);
  give(child.stdin, input);
  give(child.stdio[4] as Writable, passphrase && Buffer.concat([passphrase, Buffer.from('\n')]));
  try {
    const [exitCode, signal] = await endOf(child, name, limit);
    return {
      ...{ exitCode, signal, wroteTooMuch },
      stdout: Buffer.concat(stdout),
      status: lines(status).flatMap((line) => (line.startsWith(STATUS) ? [line.slice(STATUS.length)] : [])),
      lastWords: printable(lastLine(stderr, signal !== null)).slice(0, 300),
    };
  } finally {
    answered();
  }
}

const STATUS = '[GNUPG:] ';

function endOf(
  child: ChildProcess,
  name: string,
  limit: number | undefined,
): Promise<readonly [number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    const tooLong = () => {
      child.kill('SIGKILL');
      reject(tooSlow(name, limit ?? 0));
    };
    const timer = limit === undefined ? undefined : setTimeout(tooLong, limit);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(cannotRun(name, error));
    });
    child.on('close', (exitCode, signal) => {
      clearTimeout(timer);
      resolve([exitCode, signal]);
    });
  });
}

/** Notes a pinentry that gpg has its agent start; gives what to call when it no longer asks. */
function notePinentry(child: ChildProcess): () => void {
  let answered: () => void = () => undefined;
  child.stdio[3]?.on('data', (chunk: Buffer) => {
    const pid = /^\[GNUPG:\] PINENTRY_LAUNCHED (\d+)/m.exec(chunk.toString('latin1'))?.[1];
    if (pid !== undefined) answered = pinentryAsks(Number(pid), () => child.kill());
  });
  return () => answered();
}

// A program that gives up early closes its end; its exit code and status say why.
function give(stream: Writable, octets: Uint8Array | undefined): void {
  stream.on('error', () => undefined);
  stream.end(octets);
}

function tooSlow(program: string, limit: number): EyamlError {
  return new EyamlError('GPG_FAILED', `${program} did not end within ${limit / 1000} seconds`, {
    suggestions: ['it may be waiting for a gpg-agent that hangs, or for a lock: run it by hand to see'],
  });
}

function collect(stream: Readable, max = Infinity, stop: () => void = () => undefined): Buffer[] {
  const chunks: Buffer[] = [];
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= max) chunks.push(chunk);
    else stop();
  });
  return chunks;
}

function lines(chunks: Buffer[]): string[] {
  return Buffer.concat(chunks).toString().split(/\r?\n/).filter(Boolean);
}

/** The last line; of a program that was ended in the middle of a line, the last whole one. */
function lastLine(chunks: Buffer[], ended: boolean): string {
  const all = lines(chunks);
  const cutShort = ended && all.length > 1 && chunks.at(-1)?.at(-1) !== NEWLINE;
  return all.at(cutShort ? -2 : -1) ?? '';
}

function cannotRun(program: string, error: unknown): EyamlError {
  return new EyamlError('GPG_FAILED', `cannot run ${program} (${errnoOf(error) ?? 'unknown error'})`);
}

/** The error when GnuPG is needed and not installed. */
export function gpgNotFound(program = 'gpg'): EyamlError {
  return new EyamlError('GPG_NOT_FOUND', `there is no ${program} on PATH`, {
    suggestions: [
      'install GnuPG 2.2 or newer (Debian, Ubuntu: apt install gnupg; macOS: brew install gnupg), or set PATH',
      'or use key files without GnuPG: your own key in ~/.eyaml/keys/ (eyaml createkeys -n gpg) or --gpg-private-key, the keys of others in a folder .eyaml/public-keys or --gpg-public-keys',
    ],
  });
}
