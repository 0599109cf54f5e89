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

/**
 * Shows a file's values as markers, numbered for an edit or unnumbered for `decrypt -e`. The buffer is read back before it is
 * handed out: a plaintext that would not survive where it stands is shown as base64.
 */
export function showBuffer(
  tokens: readonly Token[],
  plaintextOf: PlaintextOf,
  style: 'numbered' | 'unnumbered',
): EditBuffer {
  const entries = new Map<number, BufferEntry>();
  for (const value of tokens) {
    const plaintext = value.kind === 'value' ? plaintextOf(value) : undefined;
    if (value.kind === 'value' && plaintext) entries.set(entries.size + 1, { value, plaintext });
  }
  const ids = new Map([...entries].map(([id, { value }]) => [value as Token, id]));
  const show = (numbered: boolean, fragile: ReadonlySet<number>) =>
    tokens
      .map((token) => {
        const id = ids.get(token);
        const entry = id === undefined ? undefined : entries.get(id);
        if (id === undefined || entry === undefined) return token.text;
        const { tag, layout } = entry.value;
        const marker = {
          id: numbered ? id : undefined,
          tag,
          plaintext: entry.plaintext,
          blockIndent: layout.blockIndent,
        };
        return renderMarker(marker, { asBase64: fragile.has(id) });
      })
      .join('');
  const fragile = notReadBack(show(true, new Set()), entries);
  return { text: show(style === 'numbered', fragile), entries };
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
      const fault =
        entry === undefined ? 'stands for no value of this file' : used.has(token.id) ? 'is used twice' : undefined;
      if (fault)
        problems.push({
          line: token.line,
          message: `number ${token.id} ${fault}: for a new value leave the number and its parentheses out`,
        });
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
  const moved = old.wrapping !== undefined && blockIndent !== undefined && old.blockIndent !== undefined;
  return { blockIndent, wrapping: moved ? { ...old.wrapping, separator: `\n${blockIndent}` } : undefined };
}

function rulesFor(entries: EditBuffer['entries'], knownTags: readonly string[]) {
  return { knownTags, mayCrossLines: (id: number) => entries.get(id)?.plaintext.includes(0x0a) === true };
}

function notReadBack(buffer: string, entries: EditBuffer['entries']): ReadonlySet<number> {
  const knownTags = [...new Set(Array.from(entries.values(), ({ value }) => value.tag))];
  const { tokens } = scanBuffer(buffer, rulesFor(entries, knownTags));
  const fragile = new Set(entries.keys());
  for (const token of tokens) {
    const entry = token.kind === 'marker' && token.id !== undefined ? entries.get(token.id) : undefined;
    if (token.kind === 'marker' && token.id !== undefined && entry && isUnchanged(token, entry)) {
      if (token.blockIndent === entry.value.layout.blockIndent) fragile.delete(token.id);
    }
  }
  return fragile;
}
