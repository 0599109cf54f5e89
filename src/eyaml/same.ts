import type { KeyPath } from './key-path.js';
import { indexOf } from './locate.js';
import type { Outline, OutlineNode } from './outline.js';

/** What stands at a key path; undefined if there is nothing, or it is inside an alias. */
export function nodeAt(node: OutlineNode | undefined, path: KeyPath): OutlineNode | undefined {
  const [part, ...rest] = path;
  if (part === undefined || node === undefined) return node;
  if (node.kind === 'list') return nodeAt(node.items[indexOf(part) ?? -1], rest);
  return node.kind === 'map' ? nodeAt(node.entries.find(({ key }) => key === part)?.value, rest) : undefined;
}

/** Whether two texts have the same documents, but for what stands in the first one of each at a key path, if it is there. */
export function areSameBut(
  before: Outline,
  after: Outline,
  pathBefore: KeyPath,
  pathAfter: KeyPath | undefined,
): boolean {
  if (after.faults.length > 0) return false;
  const [first, ...others] = before.documents;
  const [changed, ...otherChanged] = after.documents;
  const shapes = [without(first, pathBefore), ...others].map(shapeOf);
  const changedShapes = [pathAfter ? without(changed, pathAfter) : changed, ...otherChanged].map(shapeOf);
  return JSON.stringify(shapes) === JSON.stringify(changedShapes);
}

function without(node: OutlineNode | undefined, path: KeyPath): OutlineNode | undefined {
  const [part, ...rest] = path;
  if (part === undefined || node === undefined) return undefined;
  const isLast = rest.length === 0;
  if (node.kind === 'list') {
    const wanted = indexOf(part);
    const items = node.items.flatMap((item, i) =>
      i === wanted ? (isLast ? [] : (without(item, rest) ?? [])) : [item],
    );
    return { ...node, items };
  }
  if (node.kind !== 'map') return node;
  const entries = node.entries.flatMap((entry) =>
    entry.key !== part ? [entry] : isLast ? [] : [{ ...entry, value: without(entry.value, rest) }],
  );
  return { ...node, entries };
}

// What a node says, and nothing about its place or style.
function shapeOf(node: OutlineNode | undefined): unknown {
  if (node === undefined) return undefined;
  const { kind, anchor, tag } = node;
  if (kind === 'alias') return [kind, node.name];
  if (kind === 'scalar') return [kind, anchor, tag, typeof node.value, String(node.value)];
  if (kind === 'list') return [kind, anchor, tag, node.items.map(shapeOf)];
  return [kind, anchor, tag, node.entries.map(({ key, value }) => [key, shapeOf(value)])];
}
