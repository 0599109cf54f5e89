import type { Place } from '../errors.js';
import { createNew } from '../files/create.js';
import { LIMITS, readLimited } from '../files/read.js';
import { shownPath } from '../files/shown.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { printable } from '../text/printable.js';
import { codeOf, insideTree, recipientsUnreadable } from './inside.js';

/** The name that hiera-eyaml-gpg looks for. */
export const RECIPIENTS_FILE = 'hiera-eyaml-gpg.recipients';

/** Whether a file is a recipients file, by its name: the default name, or the name of a list that several folders share. */
export function isRecipientsFile(file: string): boolean {
  return file.endsWith('.recipients');
}

/** A recipient spec as the user wrote it, and its place. */
export interface SourcedSpec {
  readonly spec: string;
  readonly place: Place;
  /** Whether the user typed it. Text from a file is repeated in messages only if it has the form of a recipient. */
  readonly isTyped?: boolean;
  /** The comment after it on the line, often the owner of the key. */
  readonly comment?: string;
}

/** A list of recipients, and where it comes from. */
export interface RecipientList {
  /** What names them, for messages: the recipients file, with the rule that chooses it, or the option's name. */
  readonly source: string;
  /** The recipients file, if `source` says more. */
  readonly file?: string | undefined;
  readonly specs: readonly SourcedSpec[];
  /** The folder of public keys that applies to the file to encrypt, if there is one. */
  readonly keysFolder?: string | undefined;
  /** The current folder's own configuration file, if it influences who the recipients are. */
  readonly chosenBy?: string | undefined;
}

/** One line of a recipients file: its exact text, and its meaning. */
export interface RecipientsLine {
  /** The line without its line end, but with blanks around it and, in the first line, a byte order mark. */
  readonly text: string;
  readonly end: '\n' | '\r\n' | '';
  /** The recipient; empty if the line has none. */
  readonly spec: string;
  /** The comment; empty if the line has none. */
  readonly comment: string;
}

/** A key to add to a recipients file. */
export interface NewRecipient {
  readonly fingerprint: Fingerprint;
  /** What to write instead of it: the fingerprint of a subkey, and `!`. */
  readonly pin?: string;
  /** The owner of the key, for the comment. */
  readonly userId: string;
}

/**
 * Reads a recipients file without loss: {@link renderLines} gives the same text back. A comment may follow a recipient. After a key or
 * an address it starts at any `#` with a blank before it, after a user ID only at a `#` with blanks on both sides.
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

/** Adds recipients at the end of a file. Existing lines stay unchanged; a last line without a line end gets one of the file's kind. */
export function addRecipients(
  lines: readonly RecipientsLine[],
  recipients: readonly NewRecipient[],
): readonly RecipientsLine[] {
  if (recipients.length === 0) return lines;
  const end = lines.find((line) => line.end !== '')?.end ?? '\n';
  // A CR at the end of the last line is text; a single LF after it would turn it into a part of the line end.
  const endOf = (line: RecipientsLine) => line.end || (line.text.endsWith('\r') ? '\r\n' : end);
  const ended = lines.map((line) => ({ ...line, end: endOf(line) }));
  return readLines(renderLines(ended) + recipients.map((recipient) => lineFor(recipient) + end).join(''));
}

/** The line for a key. No character of a user ID can end it. */
export function lineFor({ fingerprint, pin = fingerprint, userId }: NewRecipient): string {
  return `${pin} # ${printable(userId)}`;
}

const HEADING = readLines(
  '# Who may read the secrets in this folder and below, one fingerprint a line.\n# After a change: eyaml recrypt .\n',
);

/**
 * Creates a recipients file; an existing one stays unchanged.
 *
 * @returns whether it was created.
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function createRecipientsFile(file: string, recipients: readonly NewRecipient[]): Promise<boolean> {
  return createNew(file, renderLines(addRecipients(HEADING, recipients)));
}

/** The recipients in a text. Blank lines and comments are skipped; a byte order mark and CRLF are accepted. */
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

// A key or an address: after it, every `#` with a blank before it starts a comment.
const KEY_OR_ADDRESS = /^(?:(?:0x)?[0-9a-f](?:[0-9a-f ]{6,}[0-9a-f])!?|<?[^\s<>@#]+@[^\s<>@#]+>?)$/i;

// Takes time linear in the length of the line, whatever it holds.
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
