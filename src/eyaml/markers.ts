import { blockAt } from './layout.js';
import { lineCounter } from './lines.js';
import {
  editableText,
  escapeClosing,
  indentLines,
  isMixedIndent,
  unescapeClosing,
  unindentLines,
} from './plaintext.js';
import { leftoverOffsets } from './stray-markers.js';

/** A plaintext in an edit buffer: `DEC::TAG[…]!` for a new value, `DEC(id)::TAG[…]!` for an existing one. */
export interface MarkerToken {
  readonly kind: 'marker';
  readonly id: number | undefined;
  /** The encryptor's tag in upper case. */
  readonly tag: string;
  readonly plaintext: Uint8Array;
  /** The line it starts on, counted from 1. */
  readonly line: number;
  /** As in {@link Layout}: set when the marker stands under a block scalar header. */
  readonly blockIndent: string | undefined;
  /** As in {@link Layout}. */
  readonly keepsLines?: true;
}

/** Text between the markers of an edit buffer. */
export interface BufferText {
  readonly kind: 'text';
  readonly text: string;
  /** The line it starts on, counted from 1. */
  readonly line: number;
}

/** A mistake in an edit buffer: it would not be saved as the user means. */
export interface MarkerProblem {
  readonly line: number;
  readonly message: string;
}

export interface ScannedBuffer {
  readonly tokens: readonly (BufferText | MarkerToken)[];
  readonly problems: readonly MarkerProblem[];
}

/** What is needed to read a buffer: which tags exist, and which existing values may cross lines outside a block. */
export interface BufferRules {
  readonly knownTags: readonly string[];
  readonly mayCrossLines: (id: number) => boolean;
}

const CLOSING = ']!';
const OPENING = /DEC(?:\((\d+)\))?::(\w+)(:base64)?\[/y;
const UNCLOSED = `this marker has no closing "${CLOSING}"`;

/**
 * The marker that shows a plaintext in an edit buffer. Text is shown as it is, with each `]!` escaped and, in a block, further
 * lines at the block's indent; what an editor would spoil is shown as base64, and so are several lines outside a block when the
 * marker has no id, since they could not be told from a marker without its end.
 */
export function renderMarker(marker: Omit<MarkerToken, 'kind' | 'line'>): string {
  const { id, tag, plaintext, blockIndent } = marker;
  const head = `DEC${id === undefined ? '' : `(${id})`}::${tag}`;
  const text = editableText(plaintext);
  const crossesLines = text?.includes('\n') === true && blockIndent === undefined;
  if (text === undefined || (crossesLines && id === undefined)) {
    return `${head}:base64[${Buffer.from(plaintext).toString('base64')}${CLOSING}`;
  }
  const escaped = escapeClosing(text);
  return `${head}[${blockIndent === undefined ? escaped : indentLines(escaped, blockIndent)}${CLOSING}`;
}

/**
 * Splits an edit buffer into markers and the text between them. Text that looks like a marker but is not a valid one is a problem, and so is a
 * marker that may have swallowed the lines below it. All problems of the buffer are listed.
 */
export function scanBuffer(buffer: string, rules: BufferRules): ScannedBuffer {
  const tokens: (BufferText | MarkerToken)[] = [];
  const problems: MarkerProblem[] = [];
  const lineAt = lineCounter(buffer);
  const problemLine = lineCounter(buffer);
  let done = 0;
  const takeText = (end: number) => {
    if (end > done) tokens.push({ kind: 'text', text: buffer.slice(done, end), line: lineAt(done) });
  };
  const offsets = leftoverOffsets(buffer);
  for (const [i, at] of offsets.entries()) {
    const read = readMarker(buffer.slice(0, offsets[i + 1]), at, rules);
    if (typeof read === 'string') {
      problems.push({ line: problemLine(at), message: read });
      continue;
    }
    takeText(at);
    const line = lineAt(at);
    tokens.push({ kind: 'marker', line, ...read.marker });
    done = read.end;
  }
  takeText(buffer.length);
  return { tokens, problems };
}

// `buffer` ends where the next marker starts: a marker never holds another one, so a closing after that belongs to the next one.
function readMarker(buffer: string, at: number, rules: BufferRules) {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(buffer);
  if (opening === null) return `this is not a valid marker; write DEC::GPG[text${CLOSING}`;
  const [head, digits, rawTag = '', base64] = opening;
  const id = digits === undefined ? undefined : Number(digits);
  const tag = rawTag.toUpperCase();
  if (!rules.knownTags.includes(tag)) {
    return `unknown encryption method ${rawTag} (available: ${rules.knownTags.join(', ')})`;
  }
  const start = at + head.length;
  const end = buffer.indexOf(CLOSING, start);
  if (end === -1) return UNCLOSED;
  const shown = buffer.slice(start, end);
  const block = blockAt(buffer, at);
  const blockIndent = block?.indent;
  if (shown.includes('\n') && blockIndent === undefined && (id === undefined || !rules.mayCrossLines(id))) {
    return `this marker has no closing "${CLOSING}" on its line (for several lines, put it under "key: >")`;
  }
  const hadLines = id !== undefined && rules.mayCrossLines(id);
  if (hadLines && blockIndent !== undefined && !base64 && isMixedIndent(shown, blockIndent)) {
    return 'only some lines of this marker have its indent: indent all of them, or none';
  }
  const plaintext = base64 ? decodeBase64(shown) : Buffer.from(decodeShown(shown, blockIndent));
  if (plaintext === undefined) return 'the text of this marker is not valid base64';
  const keepsLines = block?.keepsLines && { keepsLines: block.keepsLines };
  return { marker: { id, tag, plaintext, blockIndent, ...keepsLines }, end: end + CLOSING.length };
}

function decodeShown(shown: string, blockIndent: string | undefined): string {
  return unescapeClosing(blockIndent === undefined ? shown : unindentLines(shown, blockIndent));
}

function decodeBase64(text: string): Buffer | undefined {
  const bare = text.replace(/\s+/g, '');
  const bytes = Buffer.from(bare, 'base64');
  return withoutPadding(bytes.toString('base64')) === withoutPadding(bare) ? bytes : undefined;
}

// Only the first character of a run starts a match: else a long run that is not at the end would be slow.
function withoutPadding(base64: string): string {
  return base64.replace(/(?<!=)=+$/, '');
}
