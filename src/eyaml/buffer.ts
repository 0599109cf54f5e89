import { renderMarker, scanBuffer, type BufferText, type MarkerProblem, type MarkerToken } from './markers.js';
import { renderValue } from './render.js';
import type { Layout, Token, ValueToken } from './token.js';

/** An existing value as an edit buffer shows it. */
export interface BufferEntry {
  readonly value: ValueToken;
  readonly plaintext: Uint8Array;
}

/** An edit buffer, and what the numbers of its markers stand for. */
export interface EditBuffer {
  readonly text: string;
  readonly entries: ReadonlyMap<number, BufferEntry>;
}

/** A marker whose plaintext has to be encrypted; `entry` is the value it had, if any. */
export interface NewValue {
  readonly kind: 'new';
  readonly marker: MarkerToken;
  readonly entry: BufferEntry | undefined;
}

/** What an edit buffer says the file shall be: text that stands, kept values included, and values to encrypt. */
export interface ReadBuffer {
  readonly pieces: readonly (BufferText | NewValue)[];
  readonly problems: readonly MarkerProblem[];
}

/** The plaintext of a value, or undefined when the value is to stay as it is. */
export type PlaintextOf = (value: ValueToken) => Uint8Array | undefined;

/** Shows a file's values as markers, numbered for an edit or unnumbered for `decrypt -e`. */
export function showBuffer(
  tokens: readonly Token[],
  plaintextOf: PlaintextOf,
  style: 'numbered' | 'unnumbered',
): EditBuffer {
  const entries = new Map<number, BufferEntry>();
  const show = (token: Token): string => {
    const plaintext = token.kind === 'value' ? plaintextOf(token) : undefined;
    if (token.kind !== 'value' || plaintext === undefined) return token.text;
    entries.set(entries.size + 1, { value: token, plaintext });
    const id = style === 'numbered' ? entries.size : undefined;
    return renderMarker({ id, tag: token.tag, plaintext, blockIndent: token.layout.blockIndent });
  };
  return { text: tokens.map(show).join(''), entries };
}

/**
 * Reads an edit buffer. A value whose plaintext and place did not change is its old text; one that only moved keeps its
 * ciphertext. Numbers that were not given, or are used twice, are problems.
 */
export function readBuffer(text: string, entries: EditBuffer['entries'], knownTags: readonly string[]): ReadBuffer {
  const { tokens, problems: markerProblems } = scanBuffer(text, rulesFor(entries, knownTags));
  const problems = [...markerProblems];
  const used = new Set<number>();
  const pieces = tokens.map((token): BufferText | NewValue => {
    if (token.kind === 'text') return token;
    const entry = token.id === undefined ? undefined : entries.get(token.id);
    if (token.id !== undefined) {
      const fault = entry === undefined ? 'stands for no value of this file' : 'is used twice';
      const message = `number ${token.id} ${fault}: for a new value leave the number and its parentheses out`;
      if (entry === undefined || used.has(token.id)) problems.push({ line: token.line, message });
      used.add(token.id);
    }
    return entry && isUnchanged(token, entry)
      ? { kind: 'text', text: keptText(token, entry.value), line: token.line }
      : { kind: 'new', marker: token, entry };
  });
  return { pieces, problems: problems.sort((a, b) => a.line - b.line) };
}

/** The text of a newly encrypted value, in the style of the value it replaces, or of its place. */
export function renderNewValue({ marker, entry }: NewValue, payload: string): string {
  return renderValue(marker.tag, payload, layoutAt(marker.blockIndent, entry?.value.layout));
}

function isUnchanged(marker: MarkerToken, { value, plaintext }: BufferEntry): boolean {
  return marker.tag === value.tag && Buffer.compare(marker.plaintext, plaintext) === 0;
}

function keptText(marker: MarkerToken, value: ValueToken): string {
  if (marker.blockIndent === value.layout.blockIndent) return value.text;
  return renderValue(value.tag, value.payload, layoutAt(marker.blockIndent, value.layout));
}

function layoutAt(blockIndent: string | undefined, old: Layout | undefined): Layout {
  if (old === undefined || blockIndent === old.blockIndent) return old ?? { blockIndent, wrapping: undefined };
  const { wrapping } = old;
  if (wrapping === undefined || blockIndent === undefined || old.blockIndent === undefined) {
    return { blockIndent, wrapping: undefined };
  }
  return { blockIndent, wrapping: { ...wrapping, separator: wrapping.separator.replace(/[ \t]*$/, blockIndent) } };
}

function rulesFor(entries: EditBuffer['entries'], knownTags: readonly string[]) {
  return { knownTags, mayCrossLines: (id: number) => entries.get(id)?.plaintext.includes(0x0a) === true };
}
