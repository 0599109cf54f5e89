import { stat } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError, type Place } from '../errors.js';
import { faultAt, faultOf, isClosed, LIMITS, readLimited } from '../files/read.js';
import { shownPath } from '../files/shown.js';
import { realPathOf } from '../files/snapshot.js';
import { isAnybodys } from '../files/whose.js';
import { codeOf, insideTree, recipientsUnreadable } from './inside.js';

/** The name that hiera-eyaml-gpg looks for. */
export const RECIPIENTS_FILE = 'hiera-eyaml-gpg.recipients';

/** Where a repository keeps the public keys of its people. */
export const KEYS_FOLDER = '.eyaml/public-keys';

/** Whether a file is a list of recipients, by its name: the one that is looked for, or that of a list which several folders share. */
export function isRecipientsFile(file: string): boolean {
  return file.endsWith('.recipients');
}

/** One recipient as a person wrote it, and where. */
export interface SourcedSpec {
  readonly spec: string;
  readonly place: Place;
  /** Whether the user typed it: what a file says is not repeated unless it is known to be a recipient. */
  readonly isTyped?: boolean;
  /** What the line says after it, for people to read: whose key it is, perhaps. */
  readonly comment?: string;
}

/** Where a list of recipients comes from. */
export interface RecipientList {
  /** The recipients file, or the option's name. */
  readonly source: string;
  readonly specs: readonly SourcedSpec[];
  /** The folder of public keys that goes with the file whose recipients these are, if there is one. */
  readonly keysFolder?: string | undefined;
  /** The current folder's own configuration file, when it has a say in who these are. */
  readonly chosenBy?: string | undefined;
}

/**
 * Reads the lines of a recipients file. Blank lines and comments are skipped; a byte order mark and CRLF are fine. A comment may
 * follow a recipient: after a key or an address at any `#` with a blank before it, after a user ID only at a `#` that stands alone.
 */
export function parseRecipientsFile(text: string, file: string): RecipientList {
  const specs = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line, i): SourcedSpec => {
      const bare = withoutBlanks(line);
      const spec = withoutComment(bare);
      const comment = bare.slice(spec.length).replace(/^\s*#\s*/, '');
      return { spec, place: { file, line: i + 1 }, ...(comment && { comment }) };
    })
    .filter(({ spec }) => spec !== '');
  return { source: file, specs };
}

/**
 * Reads a recipients file from disk.
 *
 * @param chosenIn - the folder of a repository that chose the file; undefined when the user named it.
 * @throws {@link EyamlError} `RECIPIENTS_UNREADABLE`, `RECIPIENTS_FILE_MISSING`.
 */
export async function readRecipientsFile(file: string, chosenIn?: string): Promise<RecipientList> {
  const realPath = chosenIn === undefined ? file : await insideTree(file, chosenIn);
  const pipes = chosenIn === undefined ? 'any' : 'none';
  const read = await readLimited(realPath, { limit: LIMITS.recipients, pipes });
  if ('fault' in read) throw recipientsUnreadable(file, read.fault.reason, undefined, codeOf(read.fault));
  return parseRecipientsFile(read.octets.toString(), shownPath(file));
}

/**
 * Finds the nearest recipients file: in the folder of the target's real path, else in the folders above it. A target that does
 * not exist yet is searched for from where it will be.
 *
 * @returns the file's path, or undefined when there is none up to the root.
 * @throws {@link EyamlError} `RECIPIENTS_UNREADABLE` for a nearer one that cannot be looked at or is none, a link to nowhere included:
 * one further up may name other people. So it does for one that any user of the machine may have put there.
 */
export async function nearestRecipientsFile(target: string): Promise<string | undefined> {
  return nearest(target, RECIPIENTS_FILE, async (candidate) => {
    const fault = await faultAt(candidate);
    if (fault?.isAbsent) return false;
    const reason = fault?.reason ?? (await plantedReason(candidate));
    if (reason !== undefined) throw recipientsUnreadable(candidate, reason);
    return true;
  });
}

/**
 * Finds the nearest folder of public keys, in the same way.
 *
 * @throws {@link EyamlError} `KEY_FILE_UNREADABLE` for a nearer one that cannot be looked at or is no folder: it may say that a key is
 * revoked.
 */
export async function nearestKeysFolder(target: string): Promise<string | undefined> {
  return nearest(target, KEYS_FOLDER, async (candidate) => {
    const fault = await stat(candidate).then(
      (status) => (status.isDirectory() ? undefined : { isAbsent: false, reason: 'it is not a folder' }),
      (error: unknown) => faultOf(candidate, error),
    );
    if (fault?.isAbsent) return false;
    // A folder that this user may not enter, as the current one after su, holds nothing that is meant for them.
    if (fault && (await isClosed(path.dirname(path.dirname(candidate))))) return false;
    const reason = fault?.reason ?? (await plantedReason(path.dirname(candidate)));
    if (reason === undefined) return true;
    throw new EyamlError('KEY_FILE_UNREADABLE', `cannot look into the public keys of ${candidate}: ${reason}`, {
      file: candidate,
      suggestions: [`make it readable, or make a nearer folder ${KEYS_FOLDER}`],
    });
  });
}

// In the folder for temporary files, say, which may be above the user's own.
async function plantedReason(file: string): Promise<string | undefined> {
  return (await isAnybodys(file)) ? 'another user made it where everybody may write' : undefined;
}

async function nearest(target: string, name: string, isIt: (candidate: string) => Promise<boolean>) {
  let folder = path.dirname(await realPathOf(target));
  for (;;) {
    const candidate = path.join(folder, name);
    if (await isIt(candidate)) return candidate;
    const parent = path.dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}

// A key or an address, after which any comment is one.
const KEY_OR_ADDRESS = /^(?:(?:0x)?[0-9a-f](?:[0-9a-f ]{6,}[0-9a-f])!?|<?[^\s<>@#]+@[^\s<>@#]+>?)$/i;

// In time linear in the line, whatever it holds.
function withoutComment(line: string): string {
  if (line.startsWith('#')) return '';
  const first = line.indexOf('#');
  for (let at = first; at !== -1; at = line.indexOf('#', at + 1)) {
    if (!/\s/.test(line[at - 1] ?? '')) continue;
    const standsAlone = /^\s?$/.test(line[at + 1] ?? '');
    const before = standsAlone || at === first ? line.slice(0, at).trimEnd() : '';
    if (standsAlone || KEY_OR_ADDRESS.test(before)) return before;
  }
  return line;
}

// Blanks and tabs alone: other white space may be part of a name.
function withoutBlanks(line: string): string {
  const isBlank = (character: string | undefined) => character === ' ' || character === '\t';
  let [start, end] = [0, line.length];
  while (isBlank(line[start])) start += 1;
  while (end > start && isBlank(line[end - 1])) end -= 1;
  return line.slice(start, end);
}
