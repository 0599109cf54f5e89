import { spawn } from 'node:child_process';
import path from 'node:path';

/** The command as it was built. */
export const MAIN = path.resolve(import.meta.dirname, '../../dist/bin/eyaml.cjs');

const { EYAML_COMMAND } = process.env;

/** What starts the command: the program EYAML_COMMAND, else {@link MAIN} on the Node.js that runs the tests. */
export const COMMAND: readonly [string, ...string[]] = EYAML_COMMAND
  ? [path.resolve(EYAML_COMMAND)]
  : [process.execPath, MAIN];

/** Whether it is an executable. */
export const isExecutable = EYAML_COMMAND !== undefined;

/** {@link COMMAND} for a line of sh. */
export const SHELL_COMMAND = COMMAND.map((word) => `'${word}'`).join(' ');

/** {@link COMMAND} as a script, to be put on PATH. */
export const SCRIPT = `#!/bin/sh\nexec ${SHELL_COMMAND} "$@"\n`;

/** {@link COMMAND} with more arguments. Where options of Node.js come from outside, it is {@link MAIN}: an executable takes none. */
export function commandWith(args: readonly string[], env: RunOptions['env'] = {}): [string, string[]] {
  const [program, ...first] = env.NODE_OPTIONS === undefined ? COMMAND : [process.execPath, MAIN];
  return [program, [...first, ...args]];
}

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stdoutOctets: Buffer;
  /** Without {@link Run.firstUse}. */
  readonly stderr: string;
  /** What the first encryption in a repository says of its recipients, once; most tests are about something else. */
  readonly firstUse: string;
}

const FIRST_USE = /^note: (?:recipients in|first use here:) .*\n/gm;

/** What a command said, without {@link Run.firstUse}. */
export function withoutFirstUse(errors: string): string {
  return errors.replace(FIRST_USE, '');
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to a clean environment; undefined takes a variable out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
}

/** An environment in which nothing of the person who runs the tests has a say. */
export function cleanEnvironment(more: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const { PATH, TERM = 'xterm' } = process.env;
  return { PATH, TERM, HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...more };
}

/** Runs `eyaml` without a terminal, as a script would; not even the terminal that the tests were started at is within its reach. */
export function eyaml(args: readonly string[], { cwd, env, input }: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(...commandWith(args, env), { cwd, env: cleanEnvironment(env), detached: true });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const stdoutOctets = Buffer.concat(stdout);
      const errors = Buffer.concat(stderr).toString();
      resolve({
        code,
        signal,
        stdout: stdoutOctets.toString(),
        stdoutOctets,
        stderr: withoutFirstUse(errors),
        firstUse: (errors.match(FIRST_USE) ?? []).join(''),
      });
    });
  });
}
