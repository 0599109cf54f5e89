import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EyamlError, errnoOf } from '../errors.js';
import { wipe } from './cleanup.js';
import { digestOf, readOld, replaceDurably, syncFolder, writeDurably, type OldFile } from './durable.js';
import { processStamp } from './process-stamp.js';
import { isOver, KEY_PAIR_FILES, sweepStale, temporaryName } from './stale.js';

/** One half of a new key pair. */
export interface KeyHalf {
  /** Where it goes, every symbolic link followed. */
  readonly realPath: string;
  readonly content: string;
  readonly mode: number;
}

/** The note beside the new halves until both are in place. */
interface Journal {
  readonly owner: string;
  /** Shows that the new private key was written here and did not come with a clone or an archive. */
  readonly identity: string;
  /** In the order in which they are put in place. */
  readonly halves: readonly JournalHalf[];
}

interface JournalHalf {
  readonly name: string;
  /** From the folder of the private key. */
  readonly target: string;
  /** Digests of the file that is replaced, null when there is none, and of the new one. */
  readonly old: string | null;
  readonly new: string;
}

const PENDING = '.eyaml-createkeys';

/**
 * Puts both halves of a new key pair in place. Two files cannot be replaced at once, so the new ones lie in a private folder beside the
 * private key until both are: as soon as that folder has its name, {@link finishKeyPair} can finish the work after a crash.
 * The public key goes first, so that nothing is ever encrypted for a key whose private half is gone. Everything is synchronous, so that
 * no signal interrupts it.
 *
 * @throws the error of Node, or {@link EyamlError} `FILE_UNWRITABLE` when another run is at work; both files are then unchanged.
 */
export function putKeyPair(publicHalf: KeyHalf, privateHalf: KeyHalf): void {
  const folder = path.dirname(privateHalf.realPath);
  const unfinished = path.join(folder, temporaryName());
  const pending = path.join(folder, PENDING);
  let journal: Journal;
  mkdirSync(unfinished, { mode: 0o700 });
  try {
    journal = writePending(unfinished, publicHalf, privateHalf);
    // The folder of another run is not empty, so it is not replaced.
    renameSync(unfinished, pending);
  } catch (error) {
    wipe(unfinished);
    throw /^(?:ENOTEMPTY|EEXIST)$/.test(errnoOf(error) ?? '') ? atWork(folder) : error;
  }
  syncFolder(folder);
  const undo: (() => void)[] = [];
  try {
    finish(pending, journal, undo);
  } catch (error) {
    undo.forEach((step) => step());
    discard(pending);
    throw error;
  }
}

/**
 * Finishes the key pair of a killed run in the folder of a private key, and removes the leftovers of others.
 *
 * @param shownAs - the folder's name for messages, and the prefix of the returned paths.
 * @returns the files that are a pair now; none when there was nothing to do.
 * @throws the error of Node, or {@link EyamlError} `FILE_UNWRITABLE` when another run is at work, or when it is unclear whether
 * finishing is safe.
 */
export function finishKeyPair(folder: string, shownAs: string): readonly string[] {
  sweepStale(folder);
  const pending = path.join(folder, PENDING);
  const status = lstatSync(pending, { throwIfNoEntry: false });
  if (status === undefined) return [];
  const isForOwner = process.platform === 'win32' || (status.mode & 0o077) === 0;
  const isOwn = status.uid === (process.geteuid?.() ?? status.uid);
  const journal = status.isDirectory() && isForOwner && isOwn ? readJournal(pending) : undefined;
  if (journal === undefined) throw inDoubt(shownAs);
  if (!isOver(journal.owner, status.ctimeMs)) throw atWork(shownAs);
  const identity = identityOf(path.join(pending, KEY_PAIR_FILES.private));
  if (identity === undefined) {
    // The private key goes last, so the pair is in place.
    discard(pending);
    return [];
  }
  const isUnchanged = (half: JournalHalf) => stateOf(path.join(folder, half.target), half) !== 'other';
  if (identity !== journal.identity || !journal.halves.every(isUnchanged)) throw inDoubt(shownAs);
  finish(pending, journal, []);
  return journal.halves.map(({ target }) => path.join(shownAs, target));
}

/** Suggestions when a key file is missing or the wrong one because a killed run left its pair unfinished there. */
export function unfinishedPairHints(file: string): readonly string[] {
  return existsSync(path.join(path.dirname(file), PENDING))
    ? [`createkeys was killed in ${path.dirname(file)}: run it again to finish that pair`]
    : [];
}

function writePending(unfinished: string, publicHalf: KeyHalf, privateHalf: KeyHalf): Journal {
  // Written first, so that git never sees the keys as files to add.
  writeFileSync(path.join(unfinished, KEY_PAIR_FILES.ignore), '*\n');
  const stage = (name: string, { realPath, content, mode }: KeyHalf): JournalHalf => {
    const old = readOld(realPath);
    writeDurably(path.join(unfinished, name), content, mode, old);
    const target = path.relative(path.dirname(unfinished), realPath);
    return { name, target, old: old ? digestOf(old.octets) : null, new: digestOf(content) };
  };
  const halves = [stage(KEY_PAIR_FILES.public, publicHalf), stage(KEY_PAIR_FILES.private, privateHalf)];
  const journal = {
    owner: processStamp(),
    identity: identityOf(path.join(unfinished, KEY_PAIR_FILES.private)) ?? '',
    halves,
  };
  writeDurably(path.join(unfinished, KEY_PAIR_FILES.journal), JSON.stringify(journal), 0o600);
  syncFolder(unfinished);
  return journal;
}

// Files that are in place already are left alone, so that this can be repeated.
function finish(pending: string, { halves }: Journal, undo: (() => void)[]): void {
  const folder = path.dirname(pending);
  for (const half of halves) {
    const target = path.join(folder, half.target);
    if (stateOf(target, half) === 'new') continue;
    const old = readOld(target);
    sweepStale(path.dirname(target));
    install(path.join(pending, half.name), target, old);
    undo.unshift(() => (old ? replaceDurably(target, old.octets, old.mode, old) : rmSync(target)));
  }
  discard(pending);
}

function install(staged: string, target: string, old: OldFile | undefined): void {
  // Within one folder the file itself is moved: no copy of a private key is made.
  if (path.dirname(path.dirname(staged)) === path.dirname(target)) renameSync(staged, target);
  else replaceDurably(target, readFileSync(staged), statSync(staged).mode & 0o777, old);
  syncFolder(path.dirname(target));
}

// Under this name it is a leftover that the next run removes, however far this run gets.
function discard(pending: string): void {
  const unfinished = path.join(path.dirname(pending), temporaryName());
  renameSync(pending, unfinished);
  wipe(unfinished);
}

function stateOf(file: string, half: JournalHalf): 'old' | 'new' | 'other' {
  const there = readOld(file);
  const digest = there ? digestOf(there.octets) : null;
  if (digest === half.new) return 'new';
  return digest === half.old ? 'old' : 'other';
}

// The change time (ctime) of a file cannot be chosen, neither by git nor by tar.
function identityOf(file: string): string | undefined {
  const status = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return status && `${status.dev}:${status.ino}:${status.ctimeNs}`;
}

function readJournal(pending: string): Journal | undefined {
  try {
    const journal = JSON.parse(readFileSync(path.join(pending, KEY_PAIR_FILES.journal), 'utf8')) as Partial<Journal>;
    const { owner, identity, halves } = journal;
    if (typeof owner !== 'string' || typeof identity !== 'string' || !Array.isArray(halves)) return undefined;
    return { owner, identity, halves };
  } catch {
    return undefined;
  }
}

function atWork(folder: string): EyamlError {
  return new EyamlError('FILE_UNWRITABLE', `another createkeys is running in ${folder}`, {
    suggestions: [
      'wait until it has finished; if it was killed in a container or before a restart, try again in ten minutes',
    ],
  });
}

function inDoubt(folder: string): EyamlError {
  const pending = path.join(folder, PENDING);
  return new EyamlError('FILE_UNWRITABLE', `${pending} already exists: a killed createkeys may have left it`, {
    suggestions: [
      'if the key files beside it are a working pair, remove that folder; otherwise its files "public" and "private" may be the missing pair',
    ],
  });
}
