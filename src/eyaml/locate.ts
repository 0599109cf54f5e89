import { EyamlError } from '../errors.js';
import { nearest } from '../text/nearest.js';
import { formatKeyPath, parseKeyPath, shownKeyPath, type KeyPath } from './key-path.js';
import { lineCounter } from './lines.js';
import { notYaml } from './not-yaml.js';
import type { Outline, OutlineEntry, OutlineMap, OutlineNode, OutlineScalar } from './outline.js';

/** Where a key path leads to in a text. */
export type Located =
  | {
      readonly kind: 'scalar';
      /** Undefined for a key of a flow mapping without a colon. */
      readonly node: OutlineScalar | undefined;
      /** The mapping or list that holds it; undefined if the document is a single scalar. */
      readonly holder: OutlineNode | undefined;
      /** Its number in the holder. */
      readonly index: number;
    }
  | {
      readonly kind: 'missing';
      /** The mapping or list that lacks it, or an empty scalar; undefined in an empty document. */
      readonly parent: OutlineNode | undefined;
      /** What holds the parent. */
      readonly holder: OutlineNode | undefined;
      /** How many parts of the path are there. */
      readonly depth: number;
    };

/** A key path in a file, for {@link locate} and its errors. */
export interface Wanted {
  readonly file: string;
  readonly text: string;
  readonly outline: Outline;
  readonly path: KeyPath;
  /** To read, what an alias or a merge stands for is found; a change there would have effects elsewhere. */
  readonly purpose: 'read' | 'change';
}

/**
 * Finds where a key path leads to in the first document of a text, the one that Puppet reads.
 *
 * @throws {@link EyamlError} `YAML_INVALID`; `KEY_UNUSABLE` for a key that is there twice, is a mapping or list, or may not be changed.
 */
export function locate(wanted: Wanted): Located {
  const { outline, path } = wanted;
  const [fault] = outline.faults;
  if (fault) throw notYaml(wanted, fault);
  let holder: OutlineNode | undefined;
  let node = through(outline.documents[0], wanted, 0);
  let index = 0;
  for (const [depth, part] of path.entries()) {
    if (node === undefined || isEmpty(node)) return { kind: 'missing', parent: node, holder, depth };
    const child = childOf(node, part, wanted, depth);
    if (child === undefined) return { kind: 'missing', parent: node, holder, depth };
    holder = node;
    index = child.index;
    node = through(child.node, wanted, depth + 1);
  }
  if (node === undefined || node.kind === 'scalar') return { kind: 'scalar', node, holder, index };
  const example = exampleBelow(node, path);
  throw unusable(wanted, path.length, `is a ${node.kind === 'map' ? 'mapping' : 'list'}, not a value`, [
    ...(example === undefined
      ? []
      : [`name one of its ${node.kind === 'map' ? 'keys' : 'items'}: ${shownKeyPath(example)}`]),
  ]);
}

/** The error for a key path that leads to nothing. */
export function notFound(
  { file, outline, path }: Wanted,
  { parent, depth }: { parent?: OutlineNode | undefined; depth: number },
): EyamlError {
  const written = asWritten(parent, path, depth);
  const known = new Map(keysOf(outline.documents[0]).map((key) => [formatKeyPath(key), key]));
  const similar = nearest(formatKeyPath(path), [...known.keys()]);
  const suggestions =
    written !== undefined
      ? [`there is a key ${shownKeyPath([written])}, with quotes: its dots are part of its name`]
      : similar !== undefined
        ? [`did you mean ${shownKeyPath(known.get(similar) ?? [])}?`]
        : [];
  return new EyamlError('KEY_NOT_FOUND', `there is no key ${shownKeyPath(path)} in ${file}`, { suggestions });
}

/** A key that reads like the rest of the path, `a.b` where `a` and then `b` was looked for. */
export function asWritten(parent: OutlineNode | undefined, path: KeyPath, depth: number): string | undefined {
  if (parent?.kind !== 'map') return undefined;
  const rest = path.slice(depth);
  const isRest = (key: string) => {
    const parts = parseKeyPath(key) ?? [];
    return parts.length > 1 && parts.every((part, i) => part === rest[i]);
  };
  return parent.entries.map(({ key }) => key).find((key) => key !== null && isRest(key)) ?? undefined;
}

/** The error for a key that is there and cannot be used; the message goes on after its path. */
export function unusable(
  { file, path }: Pick<Wanted, 'file' | 'path'>,
  depth: number,
  what: string,
  suggestions: readonly string[] = [],
): EyamlError {
  const shown = shownKeyPath(path.slice(0, depth)) || 'the document';
  return new EyamlError('KEY_UNUSABLE', `${shown} in ${file} ${what}`, { suggestions });
}

/** Whether nothing stands there, so that a mapping or list may. */
export function isEmpty(node: OutlineNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

function childOf(node: OutlineNode, part: KeyPath[number], wanted: Wanted, depth: number) {
  if (node.kind === 'scalar') throw unusable(wanted, depth, 'is a value: it has no keys');
  if (node.kind === 'list') {
    const index = indexOf(part);
    if (index === undefined) throw unusable(wanted, depth, 'is a list: name one of its items by its number, [0]');
    return index < node.items.length ? { node: node.items[index], index } : undefined;
  }
  if (node.kind === 'alias') return undefined;
  if (typeof part === 'number') throw unusable(wanted, depth, 'is a mapping: it has keys, not numbers');
  const found = entriesWith(node, part);
  const [entry] = found;
  if (found.length > 1) throw standsTwice(found, wanted, depth + 1);
  if (entry) return { node: entry.value, index: node.entries.indexOf(entry) };
  return merged(node, part, wanted, depth);
}

function standsTwice(found: readonly OutlineEntry[], wanted: Wanted, depth: number): EyamlError {
  const lineAt = lineCounter(wanted.text);
  const lines = found.map(({ start }) => lineAt(start));
  return unusable(
    wanted,
    depth,
    `is there ${found.length === 2 ? 'twice' : `${found.length} times`} (lines ${lines.join(', ')})`,
    ['Puppet uses the last one: remove the others'],
  );
}

// YAML 1.1, which Puppet reads: what `<<` names is part of the mapping.
function merged(node: OutlineMap, part: KeyPath[number], wanted: Wanted, depth: number) {
  for (const { value } of entriesWith(node, '<<')) {
    const sources = value?.kind === 'list' ? value.items : value ? [value] : [];
    for (const source of sources) {
      const map = source.kind === 'alias' ? source.target() : source;
      const entry = map?.kind === 'map' ? entriesWith(map, part)[0] : undefined;
      if (entry === undefined) continue;
      if (wanted.purpose === 'read') return { node: entry.value, index: 0 };
      throw unusable(wanted, depth + 1, 'comes from a merge (<<)', ['change it in the mapping that is merged']);
    }
  }
  return undefined;
}

function through(node: OutlineNode | undefined, wanted: Wanted, depth: number): OutlineNode | undefined {
  if (node === undefined) return node;
  if (node.kind === 'alias') {
    if (wanted.purpose === 'change')
      throw unusable(wanted, depth, `is an alias (*${node.name})`, [`change it where its anchor is (&${node.name})`]);
    const target = node.target();
    if (target === undefined) throw unusable(wanted, depth, 'is an alias without an anchor');
    return through(target, wanted, depth);
  }
  if (node.anchor !== undefined && wanted.purpose === 'change')
    throw unusable(wanted, depth, `has an anchor (&${node.anchor}): a change would show at other places too`, [
      '"eyaml edit" can change it',
    ]);
  return node;
}

function entriesWith({ entries }: OutlineMap, part: KeyPath[number]): readonly OutlineEntry[] {
  return part === null ? [] : entries.filter(({ key }) => key === part);
}

/** The number of a list's item, which Hiera also writes `.0`. */
export function indexOf(part: KeyPath[number] | undefined): number | undefined {
  if (typeof part === 'number') return part;
  return typeof part === 'string' && /^(?:0|[1-9]\d{0,14})$/.test(part) ? Number(part) : undefined;
}

function exampleBelow(node: OutlineNode, path: KeyPath): KeyPath | undefined {
  if (node.kind === 'list') return node.items.length > 0 ? [...path, 0] : undefined;
  const key = node.kind === 'map' ? node.entries.find(({ key }) => key !== null)?.key : undefined;
  return key === undefined ? undefined : [...path, key];
}

function keysOf(node: OutlineNode | undefined, path: KeyPath = []): readonly KeyPath[] {
  if (node?.kind === 'list') return node.items.flatMap((item, i) => keysOf(item, [...path, i]));
  if (node?.kind !== 'map') return [path];
  return node.entries.flatMap(({ key, value }) => keysOf(value, [...path, key]));
}
