import { expect, test } from 'vitest';
import { readGlob } from '../../src/recipients/glob.js';

const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['*-production.yaml', ['a-production.yaml', '.x-production.yaml'], ['sub/a-production.yaml', 'a-production.yml']],
  ['**/*.yaml', ['a.yaml', 'x/a.yaml', 'x/y/.a.yaml'], ['a.yml', 'xa.yaml/b']],
  ['nodes/db*.yaml', ['nodes/db1.yaml', 'nodes/db.yaml'], ['nodes/x/db1.yaml', 'old/nodes/db1.yaml', 'nodes-db1.yaml']],
  ['nodes/**', ['nodes/a', 'nodes/x/y'], ['nodes', 'a/nodes/b']],
  ['a/**/b', ['a/b', 'a/x/b', 'a/x/y/b'], ['ab', 'a/xb', 'a/b/c']],
  ['a**b', ['ab', 'axxb'], ['a/b']],
  ['?.yaml', ['a.yaml', 'é.yaml', '😀.yaml'], ['ab.yaml', '.yaml']],
  ['[a-c]x[!0-9]', ['axz', 'cx-'], ['dxz', 'ax1', 'ax/']],
  ['[]x]', [']', 'x'], ['[]']],
  ['[x', ['[x'], ['x']],
  ['{db,web}-{a,b}.yaml', ['db-a.yaml', 'web-b.yaml'], ['db-.yaml', '{db,web}-a.yaml']],
  ['{a,{b,c}d}', ['a', 'bd', 'cd'], ['b', 'ad']],
  ['{x}', ['{x}'], ['x']],
  [String.raw`\*\[a\]`, ['*[a]'], ['x[a]', '*a']],
  ['a.b+(c)', ['a.b+(c)'], ['axb+(c)', 'a.bb(c)']],
];

test.each(CASES)('%s matches %j, and not %j', (pattern, matching, others) => {
  const matches = readGlob(pattern);
  expect(matching.filter((path) => !matches?.(path))).toEqual([]);
  expect(others.filter((path) => matches?.(path))).toEqual([]);
});

test('a pattern made to be slow is not', () => {
  const matches = readGlob(`${'*a'.repeat(400)}b`);
  expect(matches?.('a'.repeat(4000))).toBe(false);
});

test('too many alternatives, and too long a pattern, are refused', () => {
  expect(readGlob('{a,b}'.repeat(12))).toBeUndefined();
  expect(readGlob('a'.repeat(1001))).toBeUndefined();
});
