import type { Methods } from '../context/methods.js';
import { keptText, type NewValue, type ReadBuffer } from '../eyaml/buffer.js';
import { parseYaml } from '../eyaml/document.js';
import { normalizeText } from '../eyaml/lines.js';
import { createEyamlText } from '../eyaml/text.js';
import type { ValueToken } from '../eyaml/token.js';
import { openAll } from './open-all.js';

type Pieces = ReadBuffer['pieces'];

/**
 * Finds which markers of a new text are unchanged values of an old one: those with the same method and plaintext, at the same key path
 * or, if there is none, elsewhere. Each old value is used once. Values that cannot be opened are no one's.
 *
 * @returns the pieces, with the old value in place of each such marker.
 * @throws {@link EyamlError} for what prevents all values from being opened.
 */
export async function piecesOnto(
  pieces: Pieces,
  onto: { readonly text: string; readonly name: string },
  { encryptors, untagged }: Methods,
): Promise<Pieces> {
  const markers = pieces.filter((piece) => piece.kind === 'new');
  if (markers.length === 0) return pieces;
  const tags = new Set(markers.map(({ marker }) => marker.tag));
  const old = createEyamlText(normalizeText(onto.text).text, untagged);
  const plaintextOf = await openAll(old, onto.name, encryptors, {
    isWanted: (token) => token.kind === 'value' && tags.has(token.tag),
    onKept: () => undefined,
  });
  const oldPathAt = (await old.yaml()).keyPathAt;
  const newPathOf = await pathsOf(pieces);
  const unused = new Set(old.values.filter((value) => plaintextOf(value) !== undefined));
  const kept = new Map<NewValue, ValueToken>();
  const take = (piece: NewValue, isIt: (value: ValueToken) => boolean) => {
    const { tag, plaintext } = piece.marker;
    const isSame = (value: ValueToken) =>
      value.tag === tag && Buffer.compare(plaintextOf(value) ?? NONE, plaintext) === 0;
    const found = [...unused].find((value) => isSame(value) && isIt(value));
    if (found === undefined) return;
    unused.delete(found);
    kept.set(piece, found);
  };
  for (const piece of markers) {
    const path = newPathOf.get(piece);
    if (path !== undefined) take(piece, ({ offset }) => oldPathAt(offset) === path);
  }
  for (const piece of markers) if (!kept.has(piece)) take(piece, () => true);
  return pieces.map((piece) => {
    const value = piece.kind === 'new' ? kept.get(piece) : undefined;
    if (piece.kind === 'text' || value === undefined) return piece;
    return { kind: 'text', text: keptText(piece.marker, value), line: piece.marker.line, value };
  });
}

const NONE = new Uint8Array();

// The key paths at which markers stand, in the YAML that the text is with a word in place of each.
async function pathsOf(pieces: Pieces): Promise<ReadonlyMap<NewValue, string | undefined>> {
  const { keyPathAt } = await parseYaml(pieces.map((piece) => (piece.kind === 'text' ? piece.text : 'x')).join(''));
  const paths = new Map<NewValue, string | undefined>();
  let offset = 0;
  for (const piece of pieces) {
    if (piece.kind === 'new') paths.set(piece, keyPathAt(offset));
    offset += piece.kind === 'text' ? piece.text.length : 1;
  }
  return paths;
}
