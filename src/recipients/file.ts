import { lstat, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError, errnoOf } from '../errors.js';
import { realPathOf } from '../files.js';

/** The name that hiera-eyaml-gpg looks for. */
export const RECIPIENTS_FILE = 'hiera-eyaml-gpg.recipients';

/** Where a repository keeps the public keys of its people. */
export const KEYS_FOLDER = '.eyaml/public-keys';

/** One recipient as a person wrote it, and where: `file:line` or the option's name. */
export interface SourcedSpec {
  readonly spec: string;
  readonly place: string;
}

/** Where a list of recipients comes from. */
export interface RecipientList {
  /** The recipients file, or the option's name. */
  readonly source: string;
  readonly specs: readonly SourcedSpec[];
  /** The folder of public keys that goes with the file whose recipients these are, if there is one. */
  readonly keysFolder?: string | undefined;
}

/**
 * Reads the lines of a recipients file. Blank lines and comments are skipped; a byte order mark and CRLF are fine. A comment may
 * follow a recipient: after a key or an address at any `#` with a blank before it, after a user ID only at a `#` that stands alone.
 */
export function parseRecipientsFile(text: string, file: string): RecipientList {
  const specs = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line, i) => ({ spec: withoutComment(withoutBlanks(line)), place: `${file}:${i + 1}` }))
    .filter(({ spec }) => spec !== '');
  return { source: file, specs };
}

/** Reads a recipients file from disk. */
export async function readRecipientsFile(file: string): Promise<RecipientList> {
  try {
    return parseRecipientsFile(await readFile(file, 'utf8'), file);
  } catch (error) {
    throw new EyamlError(
      'RECIPIENTS_MISSING',
      `cannot read the recipients file ${file} (${errnoOf(error) ?? 'unknown error'})`,
    );
  }
}

/**
 * Finds the nearest recipients file: in the folder of the target's real path, else in the folders above it. A target that does
 * not exist yet is searched for from where it will be.
 *
 * @returns the file's path, or undefined when there is none up to the root.
 */
export async function nearestRecipientsFile(target: string): Promise<string | undefined> {
  return nearest(target, RECIPIENTS_FILE, isFile);
}

/** Finds the nearest folder of public keys, in the same way. */
export async function nearestKeysFolder(target: string): Promise<string | undefined> {
  const isFolder = (candidate: string) =>
    stat(candidate).then(
      (status) => status.isDirectory(),
      () => false,
    );
  return nearest(target, KEYS_FOLDER, isFolder);
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

async function isFile(candidate: string): Promise<boolean> {
  try {
    if ((await stat(candidate)).isFile()) return true;
  } catch (error) {
    // A nearer file that cannot be looked at, a link to nowhere included, must not be passed over for one further up, which may
    // name other people.
    const isLink = await lstat(candidate).then(
      (status) => status.isSymbolicLink(),
      () => false,
    );
    if (!isLink && (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')) return false;
    throw new EyamlError('RECIPIENTS_MISSING', `cannot look at ${candidate} (${errnoOf(error) ?? 'unknown error'})`);
  }
  throw new EyamlError('RECIPIENTS_MISSING', `${candidate} is no regular file`);
}

// A key or an address, after which any comment is one.
const KEY_OR_ADDRESS = /^(?:(?:0x)?[0-9a-f](?:[0-9a-f ]{6,}[0-9a-f])!?|<?[^\s<>@#]+@[^\s<>@#]+>?)$/i;

// In time linear in the line, whatever it holds.
function withoutComment(line: string): string {
  if (line.startsWith('#')) return '';
  for (let at = line.indexOf('#'); at !== -1; at = line.indexOf('#', at + 1)) {
    if (!/\s/.test(line[at - 1] ?? '')) continue;
    const standsAlone = /^\s?$/.test(line[at + 1] ?? '');
    const before = standsAlone || line.indexOf('#') === at ? line.slice(0, at).trimEnd() : '';
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
