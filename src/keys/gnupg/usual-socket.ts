import { existsSync, statSync, type Stats } from 'node:fs';
import path from 'node:path';

// Where GnuPG looks for the run-time folder of a user (common/homedir.c).
const RUN_TIME = ['/run/gnupg', '/run', '/var/run/gnupg', '/var/run'];

/** What GnuPG's rule for the place of its agent's socket depends on. */
export interface SocketRule {
  /** The file of the program gpgconf. */
  readonly gpgconf: string | undefined;
  /** The GnuPG home. */
  readonly home: string | undefined;
  /** Whether that is GnuPG's own default. */
  readonly isDefault: boolean;
}

/**
 * The agent's socket where the rule is simple: in the GnuPG home if this user has no run-time folder; else, for GnuPG's own default home,
 * in the folder `gnupg` there (common/homedir.c, `_gnupg_socketdir_internal`). Starting gpgconf to ask takes longer than the agent needs
 * for a value.
 *
 * @returns the path of a socket that is there; undefined where gpgconf must be asked.
 */
export function usualSocket({ gpgconf, home, isDefault }: SocketRule): string | undefined {
  // gpgconf.ctl beside the programs can move every place.
  if (process.platform !== 'linux' || gpgconf === undefined || home === undefined) return undefined;
  if (existsSync(path.join(path.dirname(gpgconf), 'gpgconf.ctl'))) return undefined;
  const runTime = RUN_TIME.map((base) => `${base}/user/${process.getuid?.()}`).find(isFolder);
  if (runTime !== undefined && !isDefault) return undefined;
  const socket = path.resolve(runTime === undefined ? home : path.join(runTime, 'gnupg'), 'S.gpg-agent');
  return isSocket(socket) ? socket : undefined;
}

function isFolder(place: string): boolean {
  return statusOf(place)?.isDirectory() === true;
}

function isSocket(place: string): boolean {
  return statusOf(place)?.isSocket() === true;
}

function statusOf(place: string): Stats | undefined {
  try {
    return statSync(place, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
