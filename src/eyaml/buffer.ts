import {
  renderMarker,
  scanBuffer,
  type BufferText,
  type MarkerProblem,
  type MarkerToken,
  type ScannedBuffer,
} from './markers.js';
import { renderValue } from './render.js';
import { scan } from './scan.js';
import { strayLines } from './stray-markers.js';
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

/** A marker that was not changed: the text of the value that it had. */
export interface KeptValue extends BufferText {
  readonly value: ValueToken;
}

/** What the file becomes, as an edit buffer says: unchanged text, values that are kept, and values to encrypt. */
export interface ReadBuffer {
  readonly pieces: readonly (BufferText | KeptValue | NewValue)[];
  readonly problems: readonly MarkerProblem[];
}

/** The plaintext of a value, or undefined when the value is to stay as it is. */
export type OpenedPlaintextOf = (value: ValueToken) => Uint8Array | undefined;

/** Shows a file's values as markers, numbered for an edit or unnumbered for `decrypt -e`. */
export function showBuffer(
  tokens: readonly Token[],
  plaintextOf: OpenedPlaintextOf,
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
 * ciphertext. Unknown numbers, and numbers that are used twice, are problems; so are the remains of a mistyped marker, unless they
 * were in the buffer as it was shown.
 */
export function readBuffer(text: string, shown: EditBuffer, knownTags: readonly string[]): ReadBuffer {
  const { entries } = shown;
  const { tokens, problems: markerProblems } = scanBuffer(text, rulesFor(entries, knownTags));
  // The remains of a marker that already has a problem are not reported again.
  const problems = markerProblems.length > 0 ? [...markerProblems] : [...straysOf(tokens, shown, knownTags)];
  const used = new Set<number>();
  const pieces = tokens.map((token): BufferText | KeptValue | NewValue => {
    if (token.kind === 'text') return token;
    const entry = token.id === undefined ? undefined : entries.get(token.id);
    if (token.id !== undefined) {
      const { id } = token;
      const fault = entry === undefined ? `no value of this file has the number ${id}` : `number ${id} is used twice`;
      const message = `${fault}: for a new value, omit the number and its parentheses`;
      if (entry === undefined || used.has(token.id)) problems.push({ line: token.line, message });
      used.add(token.id);
    }
    return entry && isUnchanged(token, entry)
      ? { kind: 'text', text: keptText(token, entry.value), line: token.line, value: entry.value }
      : { kind: 'new', marker: token, entry };
  });
  return { pieces, problems: problems.sort((a, b) => a.line - b.line) };
}

/** The text of a newly encrypted value, in the style of the value it replaces, or of its place. */
export function renderNewValue({ marker, entry }: NewValue, payload: string): string {
  return renderValue(marker.tag, payload, layoutAt(marker, entry?.value.layout));
}

function straysOf(
  tokens: ScannedBuffer['tokens'],
  shown: EditBuffer,
  knownTags: readonly string[],
): readonly MarkerProblem[] {
  const found = brokenLines(tokens);
  if (found.length === 0) return [];
  const before = brokenLines(scanBuffer(shown.text, rulesFor(shown.entries, knownTags)).tokens);
  const known = new Set(before.map(({ text }) => text));
  const message = 'this looks like part of a marker or of an encrypted value; it would be saved as plain text';
  return found.filter(({ text }) => !known.has(text)).map(({ line }) => ({ line, message }));
}

function brokenLines(tokens: ScannedBuffer['tokens']): readonly { readonly line: number; readonly text: string }[] {
  return tokens.flatMap((token) => {
    if (token.kind !== 'text') return [];
    const suspects = scan(token.text).filter((value) => value.kind === 'suspect');
    const lines = token.text.split('\n');
    return [
      ...strayLines(token.text),
      ...suspects.map(({ line }) => ({ line: line - 1, text: (lines[line - 1] ?? '').trim() })),
    ].map(({ line, text }) => ({ line: token.line + line, text }));
  });
}

function isUnchanged(marker: MarkerToken, { value, plaintext }: BufferEntry): boolean {
  return marker.tag === value.tag && Buffer.compare(marker.plaintext, plaintext) === 0;
}

/** A value as it stands at a marker: its old text if its place is the same, else its ciphertext in the layout of the marker. */
export function keptText(marker: MarkerToken, value: ValueToken): string {
  const { blockIndent, keepsLines } = value.layout;
  if (marker.blockIndent === blockIndent && marker.keepsLines === keepsLines) return value.text;
  return renderValue(value.tag, value.payload, layoutAt(marker, value.layout));
}

function layoutAt({ blockIndent, keepsLines }: MarkerToken, old: Layout | undefined): Layout {
  const place = { blockIndent, ...(keepsLines && { keepsLines }) };
  if (old?.wrapping === undefined) return { ...place, wrapping: undefined };
  const { wrapping } = old;
  if (blockIndent === old.blockIndent) return { ...place, wrapping };
  if (blockIndent === undefined || old.blockIndent === undefined) return { ...place, wrapping: undefined };
  return {
    ...place,
    wrapping: { ...wrapping, separator: wrapping.separator.replace(/(?<![ \t])[ \t]*$/, blockIndent) },
  };
}

function rulesFor(entries: EditBuffer['entries'], knownTags: readonly string[]) {
  return { knownTags, mayCrossLines: (id: number) => entries.get(id)?.plaintext.includes(0x0a) === true };
}
