import type { Place } from '../errors.js';
import { createNew } from '../files/create.js';
import { LIMITS, readLimited } from '../files/read.js';
import { shownPath } from '../files/shown.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { printable } from '../text/printable.js';
import { codeOf, insideTree, recipientsUnreadable } from './inside.js';

/** The name that hiera-eyaml-gpg looks for. */
export const RECIPIENTS_FILE = 'hiera-eyaml-gpg.recipients';

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

/** One line of a recipients file: how it stands there, and what it says. */
export interface RecipientsLine {
  /** All of it but its line end: blanks at its ends too, and a byte order mark before the first line. */
  readonly text: string;
  readonly end: '\n' | '\r\n' | '';
  /** The recipient; empty where the line names none. */
  readonly spec: string;
  /** What it says beside that, for people to read; empty where it says nothing. */
  readonly comment: string;
}

/** A key to add to a recipients file. */
export interface NewRecipient {
  readonly fingerprint: Fingerprint;
  /** Whose key it is, for people to read. */
  readonly userId: string;
}

/**
 * Reads a recipients file without loss: {@link renderLines} gives the same text back. A comment may follow a recipient: after a key or
 * an address at any `#` with a blank before it, after a user ID only at a `#` that stands alone.
 */
export function readLines(text: string): readonly RecipientsLine[] {
  const found = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return found.map((whole, i) => {
    const [end = ''] = (/\r?\n$/.exec(whole) ?? []) as RecipientsLine['end'][];
    const line = whole.slice(0, whole.length - end.length);
    const bare = withoutBlanks(i === 0 ? line.replace(/^\ufeff/, '') : line);
    const spec = withoutComment(bare);
    return { text: line, end, spec, comment: bare.slice(spec.length).replace(/^\s*#\s*/, '') };
  });
}

/** The text of a recipients file. */
export function renderLines(lines: readonly RecipientsLine[]): string {
  return lines.map(({ text, end }) => text + end).join('');
}

/** Adds recipients at the end of a file. What is there stays; a last line without an end gets one, of the kind that the file has. */
export function addRecipients(
  lines: readonly RecipientsLine[],
  recipients: readonly NewRecipient[],
): readonly RecipientsLine[] {
  if (recipients.length === 0) return lines;
  const end = lines.find((line) => line.end !== '')?.end ?? '\n';
  // A CR at the end of the last line is text: with an LF alone behind it, it would be a part of the end.
  const endOf = (line: RecipientsLine) => line.end || (line.text.endsWith('\r') ? '\r\n' : end);
  const ended = lines.map((line) => ({ ...line, end: endOf(line) }));
  return readLines(renderLines(ended) + recipients.map((recipient) => lineFor(recipient) + end).join(''));
}

/** The line that names a key. Nothing in a user ID ends it. */
export function lineFor({ fingerprint, userId }: NewRecipient): string {
  return `${fingerprint} # ${printable(userId)}`;
}

const HEADING = readLines(
  '# Who may read the secrets in this folder and below, one fingerprint a line.\n# After a change: eyaml recrypt .\n',
);

/**
 * Makes a recipients file; one that is there stays as it is.
 *
 * @returns whether it was made.
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function createRecipientsFile(file: string, recipients: readonly NewRecipient[]): Promise<boolean> {
  return createNew(file, renderLines(addRecipients(HEADING, recipients)));
}

/** The recipients that a text names. Blank lines and comments name none; a byte order mark and CRLF are fine. */
export function parseRecipientsFile(text: string, file: string): RecipientList {
  const specs = readLines(text).map(({ spec, comment }, i): SourcedSpec => ({
    spec,
    place: { file, line: i + 1 },
    ...(comment && { comment }),
  }));
  return { source: file, specs: specs.filter(({ spec }) => spec !== '') };
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
