import pLimit from 'p-limit';
import type { Context } from '../context/context.js';
import { requireEncryptor, type Methods } from '../context/methods.js';
import type { Sealer } from '../encryptors/encryptor.js';
import { EyamlError } from '../errors.js';
import { readBuffer, renderNewValue, type BufferEntry, type NewValue, type ReadBuffer } from '../eyaml/buffer.js';
import { normalizeText } from '../eyaml/lines.js';
import type { MarkerProblem } from '../eyaml/markers.js';
import { renderValue } from '../eyaml/render.js';
import { scan, type UntaggedTag } from '../eyaml/scan.js';
import { joinPieces, type Joined } from '../eyaml/text.js';
import { isValue, type ValueToken } from '../eyaml/token.js';
import { isYamlAroundMarkers, yamlProblem } from '../eyaml/validity.js';
import { newReaders, type OnNewReaders } from './new-readers.js';
import { piecesOnto } from './onto.js';

/** The forms in which `encrypt` prints a value; `raw` is `string` and a line end. */
export type OutputForm = 'examples' | 'block' | 'string' | 'raw';

// More than the number of cores would only keep plaintexts in memory for longer.
const AT_ONCE = 4;

/** Encrypts a plaintext and returns the base64 that goes into `ENC[TAG,…]`. */
export async function encryptValue(plaintext: Uint8Array, sealer: Sealer): Promise<string> {
  return base64(await sealer.encrypt(plaintext));
}

/**
 * Encrypts a plaintext for the recipients of `target`, with the method for new values there.
 *
 * @param target - the file that the value is for; it need not exist.
 * @returns `ENC[TAG,…]` on one line.
 */
export async function encryptText(plaintext: Uint8Array, target: string, context: Context): Promise<string> {
  const encryptor = await context.encryptorForNew(target);
  return formatValue(encryptor.tag, await encryptValue(plaintext, await encryptor.prepare(target)), 'string');
}

/** The text that `encrypt` prints for a value: hiera-eyaml's string form, its block form, or both as examples to copy from. */
export function formatValue(tag: string, payload: string, form: OutputForm, label?: string): string {
  const text = (name: string | undefined) =>
    `${name === undefined ? '' : `${name}: `}${renderValue(tag, payload, STRING)}`;
  const block = (name: string | undefined) =>
    `${name === undefined ? '' : `${name}: >\n`}  ${renderValue(tag, payload, BLOCK)}`;
  if (form === 'string') return text(label);
  if (form === 'raw') return `${text(label)}\n`;
  if (form === 'block') return `${block(label)}\n`;
  return `${text(label ?? 'string')}\n\nOR\n\n${block(label ?? 'block')}\n`;
}

const STRING = { blockIndent: undefined, wrapping: undefined };
const BLOCK = { blockIndent: '  ', wrapping: undefined };

/** Where a text with markers comes from and where it goes. */
export interface MarkedText {
  /** For messages. */
  readonly name: string;
  /** The file, whose recipients its values are for. */
  readonly target: string;
  /** What the file held before: a value whose plaintext did not change keeps its ciphertext. */
  readonly onto?: { readonly text: string; readonly name: string } | undefined;
}

/**
 * Turns the markers of a text into encrypted values for the recipients of `target`.
 *
 * @param onNewReaders - called with the readers who cannot read the values that are already in the text.
 * @throws {@link EyamlError} `MARKER_INVALID` that lists everything in the text that looks like a marker but is not valid, or says where
 * the values would break the YAML around them.
 */
export async function encryptMarkers(
  text: string,
  { name, target, onto }: MarkedText,
  methods: Methods,
  onNewReaders: OnNewReaders = () => Promise.resolve(),
): Promise<string> {
  const { encryptors, untagged } = methods;
  const normalized = normalizeText(text);
  // Everything in the file stays as it is, except markers.
  const shown = { text: normalized.text, entries: NO_ENTRIES };
  const read = readBuffer(normalized.text, shown, [...encryptors.keys()]);
  if (read.problems.length > 0) throw markersInvalid(name, read.problems);
  const pieces = onto ? await piecesOnto(read.pieces, onto, methods) : read.pieces;
  const values = scan(onto ? normalizeText(onto.text).text : normalized.text, untagged).filter(isValue);
  const sealerFor = async (tag: string) => {
    const sealer = await requireEncryptor(encryptors, tag).prepare(target);
    const readers = newReaders(
      values.filter((value) => value.tag === tag),
      sealer,
    );
    if (readers.length > 0) await onNewReaders(readers, tag);
    return sealer;
  };
  const filled = await fillBuffer({ pieces }, sealerFor, { untagged });
  const broken = (await isYamlAroundMarkers(read.pieces)) ? await yamlProblem(pieces, filled) : undefined;
  if (broken) throw markersInvalid(name, [broken], ['put the marker in double quotes, or under "key: >"']);
  return normalized.restore(filled.whole.text);
}

function markersInvalid(name: string, found: readonly MarkerProblem[], suggestions: readonly string[] = []) {
  const problems = found.map(({ line, message }) => ({ place: { file: name, line }, message }));
  return new EyamlError('MARKER_INVALID', `cannot encrypt the markers of ${name}`, { problems, suggestions });
}

const NO_ENTRIES: ReadonlyMap<number, BufferEntry> = new Map();

/** What is known about the file of a buffer. */
export interface FileRules {
  /** The method of a value without a tag. */
  readonly untagged?: UntaggedTag | undefined;
  /** The values in it that Puppet did not see. */
  readonly passedOver?: ReadonlySet<ValueToken>;
}

/**
 * Encrypts the new values of a buffer that was read without problems.
 *
 * @param sealerFor - called once for each method, one after the other, before anything is encrypted.
 * @returns the new text of each piece of the buffer, and of the whole file.
 */
export async function fillBuffer(
  { pieces }: Pick<ReadBuffer, 'pieces'>,
  sealerFor: (tag: string) => Promise<Sealer>,
  { untagged, passedOver }: FileRules = {},
): Promise<Joined> {
  const sealers = new Map<string, Sealer>();
  for (const piece of pieces) {
    if (piece.kind === 'text' || sealers.has(piece.marker.tag)) continue;
    sealers.set(piece.marker.tag, await sealerFor(piece.marker.tag));
  }
  const limit = pLimit(AT_ONCE);
  const encrypt = async (piece: NewValue) => {
    const { tag, plaintext } = piece.marker;
    const sealer = sealers.get(tag) ?? (await sealerFor(tag));
    return renderNewValue(piece, base64(await sealer.encrypt(plaintext)));
  };
  const texts = await Promise.all(
    pieces.map(async (piece) => (piece.kind === 'text' ? piece.text : limit(() => encrypt(piece)))),
  );
  // A value that Puppet did not see keeps its bytes. A value that Puppet saw must stay visible, even if the header above it changed.
  const isNew = (piece: ReadBuffer['pieces'][number]) =>
    piece.kind === 'new' || ('value' in piece && passedOver?.has(piece.value) !== true);
  return joinPieces(
    pieces.map((piece, i) => ({ text: texts[i] ?? '', isNew: isNew(piece) })),
    untagged,
  );
}

function base64(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64');
}
