import { expect, test } from 'vitest';
import { renderMarker, scanBuffer, type MarkerToken } from '../../src/eyaml/markers.js';
import { KNOWN_TAGS } from './documents.js';

const bytes = (text: string) => Buffer.from(text);

function scanned(buffer: string, multiLineIds: readonly number[] = []) {
  return scanBuffer(buffer, { knownTags: KNOWN_TAGS, mayCrossLines: (id) => multiLineIds.includes(id) });
}

function markersOf(buffer: string, multiLineIds: readonly number[] = []): readonly MarkerToken[] {
  const { tokens, problems } = scanned(buffer, multiLineIds);
  expect(problems).toEqual([]);
  return tokens.filter((token) => token.kind === 'marker');
}

function plaintextsOf(buffer: string, multiLineIds: readonly number[] = []): readonly string[] {
  return markersOf(buffer, multiLineIds).map(({ plaintext }) => Buffer.from(plaintext).toString());
}

const PLACES = [
  ['an existing string', 4, undefined],
  ['a new string', undefined, undefined],
  ['an existing block', 4, '  '],
  ['a new block', undefined, '  '],
] as const;

test.each([
  ['plain text', 'hunter2', ['[hunter2]!', '[hunter2]!', '[hunter2]!', '[hunter2]!']],
  ['nothing', '', ['[]!', '[]!', '[]!', '[]!']],
  ['blanks, quotes and a bracket', ` "a]' `, [` "a]' `, ` "a]' `, ` "a]' `, ` "a]' `].map((text) => `[${text}]!`)],
  ['a closing', 'a]!b', Array(4).fill(String.raw`[a]\!b]!`)],
  ['a bracket at the end', 'a]', Array(4).fill('[a]]!')],
  ['two lines', 'a\nb', ['[a\nb]!', ':base64[YQpi]!', '[a\n  b]!', '[a\n  b]!']],
  ['octets that are no text', Buffer.from([0xff, 0]), Array(4).fill(':base64[/wA=]!')],
  ['CRLF', 'a\r\nb', Array(4).fill(':base64[YQ0KYg==]!')],
  ['a marker', 'DEC::GPG[x]!', Array(4).fill(':base64[REVDOjpHUEdbeF0h]!')],
])('%s is shown and read back in every place', (_, plaintext, shown) => {
  for (const [i, [place, id, blockIndent]] of PLACES.entries()) {
    const marker = renderMarker({ id, tag: 'GPG', plaintext: Buffer.from(plaintext), blockIndent });
    expect(marker, place).toBe(`DEC${id === undefined ? '' : `(${id})`}::GPG${shown[i] ?? ''}`);
    const buffer = `key: ${blockIndent === undefined ? '' : `>\n${blockIndent}`}${marker}\nnext: 1\n`;
    expect(markersOf(buffer, [4]), place).toMatchObject([
      { id, tag: 'GPG', plaintext: Buffer.from(plaintext), blockIndent },
    ]);
  }
});

test.each([
  ['white space and quotes belong to the text', `DEC::GPG[ "it's" ]!`, [` "it's" `]],
  ['it ends at the first closing', 'DEC::GPG[a]!b]!', ['a']],
  ['a closing with a backslash belongs to the text', String.raw`DEC::GPG[a]\!b]!`, ['a]!b']],
  ['one backslash of many goes', String.raw`DEC::GPG[a]\\\!b]!`, [String.raw`a]\\!b`]],
  ['several on one line', 'DEC::GPG[a]!:DEC(2)::pkcs7[b]!', ['a', 'b']],
  ['in base64 white space never counts', 'a: >\n  DEC::GPG:base64[ aGVs\n  bG8= \t]!', ['hello']],
  ['base64 may lack its padding', 'DEC::GPG:base64[aGVsbG8]!', ['hello']],
  ['base64 may be empty', 'DEC::GPG:base64[]!', ['']],
  ['a block at its indent', 'a: |-\n   DEC::GPG[b\n     c\n\n   d]!', ['b\n  c\n\nd']],
  ['a block pasted at column 0', 'a: >\n  DEC::GPG[b\n c\nd]!', ['b\n c\nd']],
  ['an escape in a block', 'a: >\n  DEC::GPG[b\n  ]\\!]!', ['b\n]!']],
  ['an existing value over lines', 'a: "DEC(7)::GPG[b\n  c]!"', ['b\n  c']],
])('read: %s', (_, buffer, plaintexts) => {
  expect(plaintextsOf(buffer, [7])).toEqual(plaintexts);
});

test('the tag is read in any case', () => {
  expect(markersOf('DEC::gpg[a]! DEC::Pkcs7[b]!').map(({ tag }) => tag)).toEqual(['GPG', 'PKCS7']);
});

test('text and markers know their lines', () => {
  const { tokens } = scanned('a: 1\nb: DEC::GPG[x]!\nc: >\n  DEC::GPG[y\n  z]!\nd: 2\n');
  expect(tokens.map(({ kind, line }) => [kind, line])).toEqual([
    ['text', 1],
    ['marker', 2],
    ['text', 2],
    ['marker', 4],
    ['text', 5],
  ]);
});

test.each([
  ['no exclamation mark', 'DEC::GPG[x]', /has no closing/],
  ['no closing', 'DEC::GPG[x', /has no closing/],
  ['a backslash in its only closing', String.raw`DEC::GPG[x]\!`, /has no closing/],
  ['lower case', 'dec::gpg[x]!', /not a valid marker/],
  ['a blank before the bracket', 'DEC::GPG [x]!', /not a valid marker/],
  ['round brackets', 'DEC::GPG(x)!', /not a valid marker/],
  ['no tag', 'DEC::[x]!', /not a valid marker/],
  ['a number that is none', 'DEC(x)::GPG[x]!', /not a valid marker/],
  ['another form than base64', 'DEC::GPG:hex[00]!', /not a valid marker/],
  ['an unknown tag', 'DEC::VAULT[x]!', /unknown encryption method VAULT \(available: GPG, PKCS7\)/],
  ['letters that are no base64', 'DEC::GPG:base64[a.b]!', /not valid base64/],
  ['base64 cut short', 'DEC::GPG:base64[aGVsb]!', /not valid base64/],
  ['a new value over lines', 'DEC::GPG[x\ny]!', /no closing "\]!" on its line/],
  ['a value over lines that had one', 'DEC(1)::GPG[x\ny]!', /no closing "\]!" on its line/],
  ['base64 of a new value over lines', 'DEC::GPG:base64[aGVs\n  bG8=]!', /no closing "\]!" on its line/],
])('a problem with its line: %s', (_, marker, message) => {
  const { tokens, problems } = scanned(`a: 1\nb: ${marker}\nc: 2\n`);
  expect(problems).toEqual([{ line: 2, message: expect.stringMatching(message) as unknown }]);
  expect(tokens).toMatchObject([{ kind: 'text' }]);
});

test('a forgotten closing does not swallow the keys below', () => {
  const { problems, tokens } = scanned('a: DEC::GPG[x]\nb: DEC::GPG[y]!\nc: [1]!\n');
  expect(problems.map(({ line }) => line)).toEqual([1]);
  expect(tokens.filter(({ kind }) => kind === 'marker')).toMatchObject([{ plaintext: bytes('y'), line: 2 }]);
});

test('an existing value over lines does not swallow the next marker either', () => {
  expect(scanned('a: DEC(7)::GPG[x\nb: DEC::GPG[y]!\n', [7]).problems.map(({ line }) => line)).toEqual([1]);
});

test('every problem is listed', () => {
  const buffer = 'a: DEC::GPG[x]\nb: dec::gpg[y]!\nc: DEC::GPG[ok]!\nd: DEC::FOO[z]!\n';
  expect(scanned(buffer).problems.map(({ line }) => line)).toEqual([1, 2, 4]);
});

test('messages hold nothing of the text', () => {
  const secret = 'hunter2';
  const buffer = [
    `DEC::GPG[${secret}`,
    `dec::gpg[${secret}]!`,
    `DEC::GPG:base64[${secret}.]!`,
    `DEC::GPG [${secret}]!`,
  ];
  const { problems } = scanned(buffer.join('\n'));
  expect(problems).toHaveLength(4);
  expect(JSON.stringify(problems)).not.toContain(secret);
});
