import { expect, test } from 'vitest';
import { placeOf, removeValue, writeValue } from '../../src/eyaml/change.js';
import { parseKeyPath } from '../../src/eyaml/key-path.js';
import { createEyamlText } from '../../src/eyaml/text.js';
import { eyamlErrorOf } from '../helpers/errors.js';

const ENC = 'ENC[GPG,bmV3]';
const path = (key: string) => parseKeyPath(key) ?? [];

async function set(text: string, key: string, block = false, payload = 'bmV3'): Promise<string> {
  const eyaml = createEyamlText(text);
  return writeValue(eyaml, await placeOf(eyaml, 'f', path(key)), { tag: 'GPG', payload, block });
}
const unset = (text: string, key: string) => removeValue(createEyamlText(text), 'f', path(key));

test.each<readonly [string, string, string, string]>([
  ['into an empty file', '', 'a::b', `a::b: ${ENC}\n`],
  ['into a new file', '---\n', 'a', `---\na: ${ENC}\n`],
  ['into a file with a comment', '---\n# note\n', 'a', `---\n# note\na: ${ENC}\n`],
  ['at the end', '---\na: 1\n# end\n', 'b', `---\na: 1\n# end\nb: ${ENC}\n`],
  ['at the end, where there is no line end', 'a: 1', 'b', `a: 1\nb: ${ENC}`],
  ['before the end of the document', 'a: 1\n...\n', 'b', `a: 1\nb: ${ENC}\n...\n`],
  ['before the next document', 'a: 1\n---\nb: 2\n', 'b', `a: 1\nb: ${ENC}\n---\nb: 2\n`],
  ['below a block that keeps its line ends', 'a: |+\n  x\n\n', 'b', `a: |+\n  x\n\nb: ${ENC}\n`],
  ['with the line end of its neighbours', 'x: "\n  a"\na: 1\r\n', 'b', `x: "\n  a"\na: 1\r\nb: ${ENC}\r\n`],
  [
    'into a nested mapping',
    'a:\n    b: 1 # c\n    # d\ne: 2\n',
    'a.f',
    `a:\n    b: 1 # c\n    f: ${ENC}\n    # d\ne: 2\n`,
  ],
  ['with its parents, by the indent of the file', 'a:\n    b: 1\n', 'c.d', `a:\n    b: 1\nc:\n    d: ${ENC}\n`],
  ['with lists, by the indent of the file', 'a:\n- 1\n', 'c[0].d', `a:\n- 1\nc:\n- d: ${ENC}\n`],
  ['with lists in lists', '', 'c[0][0].d.e', `c:\n  - - d:\n        e: ${ENC}\n`],
  ['into an empty mapping', 'a: {}\n', 'a.b', `a: {b: "${ENC}"}\n`],
  ['into a flow mapping', 'a: { x: 1, y }\n', 'a.b.c', `a: { x: 1, y, b: {c: "${ENC}"} }\n`],
  ['into an empty document', '{}\n', 'a', `{a: "${ENC}"}\n`],
  ['into a list in a flow mapping', '{a: [1,]}\n', 'a[1]', `{a: [1, "${ENC}",]}\n`],
  ['as a new item', 'a:\n  - 1\n  - b: 2\nc: 1\n', 'a.2', `a:\n  - 1\n  - b: 2\n  - ${ENC}\nc: 1\n`],
  ['into a mapping in a list', '- a: 1\n- 2\n', '[0].b', `- a: 1\n  b: ${ENC}\n- 2\n`],
  ['where nothing stands', 'a: # c\nb:\n', 'b', `a: # c\nb: ${ENC}\n`],
  ['where a comment stands', 'a: # c\nb:\n', 'a', `a: ${ENC} # c\nb:\n`],
  ['where nothing stands, with its parents', 'a:   # c\nb: 1\n', 'a.c[0]', `a: # c\n  c:\n    - ${ENC}\nb: 1\n`],
  ['in an item where nothing stands', 'a:\n  -\n', 'a[0].b.c', `a:\n  - b:\n      c: ${ENC}\n`],
  ['for a key of a flow mapping that has nothing', '{a, b: }', 'a', `{a: "${ENC}", b: }`],
  ['over a plain scalar', 'a: foo bar # c\n', 'a', `a: ${ENC} # c\n`],
  ['over a number in quotes', "a: '1'   # c", 'a', `a: ${ENC}   # c`],
  ['over a block', 'a: | # c\n  x\n\n# d\nb: 1\n', 'a', `a: ${ENC} # c\n\n# d\nb: 1\n`],
  ['over a null', 'a: ~\n', 'a', `a: ${ENC}\n`],
  ['over a null, with a parent', 'a: ~\n', 'a.b', `a:\n  b: ${ENC}\n`],
  ['over several values', 'a: x ENC[GPG,AAAA] y ENC[GPG,BBBB]\n', 'a', `a: ${ENC}\n`],
  ['over a value in quotes', `a: "ENC[GPG,AAAA]"\n`, 'a', `a: "${ENC}"\n`],
  ['over a block value', 'a: >\n    ENC[GPG,AA\n    AA]\n\nb: 1\n', 'a', 'a: >\n    ENC[GPG,bm\n    V3]\n\nb: 1\n'],
  ['over a scalar with the tag of a string', 'a: !!str 1\n', 'a', `a: !!str ${ENC}\n`],
  [
    'for keys that need quotes',
    'a: 1\n',
    String.raw`"a.b".yes."x\"é\u0007"`,
    `a: 1\na.b:\n  "yes":\n    ${String.raw`"x\"é\u0007"`}: ${ENC}\n`,
  ],
  ['for a key beside a merge', 'a: &a {x: 1}\nb:\n  <<: *a\n', 'b.z', `a: &a {x: 1}\nb:\n  <<: *a\n  z: ${ENC}\n`],
])('a value is written %s', async (_, before, key, after) => {
  expect(await set(before, key)).toBe(after);
});

test.each<readonly [string, string, string, string]>([
  ['a new key', 'a:\n    b: 1\n', 'a.c', 'a:\n    b: 1\n    c: >\n        ENC[GPG,bmV3]\n'],
  ['an item', '- 1\n', '[1]', '- 1\n- >\n  ENC[GPG,bmV3]\n'],
  ['a plain scalar', 'a: foo # c\nb: 1\n', 'a', 'a: > # c\n  ENC[GPG,bmV3]\nb: 1\n'],
  ['nothing', 'a: # c\nb: 1\n', 'a', 'a: > # c\n  ENC[GPG,bmV3]\nb: 1\n'],
  ['a value on one line', 'a: ENC[GPG,AAAA]\n', 'a', 'a: >\n  ENC[GPG,bmV3]\n'],
  ['a block', 'a: |-\n   x\nb: 1\n', 'a', 'a: >\n  ENC[GPG,bmV3]\nb: 1\n'],
  ['a block value, which keeps its style', 'a: |-\n   ENC[GPG,AAAA]\nb: 1\n', 'a', 'a: |-\n   ENC[GPG,bmV3]\nb: 1\n'],
])('a block is written for %s', async (_, before, key, after) => {
  expect(await set(before, key, true)).toBe(after);
});

test.each<readonly [string, string, string, string]>([
  ['a line with its comment', 'a: 1\nb: 2 # b\n# c\nc: 3\n', 'b', 'a: 1\n# c\nc: 3\n'],
  ['the last line', 'a: 1\nb: 2\n', 'b', 'a: 1\n'],
  ['the last line, without a line end', 'a: 1\nb: 2', 'b', 'a: 1'],
  ['a block', 'a: >\n  x\n  y\n\n# d\nb: 1\n', 'a', '\n# d\nb: 1\n'],
  ['the last key of a mapping', 'a:\n  b: 1 # c\nd: 2\n', 'a.b', 'a: {}\nd: 2\n'],
  ['the last key of a mapping below a comment', 'a: # e\n  b: 1 # c\nd: 2\n', 'a.b', 'a: # e\n  {}\nd: 2\n'],
  ['the last key of a file', '---\na: 1\n', 'a', '---\n{}\n'],
  ['the last item of a list', 'a:\n- b\n', 'a[0]', 'a: []\n'],
  ['an item', 'a:\n- b\n- c # d\n- e\n', 'a[1]', 'a:\n- b\n- e\n'],
  ['the first key of an item', '- a: 1 # c\n  # d\n  b: 2\n', '[0].a', '- # d\n  b: 2\n'],
  ['the first item of a list in a list', '- - a\n  - b\n', '[0][0]', '- - b\n'],
  ['a key of a flow mapping', '{a: 1, b: 2, c: 3}\n', 'b', '{a: 1, c: 3}\n'],
  ['the first item of a flow list', 'a: [x, y]\n', 'a[0]', 'a: [y]\n'],
  ['the last item of a flow list', 'a: [x]\n', 'a[0]', 'a: []\n'],
  ['an entry without a value', 'a:\nb: 1\n', 'a', 'b: 1\n'],
])('what is taken away is %s', async (_, before, key, after) => {
  expect(await unset(before, key)).toBe(after);
});

test.each<readonly [string, string, string, string]>([
  ['YAML_INVALID', '<% x %>: [\n', 'a', 'f is not valid YAML'],
  ['KEY_UNUSABLE', 'a: 1\nb: 2\na: 3\n', 'a', 'a in f is there twice (lines 1, 3)'],
  ['KEY_UNUSABLE', 'a:\n  b: 1\n', 'a', 'a in f is a mapping, not a value'],
  ['KEY_UNUSABLE', 'a: [1]\n', 'a', 'a in f is a list, not a value'],
  ['KEY_UNUSABLE', 'a: 1\n', 'a.b', 'a in f is a value: it has no keys'],
  ['KEY_UNUSABLE', 'a: [1]\n', 'a.b', 'a in f is a list: name one of its items by its number, [0]'],
  ['KEY_UNUSABLE', 'a: {b: 1}\n', 'a[0]', 'a in f is a mapping: it has keys, not numbers'],
  ['KEY_UNUSABLE', 'a: &x 1\nb: *x\n', 'a', 'a in f has an anchor (&x): a change would show at other places too'],
  [
    'KEY_UNUSABLE',
    'a: &x {c: 1}\nb: *x\n',
    'a.c',
    'a in f has an anchor (&x): a change would show at other places too',
  ],
  ['KEY_UNUSABLE', 'a: &x {c: 1}\nb: *x\n', 'b.c', 'b in f is an alias (*x)'],
  ['KEY_UNUSABLE', 'a: &x {c: 1}\nb:\n  <<: *x\n', 'b.c', 'b.c in f comes from a merge (<<)'],
  ['KEY_NOT_FOUND', 'a.b: 1\n', 'a.b', 'there is no key a.b in f'],
])('an error %s for %j and %s', async (code, text, key, message) => {
  for (const work of [set, unset]) expect(await eyamlErrorOf(() => work(text, key))).toMatchObject({ code, message });
});

test('a key with dots in its name is shown as it has to be written', async () => {
  const error = await eyamlErrorOf(() => set('x:\n  a.b: {c: 1}\n', 'x.a.b.c'));
  expect(error.suggestions).toEqual(['there is a key "a.b", with quotes: its dots are part of its name']);
  expect(await set('a.b: 1\na: {}\n', 'a.b')).toBe(`a.b: 1\na: {b: "${ENC}"}\n`);
});

test.each([
  ['a: [1]\n', 'a[2]', 'a in f has 1 item'],
  ['a: 1\n', 'b[1]', 'there is no key b[1] in f'],
  ['a: !!binary AAAA\n', 'a', 'a in f has a YAML tag (!…): an encrypted value is a string'],
  ['? a\n', 'a', 'a in f cannot be changed without changing something else'],
])('nothing can be written into %j at %s', async (text, key, message) => {
  expect((await eyamlErrorOf(() => set(text, key))).message).toBe(message);
});

test('an unknown key that is to go is an error that shows a similar one', async () => {
  const error = await eyamlErrorOf(() => unset('db:\n  password: 1\n', 'db.pasword'));
  expect(error).toMatchObject({ code: 'KEY_NOT_FOUND', suggestions: ['did you mean db.password?'] });
});
