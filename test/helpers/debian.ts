import { execFile, spawnSync } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { hasPeer } from './peers.js';

const MIRROR = 'http://deb.debian.org/debian';
const RELEASE = 'trixie';
const USER = 'ann';

/** Whether a Debian can be made here: it takes root and debootstrap. In CI both must be there. */
export function canMakeDebian(): boolean {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && process.env.CI === 'true') throw new Error('CI must be root, to install packages in a folder');
  return isRoot && hasPeer('debootstrap');
}

/** What a command in it did. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Debian in a folder of its own, with a user ann. */
export interface Debian {
  /** Runs lines of sh as root. */
  readonly asRoot: (script: string) => Said;
  /** Runs lines of sh as ann, in her home. */
  readonly asUser: (script: string) => Said;
}

/**
 * Makes a small Debian from the packages of its archive.
 *
 * @param folder - is made.
 * @throws what debootstrap says.
 */
export async function makeDebian(folder: string): Promise<Debian> {
  await promisify(execFile)('debootstrap', ['--variant=minbase', RELEASE, folder, MIRROR]);
  const apart = ['unshare', '--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${path.join(folder, 'proc')}`];
  // A container without privileges cannot do that; there, it has no /proc, and what is started must be stopped.
  const isApart = spawnSync('unshare', ['--mount', 'true']).status === 0;
  const environment = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'];
  const run = (...command: readonly string[]): Said => {
    const words = [...(isApart ? apart : []), 'chroot', folder, ...environment, ...command];
    const { status, stdout, stderr } = spawnSync(words[0] ?? '', words.slice(1), { encoding: 'utf8' });
    return { code: status, stdout, stderr };
  };
  const asRoot = (script: string) => run('HOME=/root', 'DEBIAN_FRONTEND=noninteractive', 'sh', '-euc', script);
  const asUser = (script: string) =>
    run(
      `HOME=/home/${USER}`,
      'setpriv',
      `--reuid=${USER}`,
      `--regid=${USER}`,
      '--init-groups',
      'sh',
      '-euc',
      `cd; ${script}`,
    );
  asRoot(`useradd --create-home ${USER}`);
  return { asRoot, asUser };
}
