import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllDocuments, type Pair, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { placeOf, removeValue, writeValue } from '../../src/eyaml/change.js';
import { formatKeyPath, parseKeyPath, type KeyPath } from '../../src/eyaml/key-path.js';
import { createEyamlText } from '../../src/eyaml/text.js';
import { EyamlError, hasCode } from '../../src/errors.js';
import { fakePayload } from './documents.js';
import { anyDocument, anyKey, partsOf } from './random-yaml.js';

const RUNS = { numRuns: 1000 };

type Loaded = Map<unknown, unknown> | unknown[];
const load = (text: string): unknown[] =>
  parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw new Error(`not valid: ${text}`);
    return document.toJS({ mapAsMap: true }) as unknown;
  });
const keyOf = (map: Map<unknown, unknown>, part: unknown) =>
  [...map.keys()].find((key) => String(key) === String(part)) ?? part;

function at(content: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (node, part) =>
      Array.isArray(node)
        ? node[Number(part)]
        : (node as Map<unknown, unknown>).get(keyOf(node as Map<unknown, unknown>, part)),
    content,
  );
}

/** Sets what a path leads to, with its parents; undefined takes it away. */
function put(content: unknown, [part, ...rest]: KeyPath, value: string | undefined): unknown {
  if (part === undefined) return value;
  const node = (content ?? (typeof part === 'number' ? [] : new Map())) as Loaded;
  if (Array.isArray(node)) {
    if (rest.length === 0 && value === undefined) return node.filter((_, i) => i !== part);
    node[Number(part)] = put(node[Number(part)], rest, value);
    return node;
  }
  const key = keyOf(node, part);
  if (rest.length === 0 && value === undefined) node.delete(key);
  else node.set(key, put(node.get(key), rest, value));
  return node;
}

// Mappings with the same entries are equal, in whatever order.
const sorted = (content: unknown): unknown =>
  content instanceof Map
    ? {
        map: [...content]
          .map(([key, value]) => [JSON.stringify(key), sorted(value)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      }
    : Array.isArray(content)
      ? content.map(sorted)
      : content;

const anyPath = fc.array(fc.oneof({ weight: 4, arbitrary: anyKey }, { weight: 1, arbitrary: fc.constant(0) }), {
  maxLength: 3,
});
const anyChange = fc.record({
  document: anyDocument,
  which: fc.nat(),
  below: anyPath,
  block: fc.boolean(),
  payload: fc.nat(1000).map((n) => fakePayload(n, 40 + n)),
});

/** The part of a text that a change replaced, as two offsets; what is before and behind it stayed. */
function replaced(before: string, after: string): readonly [number, number] {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start += 1;
  let left = Math.min(before.length, after.length) - start;
  let end = before.length;
  while (left > 0 && before[end - 1] === after[end - 1 + after.length - before.length]) {
    end -= 1;
    left -= 1;
  }
  return [start, end];
}

/** Where a scalar stands, with the rest of its line. */
function placeOfScalar(text: string, path: KeyPath): readonly [number, number] {
  const node = path.reduce<unknown>((node, part) => {
    const { items } = node as YAMLMap | YAMLSeq;
    if (typeof part === 'number') return items[part];
    return (items as Pair[]).find(({ key }) => String((key as Scalar).source) === part)?.value;
  }, parseAllDocuments(text)[0]?.contents);
  const [start = 0, end = 0] = (node as Scalar).range ?? [];
  const lineEnd = text.indexOf('\n', end);
  return [start - 1, lineEnd === -1 ? text.length : lineEnd];
}

test('law: a value that is set changes what the file says at its key, and nothing else', async () => {
  let written = 0;
  await fc.assert(
    fc.asyncProperty(anyChange, async ({ document: { root, text }, which, below, block, payload }) => {
      const parts = partsOf(root);
      const part = parts[which % parts.length] ?? { path: [], node: root };
      const path =
        'text' in part.node
          ? part.path
          : [
              ...part.path,
              ...('list' in part.node ? [part.node.list.length] : [anyNew(part.node.map, below)]),
              ...below,
            ];
      const before = load(text);
      const eyaml = createEyamlText(text);
      let changed: string;
      try {
        changed = await writeValue(eyaml, await placeOf(eyaml, 'f', parseKeyPath(formatKeyPath(path)) ?? []), {
          tag: 'GPG',
          payload,
          block,
        });
      } catch (error) {
        // A key that reads like a path, and a block in a flow collection.
        if (error instanceof EyamlError && (block || error.code === 'KEY_NOT_FOUND')) return;
        throw error;
      }
      written += 1;
      const after = load(changed);
      const loaded = String(at(after[0], path)).replace(/\s/g, '');
      expect(loaded).toBe(`ENC[GPG,${payload}]`);
      before[0] = put(before[0], path, 'new');
      after[0] = put(after[0], path, 'new');
      expect(after.map(sorted)).toEqual(before.map(sorted));
      const [start, end] = replaced(text, changed);
      if (!('text' in part.node)) expect(start).toBe(end);
      else {
        const [from, to] = placeOfScalar(text, path);
        expect([start >= from, end <= to]).toEqual([true, true]);
      }
    }),
    RUNS,
  );
  expect(written).toBeGreaterThan(RUNS.numRuns / 2);
});

function anyNew(map: readonly { readonly key: string }[], [first = 'new']: readonly (string | number)[]): string {
  const taken = new Set(map.map(({ key }) => key));
  let key = String(first);
  while (taken.has(key)) key += 'x';
  return key;
}

test('law: a value that is taken away is gone, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(anyDocument, fc.nat(), async ({ root, text }, which) => {
      const parts = partsOf(root).filter(({ node }) => 'text' in node);
      const part = parts[which % parts.length];
      if (part === undefined) return;
      const before = load(text);
      const removal = removeValue(createEyamlText(text), 'f', parseKeyPath(formatKeyPath(part.path)) ?? []);
      const changed = await removal.catch((error: unknown) => {
        // The comment below would become a line of the block above.
        if (/^ +#/m.test(text) && hasCode(error, 'KEY_UNUSABLE')) return undefined;
        throw error;
      });
      if (changed === undefined) return;
      before[0] = put(before[0], part.path, undefined);
      expect(load(changed).map(sorted)).toEqual(before.map(sorted));
    }),
    RUNS,
  );
});
