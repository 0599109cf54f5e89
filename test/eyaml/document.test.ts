import { expect, test } from 'vitest';
import { parseYaml, readMapping } from '../../src/eyaml/document.js';

test.each([
  ['a key and its value', 'profile::db: HERE', 'profile::db'],
  ['nested mappings and lists', 'a:\n  b:\n    - 1\n    - c: HERE\n', 'a.b[1].c'],
  ['flow collections', 'a: { b: [1, x HERE] }', 'a.b[1]'],
  ['a key', 'a:\n  HERE: 1\n', 'a.HERE'],
  ['a block scalar', 'a: >\n  one\n  HERE\n', 'a'],
  ['quotes folded over lines', 'a: "one\n  HERE"\n', 'a'],
  ['a list at the top', '- 1\n- HERE\n', '[1]'],
  ['a second document', 'a: 1\n---\nb: HERE\n', 'b'],
  ['equal keys', 'a: 1\na: HERE\n', 'a'],
  ['CRLF', 'a: 1\r\nb:\r\n  c: HERE\r\n', 'b.c'],
  ['a key that is no scalar', '? [1]\n: HERE\n', '?'],
  ['a comment', 'a: 1 # HERE\n', undefined],
  ['a lone scalar', 'HERE', undefined],
  ['a template', 'a: <%= b %>: {{\n  HERE\n', undefined],
])('the key path in %s', async (_, text, path) => {
  const { keyPathAt } = await parseYaml(text);
  expect(keyPathAt(text.indexOf('HERE'))).toBe(path);
});

test.each(['', 'a: 1\na: 2\n', 'a: >\n  text\n', '---\n', 'a: 1\n---\nb: 2\n'])('no fault in %j', async (text) => {
  expect((await parseYaml(text)).faults).toEqual([]);
});

test.each([
  ['a: &x 1\nb: *x\nc: &y {d: 1}\n*y : &z\ne: [*y, *z]\n', []],
  ['&k a: 1\nb: *k\n? [&s 1]\n: *s\n', []],
  ['a: *x\nb: &x 1\n', [3]],
  ['a: &x 1\n---\nb: *x\n', [15]],
])('aliases without an anchor in %j', async (text, looseAliases) => {
  expect(await parseYaml(text)).toMatchObject({ faults: [], looseAliases });
});

test('a fault is told by offset and reason, without a part of the text', async () => {
  const [fault] = (await parseYaml('a: 1\nb: "secret\n')).faults;
  expect(fault?.offset).toBeGreaterThanOrEqual(5);
  expect(fault?.reason).toMatch(/^[a-z ]+$/);
  expect(fault?.reason).not.toContain('secret');
});

test('a fault in a later document is found', async () => {
  expect((await parseYaml('a: 1\n---\n]\n')).faults[0]?.offset).toBe(9);
});

test.each([
  [
    'a mapping',
    '# x\na: 1\n\nb: [x]\n',
    new Map<string, unknown>(Object.entries({ a: { value: 1, line: 2 }, b: { value: ['x'], line: 4 } })),
  ],
  ['no text', '', new Map<string, unknown>()],
  ['a comment', '# none\n', new Map<string, unknown>()],
  ['a list', '- 1\n', undefined],
  ['a scalar', 'text\n', undefined],
  ['invalid YAML', 'a: [\n', undefined],
])('%s is read', async (_, text, mapping) => {
  expect(await readMapping(text)).toEqual(mapping);
});
