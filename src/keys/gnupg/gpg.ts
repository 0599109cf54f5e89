import { spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { EyamlError, errnoOf } from '../../errors.js';
import { environmentForPrograms, findProgram } from '../../program.js';
import { pinentryAsks } from './pinentry.js';

/** What a run of gpg or gpgconf gave. */
export interface GpgResult {
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  /** Machine-readable status lines without their `[GNUPG:] ` (GnuPG, doc/DETAILS). */
  readonly status: readonly string[];
  /** What it said last on stderr, for people. It never holds a plaintext, as gpg writes those to stdout alone. */
  readonly lastWords: string;
  /** Whether it was ended because it wrote more to stdout than it was allowed. */
  readonly wroteTooMuch: boolean;
}

/** Runs the programs of GnuPG in one GnuPG home. */
export interface Gpg {
  /** The GnuPG home as it was given; undefined for GnuPG's own default. */
  readonly home: string | undefined;
  run(args: readonly string[], input?: Uint8Array, options?: RunOptions): Promise<GpgResult>;
  /** @param limit - how long it may take, in milliseconds. */
  conf(args: readonly string[], limit?: number): Promise<GpgResult>;
}

/** How to run gpg. */
export interface RunOptions {
  /** Answers when gpg or its agent needs a passphrase; nobody is asked then. */
  readonly passphrase?: Uint8Array | undefined;
  /** How long it may take, in milliseconds, for what hangs on nobody. */
  readonly limit?: number | undefined;
  /** How many octets it may write to stdout; at the next one it is ended. */
  readonly maxOutput?: number | undefined;
}

const ALWAYS = [
  '--batch',
  '--no-tty',
  '--status-fd',
  '3',
  '--display-charset',
  'utf-8',
  '--utf8-strings',
  '--no-auto-key-locate',
];

/**
 * Prepares running gpg. The home is passed as `--homedir`, and then GNUPGHOME is not passed on, so that the two cannot disagree.
 *
 * @param environment - the environment for gpg, with GPG_TTY set when a pinentry may ask there.
 */
export function createGpg(home: string | undefined, environment: NodeJS.ProcessEnv): Gpg {
  const { GNUPGHOME, ...others } = environmentForPrograms(environment);
  // GnuPG takes an empty GNUPGHOME for none.
  const env = home === undefined && GNUPGHOME ? { ...others, GNUPGHOME } : others;
  const homedir = home === undefined ? [] : ['--homedir', home];
  return {
    home: home ?? (GNUPGHOME || undefined),
    run: (args, input, options = {}) => {
      const loopback = options.passphrase ? ['--pinentry-mode', 'loopback', '--passphrase-fd', '4'] : [];
      return runProgram('gpg', [...homedir, ...ALWAYS, ...loopback, ...args], { ...options, env, input });
    },
    conf: (args, limit) => runProgram('gpgconf', [...homedir, ...args], { env, limit }),
  };
}

/** The terminal where a pinentry may ask: GPG_TTY, else the one at standard input or standard error; undefined without any. */
export function terminalName(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.GPG_TTY) return environment.GPG_TTY;
  const terminal = [0, 2].find((descriptor) => isatty(descriptor));
  if (terminal === undefined || process.platform === 'win32') return undefined;
  const tty = findProgram('tty', environment);
  if (tty === undefined) return undefined;
  const { status, stdout } = spawnSync(tty, { stdio: [terminal, 'pipe', 'ignore'] });
  return status === 0 ? stdout.toString().trim() : undefined;
}

interface ProgramOptions extends RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly input?: Uint8Array | undefined;
}

function runProgram(
  name: string,
  args: string[],
  { env, input, passphrase, limit, maxOutput }: ProgramOptions,
): Promise<GpgResult> {
  return new Promise((resolve, reject) => {
    const program = findProgram(name, env);
    if (program === undefined) throw gpgNotFound(name);
    const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'] });
    let wroteTooMuch = false;
    const stdout = collect(child.stdout, maxOutput, () => {
      wroteTooMuch = true;
      child.kill('SIGKILL');
    });
    const stderr = collect(child.stderr);
    const statusStream = child.stdio[3] as Readable;
    const status = collect(statusStream);
    let answered: () => void = () => undefined;
    statusStream.on('data', (chunk: Buffer) => {
      const pid = /^\[GNUPG:\] PINENTRY_LAUNCHED (\d+)/m.exec(chunk.toString('latin1'))?.[1];
      if (pid !== undefined) answered = pinentryAsks(Number(pid), () => child.kill());
    });
    const timer =
      limit === undefined
        ? undefined
        : setTimeout(() => {
            child.kill('SIGKILL');
            reject(tooSlow(name, limit));
          }, limit);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(cannotRun(name, error));
    });
    // A gpg that gives up early closes its end; its exit code and status say why.
    for (const [stream, octets] of [
      [child.stdin, input],
      [child.stdio[4] as Writable, passphrase && Buffer.concat([passphrase, Buffer.from('\n')])],
    ] as const) {
      stream.on('error', () => undefined);
      stream.end(octets);
    }
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      answered();
      resolve({
        exitCode,
        stdout: Buffer.concat(stdout),
        status: lines(status)
          .filter((line) => line.startsWith('[GNUPG:] '))
          .map((line) => line.slice(9)),
        lastWords: printable(lines(stderr).at(-1) ?? ''),
        wroteTooMuch,
      });
    });
  });
}

function tooSlow(program: string, limit: number): EyamlError {
  return new EyamlError('GPG_FAILED', `${program} did not end within ${limit / 1000} seconds`, {
    suggestions: ['it may wait for a gpg-agent that hangs, or for a lock: run it by hand to see'],
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

function printable(line: string): string {
  return line.replace(/\p{Cc}/gu, '?').slice(0, 300);
}

function cannotRun(program: string, error: unknown): EyamlError {
  return new EyamlError('GPG_FAILED', `cannot run ${program} (${errnoOf(error) ?? 'unknown error'})`);
}

/** Whether there is a gpg on PATH. */
export function isGpgThere(environment: NodeJS.ProcessEnv): boolean {
  return findProgram('gpg', environment) !== undefined;
}

/** The error for where GnuPG is needed and not there. */
export function gpgNotFound(program = 'gpg'): EyamlError {
  return new EyamlError('GPG_NOT_FOUND', `there is no ${program} on PATH`, {
    suggestions: [
      'install GnuPG 2.2 or newer (Debian, Ubuntu: apt install gnupg; macOS: brew install gnupg), or set PATH',
      'or do without: --gpg-private-key names the file of your key, --gpg-public-keys or a folder .eyaml/public-keys those of the others',
    ],
  });
}
