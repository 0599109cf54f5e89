import { expect, test } from 'vitest';
import { puppetFaults } from '../../src/eyaml/puppet-view.js';
import { createEyamlText } from '../../src/eyaml/text.js';
import { hasPeer } from '../helpers/peers.js';
import { puppetViews } from '../helpers/puppet-view.js';
import { fakePayload, oneLine, STYLES } from './documents.js';

const PAYLOAD = fakePayload(1);
const VALUE = oneLine(PAYLOAD, 'PKCS7');

const faultsOf = (text: string) => puppetFaults(createEyamlText(text));
const loadedByRuby = (yaml: string) => puppetViews([{ yaml, plaintexts: { [PAYLOAD]: '' } }])[0];
const found = async (text: string) => (await faultsOf(text)).map(({ rule, offset }) => `${rule} at ${offset}`);

test.each([
  ['ENC[hello] in a string', 'a: ENC[hello]\n', 3],
  ['ENC[hello] amid text', 'a: "write ENC[hello world] here"\n', 10],
  ['ENC[hello] in a list in a flow collection', 'a: { b: ["ENC[hello]"] }\n', 10],
  ['ENC[hello] in a block', 'a: >\n  one\n  ENC[hello]\n', 13],
  ['base64 that is no PKCS7', 'a: ENC[aGVsbG8=]\n', 3],
  ['no comma behind the tag', `a: ENC[GPG${PAYLOAD}]\n`, 3],
  ['ENC in lower case', `a: enc[GPG,${PAYLOAD}]\n`, 3],
  ['ENC in mixed case, and no tag', `a: Enc[${PAYLOAD}]\n`, 3],
  ['a blank before the bracket', `a: ENC [GPG,${PAYLOAD}]\n`, 3],
  ['a blank behind the bracket', `a: ENC[ GPG,${PAYLOAD}]\n`, 3],
  ['a blank behind the tag', `a: ENC[GPG ,${PAYLOAD}]\n`, 3],
  ['a full stop for the comma', `a: ENC[PKCS7.${PAYLOAD}]\n`, 3],
  ['parentheses', `a: ENC(GPG,${PAYLOAD})\n`, 3],
  ['no closing bracket, and no tag', `a: ENC[${PAYLOAD}\n`, 3],
  ['a block whose opening is written wrong', `a: >\n  enc[GPG,\n  ${PAYLOAD}]\n`, 7],
  ['an escaped letter', `a: "\\u0045NC[PKCS7,${PAYLOAD}]"\n`, 3],
  ['a line that goes on amid ENC', `a: "EN\\\n  C[PKCS7,${PAYLOAD}]"\n`, 3],
  ['!!binary', `a: !!binary ${Buffer.from(VALUE).toString('base64')}\n`, 12],
])('what was meant as a value, or is taken for one, is a suspect: %s', async (_, text, offset) => {
  expect(await found(text)).toEqual([`suspect-value at ${offset}`]);
});

test('a value in a key is passed over, also in a key that is a collection', async () => {
  expect(await found(`${VALUE}: 1\n`)).toEqual(['passed-over-value at 0']);
  expect(await found(`? [a, "${VALUE}"]\n: 1\n`)).toEqual(['passed-over-value at 7']);
});

test.each([
  ['before ---', `\ufeff---\na: ${VALUE}\n`],
  ['before a key', `\ufeffa: ${VALUE}\nb: 1\n`],
  ['before a directive', `\ufeff%YAML 1.1\n---\na: ${VALUE}\n`],
])('a byte order mark is found %s, where Ruby cannot load all of the file', async (_, text) => {
  expect(await found(text)).toEqual(['invalid-yaml at 0']);
  if (hasPeer('ruby')) expect(loadedByRuby(text)).not.toBe(loadedByRuby(text.slice(1)));
});

test.each([
  ['a block', `a: >\n  \t${VALUE}\n`, 3],
  ['a block below a blank line', `a: |- # note\n\n \t${VALUE}\n`, 3],
])('a tab is found where it indents %s, which Ruby cannot load', async (_, text, offset) => {
  expect(await found(text)).toEqual([`invalid-yaml at ${offset}`]);
  if (hasPeer('ruby')) expect(loadedByRuby(text)).toBe('null');
});

test.each<readonly [string, string]>([
  ...Object.entries(STYLES)
    .filter(([style]) => style !== 'in a key')
    .map(([style, make]) => [style, make(PAYLOAD, 'key')] as const),
  ['ENC[hello] in a comment', `# write ENC[hello] here\na: ${VALUE} # or ENC[hello]\n`],
  ['ENC[hello] in the comment of a header', 'a: > # ENC[hello]\n  text\n'],
  ['ENC[hello] in a key', 'ENC[hello]: 1\n'],
  ['brackets without base64', 'a: ENC[]\nb: ENC[he-llo]\nc: ENC[<%= x %>]\n'],
  ['a word of a text', 'a: "see enc[key] or enc (gpg, pkcs7) of the docs"\n'],
  ['a value of Jasypt', `a: ENC(${PAYLOAD})\n`],
  ['blanks in a payload', `a: ENC[PKCS7, ${PAYLOAD.slice(0, 40)} ${PAYLOAD.slice(40)}]\n`],
  ['escapes beside a value', `a: "\\ttab ${VALUE}\\n"\n`],
  ['escapes and no value', 'a: "\\u0041 \\n"\n'],
  ['a byte order mark before a comment', `\ufeff# note\n---\na: ${VALUE}\n`],
  ['a byte order mark, and no value', '\ufeff---\na: 1\n'],
  ['a tab behind the indent that an indicator gives', `a: >2\n  \t${VALUE}\n`],
  ['a text that is not YAML', `{{ a }}: [\nENC[hello] enc[GPG,${PAYLOAD}]`],
])('nothing is found: %s', async (_, text) => {
  expect(await faultsOf(text)).toEqual([]);
});

test.each(['enc[', 'ENC[a ', 'enc[_', 'ENC[ \n', '\\', 'enc[a  '])(
  'fifty thousand times %j take no time',
  async (piece) => {
    const text = `a: "${piece.repeat(50_000)}`;
    expect(await faultsOf(text)).toEqual([]);
    expect(await faultsOf(`${text}"\n`)).toEqual([]);
  },
);
