import { spawnSync } from 'node:child_process';
import { fstatSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';
import { isatty } from 'node:tty';
import { environmentForPrograms, findProgram } from '../../files/program.js';
import { runProgram, type GpgResult, type RunOptions } from './run.js';
import { usualSocket } from './usual-socket.js';

/** Runs the programs of GnuPG in one GnuPG home. */
export interface Gpg {
  /** The GnuPG home as it was given; undefined for GnuPG's own default. */
  readonly home: string | undefined;
  /** GnuPG's own default home, if HOME is set. */
  readonly defaultHome?: string | undefined;
  run(args: readonly string[], input?: Uint8Array, options?: RunOptions): Promise<GpgResult>;
  /** @param limit - how long it may take, in milliseconds. */
  conf(args: readonly string[], limit?: number): Promise<GpgResult>;
  /** The agent's socket, where gpgconf need not be asked. */
  usualSocket(): string | undefined;
  /** What gpgconf says about where things are, `agent-socket` for instance; each is asked once. */
  place(name: 'agent-socket' | 'homedir'): Promise<GpgResult>;
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
  // To GnuPG an empty GNUPGHOME is the same as none.
  const env = home === undefined && GNUPGHOME ? { ...others, GNUPGHOME } : others;
  const homedir = home === undefined ? [] : ['--homedir', home];
  const conf = (args: readonly string[], limit?: number) =>
    runProgram('gpgconf', [...homedir, ...args], { env, limit });
  const places = new Map<string, Promise<GpgResult>>();
  const given = home ?? (GNUPGHOME || undefined);
  const defaultHome = others.HOME && process.platform !== 'win32' ? path.join(others.HOME, '.gnupg') : undefined;
  return {
    home: given,
    defaultHome,
    usualSocket: () =>
      usualSocket({
        gpgconf: findProgram('gpgconf', env),
        home: given ?? defaultHome,
        isDefault: given === undefined,
      }),
    run: (args, input, options = {}) => {
      const loopback = options.passphrase ? ['--pinentry-mode', 'loopback', '--passphrase-fd', '4'] : [];
      return runProgram('gpg', [...homedir, ...ALWAYS, ...loopback, ...args], { ...options, env, input });
    },
    conf,
    place: (name) => {
      const place = places.get(name) ?? conf(['--list-dirs', name]);
      places.set(name, place);
      return place;
    },
  };
}

/** The terminal where a pinentry may ask: GPG_TTY, else the one at standard input or standard error; undefined without any. */
export function terminalName(environment: NodeJS.ProcessEnv): string | undefined {
  if (environment.GPG_TTY) return environment.GPG_TTY;
  const terminal = [0, 2].find((descriptor) => isatty(descriptor));
  if (terminal === undefined || process.platform === 'win32') return undefined;
  const linked = linkedTerminal(terminal);
  if (linked !== undefined) return linked;
  const tty = findProgram('tty', environment);
  if (tty === undefined) return undefined;
  const { status, stdout } = spawnSync(tty, { stdio: [terminal, 'pipe', 'ignore'] });
  return status === 0 ? stdout.toString().trim() : undefined;
}

// As ttyname(3) finds it on Linux, without starting a program. Seen from a container, a terminal may have no name, or that of another one.
function linkedTerminal(descriptor: number): string | undefined {
  try {
    const name = readlinkSync(`/proc/self/fd/${descriptor}`);
    const [named, open] = [statSync(name), fstatSync(descriptor)];
    return named.isCharacterDevice() && named.rdev === open.rdev && named.ino === open.ino && named.dev === open.dev
      ? name
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is a gpg on PATH. */
export function isGpgThere(environment: NodeJS.ProcessEnv): boolean {
  return findProgram('gpg', environment) !== undefined;
}
