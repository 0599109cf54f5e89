import { expect, test } from 'vitest';
import { parseKeyPath } from '../../src/eyaml/key-path.js';
import { getValues, gotAsJson } from '../../src/verbs/get.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { plainMethods, plainValue } from '../helpers/plain-encryptor.js';

const [one, two, three, closed] = ['one', 'two\n', 'three', 'closed'].map((text) => plainValue(text));
const TEXT = `---
plain: text
number: 0x1F
nothing:
one: ${one ?? ''} # ${three ?? ''}
block: >
  ${two ?? ''}
quoted: "${one ?? ''}"
url: 'db://${one ?? ''}:${three ?? ''}@host'
table: |
  a ${one ?? ''}
  b

list: [x, "${three ?? ''}", {deep: {er: ${JSON.stringify(one)}}}]
"a.b": 1
anchor: &anchor {x: "${one ?? ''}", y: 2}
alias: *anchor
merge:
  <<: *anchor
  z: 3
closed: ${closed ?? ''}
broken: ENC[GPG,AAA
---
other: ${three ?? ''}
`;

async function get(...keys: readonly string[]) {
  const methods = plainMethods();
  const got = await getValues(
    TEXT,
    'f',
    keys.map((key) => parseKeyPath(key) ?? []),
    methods,
  );
  return { texts: got.map(({ octets }) => octets.toString()), opened: methods.opened, json: gotAsJson(got) };
}

test.each([
  ['plain', 'text', []],
  ['number', '0x1F', []],
  ['nothing', '', []],
  ['one', 'one', ['one']],
  ['block', 'two\n', ['two\n']],
  ['quoted', 'one', ['one']],
  ['url', 'db://one:three@host', ['one', 'three']],
  ['table', 'a one\nb', ['one']],
  ['list[0]', 'x', []],
  ['list.1', 'three', ['three']],
  ['list[2].deep.er', 'one', ['one']],
  ['"a.b"', '1', []],
  ["'a.b'", '1', []],
  ['alias.x', 'one', ['one']],
  ['merge.x', 'one', ['one']],
  ['merge.z', '3', []],
])('%s is %j, and nothing else is opened', async (key, text, opened) => {
  expect(await get(key)).toMatchObject({ texts: [text], opened });
});

test('several keys are an object; a value that two have in common is opened once', async () => {
  expect(await get('one', 'quoted', 'plain')).toMatchObject({
    json: { one: 'one', quoted: 'one', plain: 'text' },
    opened: ['one'],
  });
});

test.each([
  ['closed', 'VALUE_UNREADABLE', 'cannot decrypt a value of f'],
  ['broken', 'VALUE_UNREADABLE', 'cannot decrypt a value of f'],
  ['list', 'KEY_UNUSABLE', 'list in f is a list, not a value'],
  ['anchor', 'KEY_UNUSABLE', 'anchor in f is a mapping, not a value'],
  ['plain.x', 'KEY_UNUSABLE', 'plain in f is a value: it has no keys'],
  ['list.x', 'KEY_UNUSABLE', 'list in f is a list: name one of its items by its number, [0]'],
  ['a.b', 'KEY_NOT_FOUND', 'there is no key a.b in f'],
  ['other', 'KEY_NOT_FOUND', 'there is no key other in f'],
  ['list[7]', 'KEY_NOT_FOUND', 'there is no key list[7] in f'],
  ['nothing.x', 'KEY_NOT_FOUND', 'there is no key nothing.x in f'],
])('%s is the error %s', async (key, code, message) => {
  expect(await eyamlErrorOf(() => get(key))).toMatchObject({ code, message });
});

test('without a key, all encrypted values, wherever they stand; a value that cannot be opened is an error', async () => {
  const text = `a: ${one ?? ''}\nb: [1, "${two ?? ''}"] # ${three ?? ''}\nc: 1\n`;
  const got = await getValues(text, 'f', [], plainMethods());
  expect(gotAsJson(got)).toEqual({ a: 'one', 'b[1]': 'two\n' });
  expect(await eyamlErrorOf(() => get())).toMatchObject({ code: 'VALUE_UNREADABLE' });
  expect(await eyamlErrorOf(() => getValues('[', 'f', [], plainMethods()))).toMatchObject({ code: 'YAML_INVALID' });
});
