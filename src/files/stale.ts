import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import path from 'node:path';
import { removeLeftover, wipe } from './cleanup.js';
import { livenessOf, processStamp, STAMP } from './process-stamp.js';

const TEMPORARY = new RegExp(`^\\.eyaml-(${STAMP.source})-[\\da-f]{12}\\.tmp$`);
const PRIVATE_FOLDER = new RegExp(`^eyaml-(${STAMP.source})-[\\da-f]{12}$`);

// No write takes this long, in milliseconds. It is used only for files that another machine or container wrote, or this machine before a
// restart.
const LONG_AGO = 10 * 60 * 1000;

/** A new name for a file or folder that exists while something is written; {@link sweepStale} recognises it. */
export function temporaryName(): string {
  return `.eyaml-${processStamp()}-${randomBytes(6).toString('hex')}.tmp`;
}

/** A new name for a folder of plaintexts; {@link sweepPrivateFolders} recognises it. */
export function privateFolderName(): string {
  return `eyaml-${processStamp()}-${randomBytes(6).toString('hex')}`;
}

/** The names in the temporary folder of a key pair. */
export const KEY_PAIR_FILES = {
  ignore: '.gitignore',
  journal: 'journal.json',
  private: 'private',
  public: 'public',
} as const;

const swept = new Set<string>();

/**
 * Removes the temporary files, and folders of key pairs, that killed processes of this user left in a folder. Each folder is searched
 * once. What cannot be removed stays.
 */
export function sweepStale(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  const isStale = (stamp: string, { mtimeMs }: Stats) => isOver(stamp, mtimeMs);
  for (const stale of ownEntries(folder, TEMPORARY, isStale)) if (isOurs(stale)) removeLeftover(stale);
}

// Somebody who may write in a folder could give any folder of the user such a name; it must not be removed for that.
function isOurs(entry: string): boolean {
  const known: readonly string[] = Object.values(KEY_PAIR_FILES);
  // Another process may have removed it meanwhile.
  const isFolder = lstatSync(entry, { throwIfNoEntry: false })?.isDirectory();
  return isFolder === false || (isFolder === true && namesIn(entry).every((name) => known.includes(name)));
}

/** Whether a short-lived process has ended. Where that cannot be seen, the age of its file decides. */
export function isOver(stamp: string, startedAt: number): boolean {
  const liveness = livenessOf(stamp);
  return liveness === 'dead' || (liveness === 'unknown' && Date.now() - startedAt > LONG_AGO);
}

/**
 * Wipes and removes the folders of plaintexts that killed processes of this user left. An editor may be open for days, so a folder
 * stays unless its process is known to be dead.
 *
 * @returns how many of them held an edit buffer: what a merge leaves is no loss.
 */
export function sweepPrivateFolders(parents: readonly string[]): number {
  const isDead = (stamp: string, status: Stats) => status.isDirectory() && livenessOf(stamp) === 'dead';
  const folders = [...new Set(parents)].flatMap((parent) => ownEntries(parent, PRIVATE_FOLDER, isDead));
  return folders.filter((folder) => {
    try {
      const isUsed = readdirSync(folder).some((name) => name.endsWith('.yaml'));
      wipe(folder);
      return isUsed;
    } catch {
      return false;
    }
  }).length;
}

// Symbolic links are neither followed nor removed.
function ownEntries(folder: string, form: RegExp, isWanted: (stamp: string, status: Stats) => boolean): string[] {
  return namesIn(folder).flatMap((name) => {
    const stamp = form.exec(name)?.[1];
    const entry = path.join(folder, name);
    const status = stamp === undefined ? undefined : lstatSync(entry, { throwIfNoEntry: false });
    if (stamp === undefined || status === undefined || !(status.isFile() || status.isDirectory())) return [];
    const isOwn = status.uid === (process.geteuid?.() ?? status.uid);
    return isOwn && isWanted(stamp, status) ? [entry] : [];
  });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
