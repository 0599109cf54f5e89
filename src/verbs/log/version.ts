import { randomBytes } from 'node:crypto';
import { parseYaml } from '../../eyaml/document.js';
import { formatKeyPath, shownKeyPath, type KeyPath } from '../../eyaml/key-path.js';
import { normalizeText } from '../../eyaml/lines.js';
import { scan, type UntaggedTag } from '../../eyaml/scan.js';
import { idOf, isValue, type ValueToken } from '../../eyaml/token.js';
import { groupBy } from '../../text/group-by.js';
import { decodeUtf8 } from '../../text/utf8.js';

/** A value, or the text before, between or after values in one scalar. */
export type Part = string | ValueToken;

/** What stands at a key: a scalar with at least one value. */
export interface Slot {
  readonly path: KeyPath;
  readonly parts: readonly Part[];
}

/** A version of a file: its slots by the printed form of their keys. Values in comments have the empty key. */
export interface Version {
  readonly isYaml: boolean;
  readonly slots: ReadonlyMap<string, Slot>;
}

/** A file that is not there. */
export const NO_FILE: Version = { isYaml: true, slots: new Map() };

/** Reads versions of a file. */
export type VersionReader = (octets: Uint8Array) => Promise<Version>;

/** Where the values of a text are: for each slot its key, and the text and numbers of values in it. */
interface Shape {
  readonly isYaml: boolean;
  readonly slots: readonly { readonly path: KeyPath; readonly parts: readonly (string | number)[] }[];
}

// For as many files at once; a file with other text in each version must not fill the memory.
const MOST_SHAPES = 500;

/**
 * Makes a reader for versions of files. Most of them differ only in their ciphertexts: these are replaced by numbers before the YAML is
 * parsed, so that it is parsed once for all such versions, and is short.
 */
export function createVersionReader(untagged?: UntaggedTag): VersionReader {
  // Nothing in a file may look like one of these.
  const mark = randomBytes(8).toString('hex');
  const shapes = new Map<string, Promise<Shape>>();
  return async (octets) => {
    const decoded = decodeUtf8(octets);
    const { text } = normalizeText(decoded ?? Buffer.from(octets).toString('latin1'));
    const tokens = scan(text, untagged);
    const values = tokens.filter(isValue);
    let number = 0;
    const short = tokens.map((token) => (isValue(token) ? `ENC[${mark}${number++}]` : token.text)).join('');
    const shape = shapes.get(short) ?? shapeOf(short, mark, decoded !== undefined);
    shapes.set(short, shape);
    const [oldest = ''] = shapes.keys();
    if (shapes.size > MOST_SHAPES) shapes.delete(oldest);
    return versionOf(await shape, values);
  };
}

async function shapeOf(short: string, mark: string, isText: boolean): Promise<Shape> {
  const { faults, spanAt } = await parseYaml(short);
  const found = Array.from(short.matchAll(new RegExp(`ENC\\[${mark}(\\d+)\\]`, 'g')), (match) => ({
    number: Number(match[1]),
    span: spanAt(match.index),
  }));
  const slots = [...groupBy(found, ({ span }) => span)].map(([span, values]) => ({
    path: span?.path ?? [],
    parts: span ? partsOf(chomped(String(span.value)), mark) : values.map(({ number }) => number),
  }));
  return { isYaml: isText && faults.length === 0, slots };
}

function partsOf(scalar: string, mark: string): readonly (string | number)[] {
  const pieces = scalar.split(new RegExp(`ENC\\[${mark}(\\d+)\\]`));
  return pieces.map((piece, i) => (i % 2 === 1 ? Number(piece) : piece)).filter((part) => part !== '');
}

// Whether a value is in a block or on one line, Puppet sees the same.
function chomped(scalar: string): string {
  return scalar.replace(/\r?\n$/, '');
}

function versionOf({ isYaml, slots }: Shape, values: readonly ValueToken[]): Version {
  // A key that is there twice, and all comments, count as one.
  const byKey = groupBy(slots, ({ path }) => formatKeyPath(path));
  return {
    isYaml,
    slots: new Map(
      [...byKey].map(([key, group]) => {
        const parts = group.flatMap(({ parts }) =>
          parts.map((part): Part => (typeof part === 'number' ? (values[part] ?? '') : part)),
        );
        return [key, { path: group[0]?.path ?? [], parts }];
      }),
    ),
  };
}

/** Whether two slots have the same ciphertexts and the same text around them, or neither is there. */
export function isSameSlot(one: Slot | undefined, other: Slot | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.parts.length === other.parts.length && one.parts.every((part, i) => isSamePart(part, other.parts[i]));
}

function isSamePart(one: Part, other: Part | undefined): boolean {
  if (typeof one === 'string' || typeof other === 'string' || other === undefined) return one === other;
  return idOf(one) === idOf(other);
}

/** The values of a slot. */
export function valuesOf(slot: Slot | undefined): readonly ValueToken[] {
  return (slot?.parts ?? []).filter((part) => typeof part !== 'string');
}

/** A key for people and programs; null for a place without one, such as a comment. */
export function keyOf({ path }: Pick<Slot, 'path'>): string | null {
  return shownKeyPath(path) || null;
}
