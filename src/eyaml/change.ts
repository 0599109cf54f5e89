import { EyamlError } from '../errors.js';
import { shownKeyPath, type KeyPath } from './key-path.js';
import { asWritten, indexOf, isEmpty, locate, notFound, unusable, type Located, type Wanted } from './locate.js';
import { canBeNew, habitsOf, type NewScalar } from './nested.js';
import { outlineOf, type OutlineNode } from './outline.js';
import { waysToWrite, type Edit } from './places.js';
import { waysToRemove } from './removal.js';
import { renderValue } from './render.js';
import { areSameBut, nodeAt } from './same.js';
import { scan, type UntaggedTag } from './scan.js';
import { createEyamlText, type EyamlText } from './text.js';
import type { ValueToken } from './token.js';

/** A place for a value in a text. */
export interface Place {
  readonly wanted: Wanted;
  readonly located: Located;
  /** The value that is all that the scalar there holds. */
  readonly value: ValueToken | undefined;
}

/**
 * Finds the place of a value to write.
 *
 * @throws {@link EyamlError} `YAML_INVALID`, `KEY_UNUSABLE`.
 */
export async function placeOf({ text, values, untagged }: EyamlText, file: string, path: KeyPath): Promise<Place> {
  const wanted: Wanted = { file, text, outline: await outlineOf(text), path, purpose: 'change' };
  const located = locate(wanted);
  if (located.kind === 'missing') {
    checkNew(wanted, located);
    return { wanted, located, value: undefined };
  }
  const { node } = located;
  if (node?.tag !== undefined && node.tag !== STRING)
    throw unusable(wanted, path.length, 'has a YAML tag (!…): an encrypted value is a string');
  const [value, ...others] = values.filter(({ offset }) => node && node.start <= offset && offset < node.end);
  return {
    wanted,
    located,
    value: value && others.length === 0 && isAll(node?.value, value, untagged) ? value : undefined,
  };
}

const STRING = 'tag:yaml.org,2002:str';

/**
 * Writes an encrypted value at its place and nothing else: the new text is read again, and has to be the same document but for the
 * value. A value that is there keeps its style.
 *
 * @throws {@link EyamlError} `KEY_UNUSABLE` if that is not possible.
 */
export async function writeValue(eyaml: EyamlText, place: Place, value: NewScalar): Promise<string> {
  const { wanted, located } = place;
  const { path, text, outline } = wanted;
  const changedAt = changedDepth(located, path);
  const isRight = (changed: string) => isChangedOnly(eyaml, place, changedAt, changed, value);
  if (place.value && (!value.block || place.value.layout.blockIndent !== undefined)) {
    const written = renderValue(value.tag, value.payload, place.value.layout);
    const changed = await eyaml.splice(new Map([[place.value, written]]));
    if (await isRight(changed)) return changed;
  }
  const outlined = { text, outline, habits: habitsOf(text, outline.documents[0]) };
  for (const edit of waysToWrite(outlined, path, located, value)) {
    const changed = applied(text, edit);
    if (await isRight(changed)) return changed;
  }
  throw noWay(wanted, value.block ? ['without --block there may be a place for it', BY_HAND] : [BY_HAND]);
}

/**
 * Takes a key, or an item of a list, away, and nothing else; a mapping or list that becomes empty stays.
 *
 * @throws {@link EyamlError} `KEY_NOT_FOUND`, `KEY_UNUSABLE`.
 */
export async function removeValue({ text }: EyamlText, file: string, path: KeyPath): Promise<string> {
  const outline = await outlineOf(text);
  const wanted: Wanted = { file, text, outline, path, purpose: 'change' };
  const located = locate(wanted);
  if (located.kind === 'missing') throw notFound(wanted, located);
  const { holder, index } = located;
  if (holder?.kind !== 'map' && holder?.kind !== 'list') throw unusable(wanted, 0, 'is a single value, not a mapping');
  for (const edit of waysToRemove(text, holder, index)) {
    const changed = applied(text, edit);
    const after = await outlineOf(changed);
    if (areSameBut(outline, after, path, undefined)) return changed;
  }
  throw noWay(wanted, [BY_HAND]);
}

const BY_HAND = 'change it with "eyaml edit"';

function noWay(wanted: Wanted, suggestions: readonly string[]): EyamlError {
  return unusable(wanted, wanted.path.length, 'cannot be changed without changing something else', suggestions);
}

function applied(text: string, { start, end, text: written }: Edit): string {
  return text.slice(0, start) + written + text.slice(end);
}

function checkNew(wanted: Wanted, { parent, depth }: Located & { kind: 'missing' }): void {
  const { path, file } = wanted;
  const written = asWritten(parent, path, depth);
  if (written !== undefined) throw notFound(wanted, { parent, depth });
  const rest = path.slice(depth);
  const listLength = parent?.kind === 'list' ? parent.items.length : undefined;
  if (canBeNew(rest, listLength)) return;
  if (listLength !== undefined && indexOf(rest[0]) !== listLength) {
    throw unusable(wanted, depth, `has ${listLength === 1 ? '1 item' : `${listLength} items`}`, [
      `the next one is ${shownKeyPath([...path.slice(0, depth), listLength])}`,
    ]);
  }
  throw new EyamlError('KEY_NOT_FOUND', `there is no key ${shownKeyPath(path)} in ${file}`, {
    suggestions: ['a new list starts with [0]; a new key has a text'],
  });
}

// How many parts of the path lead to what changes: a scalar, the first key that is missing, or a null where a mapping comes.
function changedDepth(located: Located, path: KeyPath): number {
  if (located.kind === 'scalar') return path.length;
  const { parent, depth } = located;
  return parent === undefined || isEmpty(parent) ? depth : depth + 1;
}

async function isChangedOnly(
  { untagged }: EyamlText,
  { wanted: { path, outline } }: Place,
  changedAt: number,
  changed: string,
  value: NewScalar,
): Promise<boolean> {
  const at = path.slice(0, changedAt);
  const after = await outlineOf(changed);
  const node = nodeAt(after.documents[0], at);
  if (!areSameBut(outline, after, at, at) || !isNested(node, path.slice(changedAt), value, untagged)) return false;
  const eyaml = createEyamlText(changed, untagged);
  const hidden = await eyaml.passedOver();
  return eyaml.values.some((token) => token.payload === value.payload && !hidden.has(token));
}

function isNested(node: OutlineNode | undefined, path: KeyPath, value: NewScalar, untagged: UntaggedTag): boolean {
  const [part, ...rest] = path;
  if (part === undefined) return node?.kind === 'scalar' && isAll(node.value, value, untagged);
  if (node?.kind === 'list')
    return node.items.length === 1 && part === 0 && isNested(node.items[0], rest, value, untagged);
  if (node?.kind !== 'map' || node.entries.length !== 1) return false;
  const [entry] = node.entries;
  return entry?.key === part && isNested(entry.value, rest, value, untagged);
}

function isAll(loaded: unknown, { tag, payload }: Pick<ValueToken, 'tag' | 'payload'>, untagged: UntaggedTag): boolean {
  const [value, ...others] = typeof loaded === 'string' ? scan(loaded.trim(), untagged) : [];
  return value?.kind === 'value' && others.length === 0 && value.tag === tag && value.payload === payload;
}
