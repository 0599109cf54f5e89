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

/** Something in an edit buffer that would not be saved as meant. */
export interface MarkerProblem {
  readonly line: number;
  readonly message: string;
}

export interface ScannedBuffer {
  readonly tokens: readonly (BufferText | MarkerToken)[];
  readonly problems: readonly MarkerProblem[];
}

/** What a buffer's reader knows of it: which tags exist, and which existing values may cross lines outside a block. */
export interface BufferRules {
  readonly knownTags: readonly string[];
  readonly mayCrossLines: (id: number) => boolean;
}

const CLOSING = ']!';
const OPENING = /DEC(?:\((\d+)\))?::(\w+)(:base64)?\[/y;
const UNCLOSED = `this marker does not end: "${CLOSING}" is missing`;

/**
 * The marker that shows a plaintext in an edit buffer. Text is shown as it is, with each `]!` escaped and, in a block, further
 * lines at the block's indent; what an editor would spoil is shown as base64, and so are several lines outside a block when the
 * marker has no id, since nobody could tell them from a marker that lacks its end.
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
 * Splits an edit buffer into markers and the text between them. What reads like a marker and is none is a problem, as is a
 * marker that may have swallowed the lines below it; every problem of the buffer is listed.
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

// `buffer` ends where the next marker starts: a marker never holds another one, so a closing beyond that belongs to the other.
function readMarker(buffer: string, at: number, rules: BufferRules) {
  OPENING.lastIndex = at;
  const opening = OPENING.exec(buffer);
  if (opening === null) return `this reads like a marker, yet it is none: write DEC::TAG[text${CLOSING}`;
  const [head, digits, rawTag = '', base64] = opening;
  const id = digits === undefined ? undefined : Number(digits);
  const tag = rawTag.toUpperCase();
  if (!rules.knownTags.includes(tag)) {
    return `unknown encryption method ${rawTag} (known here: ${rules.knownTags.join(', ')})`;
  }
  const start = at + head.length;
  const end = buffer.indexOf(CLOSING, start);
  if (end === -1) return UNCLOSED;
  const shown = buffer.slice(start, end);
  const block = blockAt(buffer, at);
  const blockIndent = block?.indent;
  if (shown.includes('\n') && blockIndent === undefined && (id === undefined || !rules.mayCrossLines(id))) {
    return `this marker does not end on its line: "${CLOSING}" is missing (for several lines, put it under "key: >")`;
  }
  const hadLines = id !== undefined && rules.mayCrossLines(id);
  if (hadLines && blockIndent !== undefined && !base64 && isMixedIndent(shown, blockIndent)) {
    return 'some lines of this marker have its indent and some have not: give all of them the indent, or none';
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

// Only the first of a run starts a match, else a long run that is not at the end would make this slow.
function withoutPadding(base64: string): string {
  return base64.replace(/(?<!=)=+$/, '');
}
