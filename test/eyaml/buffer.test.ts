import { describe, expect, test } from 'vitest';
import { STYLES, fakePayload, fill, oneLine, read, show, valuesOf, wrapped, wrappedAlone } from './documents.js';

const OLD = fakePayload(1);
const NEW = fakePayload(2, 200);
const BLOCK = `key: >\n    ${wrapped(OLD, '\n    ', 76)}\n`;
const STRING = `key: ${oneLine(OLD)}\n`;

describe('showing', () => {
  test('values are numbered in their order, or not at all', () => {
    const text = `a: ${oneLine(OLD)}\nb: ${oneLine(NEW, 'pkcs7')}\n`;
    expect(show(text, ['x', 'y']).text).toBe('a: DEC(1)::GPG[x]!\nb: DEC(2)::PKCS7[y]!\n');
    expect(show(text, ['x', 'y'], 'unnumbered').text).toBe('a: DEC::GPG[x]!\nb: DEC::PKCS7[y]!\n');
  });

  test('a value without a plaintext stays as it is and has no number', () => {
    const text = `a: ${oneLine(NEW)}\nb: ${oneLine(OLD)}\n`;
    const { text: shown, entries } = show(text, [undefined, 'y']);
    expect(shown).toBe(`a: ${oneLine(NEW)}\nb: DEC(1)::GPG[y]!\n`);
    expect(entries.size).toBe(1);
  });

  test.each([
    ['a block', BLOCK, 'key: >\n    DEC(1)::GPG[a\n    b]!\n', 'key: >\n    DEC::GPG[a\n    b]!\n'],
    ['a string', STRING, 'key: DEC(1)::GPG[a\nb]!\n', 'key: DEC::GPG:base64[YQpi]!\n'],
  ])('several lines in %s', (_, text, numbered, unnumbered) => {
    expect(show(text, ['a\nb']).text).toBe(numbered);
    expect(show(text, ['a\nb'], 'unnumbered').text).toBe(unnumbered);
  });
});

describe('what did not change keeps its bytes', () => {
  test.each(Object.keys(STYLES))('%s', (style) => {
    const text = `---\n${STYLES[style]?.(OLD, 'key') ?? ''}last: 1`;
    const { text: buffer, entries } = show(
      text,
      valuesOf(text).map(() => 'a: > # &b\n  !c ]!'),
    );
    expect(buffer).not.toContain('ENC[');
    const result = read(buffer, entries);
    expect(result.problems).toEqual([]);
    expect(result.pieces.every(({ kind }) => kind === 'text')).toBe(true);
    expect(fill(result, NEW)).toBe(text);
  });

  test('a value that moved keeps its ciphertext and gets the new indent', () => {
    const { entries } = show(BLOCK, ['x']);
    const moved = read('a:\n  key: >\n      DEC(1)::GPG[x]!\n', entries);
    expect(fill(moved, NEW)).toBe(`a:\n  key: >\n      ${wrapped(OLD, '\n      ', 76)}\n`);
  });

  test.each([
    ['from a block to a string', BLOCK, 'key: DEC(1)::GPG[x]!\n', STRING],
    ['from a string to a block', STRING, 'key: >\n  DEC(1)::GPG[x]!\n', `key: >\n  ${wrapped(OLD, '\n  ')}\n`],
  ])('a value that moved %s keeps its ciphertext in the format of its place', (_, text, buffer, result) => {
    expect(fill(read(buffer, show(text, ['x']).entries), NEW)).toBe(result);
  });

  test('markers may change places', () => {
    const { entries } = show(`a: ${oneLine(OLD)}\nb: ${oneLine(NEW)}\n`, ['x', 'y']);
    const swapped = read('a: DEC(2)::GPG[y]!\nb: DEC(1)::GPG[x]!\n', entries);
    expect(fill(swapped, '')).toBe(`a: ${oneLine(NEW)}\nb: ${oneLine(OLD)}\n`);
  });

  test('a marker may be deleted', () => {
    const { entries } = show(`a: ${oneLine(OLD)}\nb: ${oneLine(NEW)}\n`, ['x', 'y']);
    expect(fill(read('b: DEC(2)::GPG[y]!\n', entries), '')).toBe(`b: ${oneLine(NEW)}\n`);
  });
});

describe('a changed value keeps its style', () => {
  const block = (text: string) => `key: >\n  ${text}\n`;
  test.each([
    ['60 columns', block(wrapped(OLD, '\n  ')), block(wrapped(NEW, '\n  '))],
    ['76 columns', block(wrapped(OLD, '\n  ', 76)), block(wrapped(NEW, '\n  ', 76))],
    ['base64 alone at 60', block(wrappedAlone(OLD, '\n  ')), block(wrappedAlone(NEW, '\n  '))],
    ['a block without wrapping', block(oneLine(OLD)), block(oneLine(NEW))],
    ['one line', STRING, `key: ${oneLine(NEW)}\n`],
    ['double quotes', `a: "${wrapped(OLD, '\\\n  ')}"\n`, `a: "${wrapped(NEW, '\\\n  ')}"\n`],
    ['folded quotes', `a: '${wrapped(OLD, '\n  ')}'\n`, `a: '${wrapped(NEW, '\n  ')}'\n`],
    ['mixed line ends', `a: >\r\n  ${wrapped(OLD, '\r\n  ')}\n`, `a: >\r\n  ${wrapped(NEW, '\r\n  ')}\n`],
    ['lines under |, which Puppet passes over', `a: |\n  ${wrapped(OLD, '\n  ')}\n`, `a: |\n  ${oneLine(NEW)}\n`],
  ])('%s', (_, text, result) => {
    const { text: buffer, entries } = show(text, ['old']);
    const changed = read(buffer.replace('[old]!', '[new]!'), entries);
    expect(changed.problems).toEqual([]);
    expect(changed.pieces.find(({ kind }) => kind === 'new')).toMatchObject({
      marker: { plaintext: Buffer.from('new') },
      entry: { plaintext: Buffer.from('old') },
    });
    expect(fill(changed, NEW)).toBe(result);
  });

  test('another tag is a change', () => {
    const { entries } = show(STRING, ['x']);
    expect(fill(read('key: DEC(1)::PKCS7[x]!\n', entries), NEW)).toBe(`key: ${oneLine(NEW, 'PKCS7')}\n`);
  });
});

test.each([
  ['on one line', 'a: DEC::GPG[x]!', `a: ${oneLine(NEW)}`],
  ['in a block', 'a: >\n   DEC::GPG[x]!\n', `a: >\n   ${wrapped(NEW, '\n   ')}\n`],
  [
    'on one line under |, since Puppet does not look across lines',
    'a: |\n   DEC::GPG[x]!\n',
    `a: |\n   ${oneLine(NEW)}\n`,
  ],
  ['as base64', 'a: >\n  DEC::GPG:base64[/wA=]!\n', `a: >\n  ${wrapped(NEW, '\n  ')}\n`],
  ['twice on a line', '"DEC::GPG[a]!DEC::PKCS7[]!"', `"${oneLine(NEW)}${oneLine(NEW, 'PKCS7')}"`],
])('a new value is written %s', (_, buffer, text) => {
  const result = read(buffer);
  expect(result.problems).toEqual([]);
  expect(fill(result, NEW)).toBe(text);
});

test.each([
  [
    'a number that was not given',
    'a: DEC(1)::GPG[x]!\nb: DEC(2)::GPG[x]!\n',
    [[2, 'no value of this file has the number 2:']],
  ],
  ['zero', 'a: DEC(0)::GPG[x]!\n', [[1, 'no value of this file has the number 0:']]],
  ['a number used twice', 'a: DEC(1)::GPG[x]!\nb: DEC(01)::GPG[y]!\n', [[2, 'number 1 is used twice']]],
  [
    'problems of both kinds, by line',
    'a: DEC(5)::GPG[x]!\nb: dec::gpg[x]!\nc: DEC(6)::GPG[x]!\n',
    [
      [1, 'has the number 5'],
      [2, 'not a valid marker'],
      [3, 'has the number 6'],
    ],
  ],
] as const)('a problem: %s', (_, buffer, problems) => {
  expect(read(buffer, show(STRING, ['x']).entries).problems).toEqual(
    problems.map(([line, message]) => ({ line, message: expect.stringContaining(message) as unknown })),
  );
});

test('a value that stays encrypted is text', () => {
  expect(read(STRING)).toEqual({ pieces: [{ kind: 'text', text: STRING, line: 1 }], problems: [] });
});

describe('what a slip in a marker leaves behind is a problem', () => {
  const SHOWN = 'a: DEC(1)::GPG[s3cret]!\nb: 1\n';
  const entries = show('a: ENC[GPG,AAAA]\nb: 1\n', ['s3cret']).entries;
  const slips = [
    'EC(1)::GPG[x]!',
    'DEC;:GPG[x]!',
    'D EC::GPG[x]!',
    'DES::GPG[x]!',
    'DEC::GPGx]!',
    'DEC::G PG[x]!',
    'DEC 1::GPG[x]!',
  ].concat(
    [
      'DEC1::GPG[x]!',
      'DEC(1]::GPG[x]!',
      'DEC.GPG[x]!',
      'GPG[x]!',
      'DEC(1);:GPG[x',
      'DEC91)::GPG[x',
      'DEC(1))::GPG[x',
      'DC(1)::GPG[x',
    ],
    ['DECC(1)::GPG[x', 'ENC[GPG,cut'],
  );
  test.each(slips)('%s', (slip) => {
    expect(read(`a: ${slip}\nb: 1\n`, entries, SHOWN).problems.map(({ line }) => line)).toEqual([1]);
  });

  test.each(['profile::gpg', 'encrypt_method: gpg', 'x[0]!=y', 'gpg: list'])('but not %s', (text) => {
    expect(read(`a: DEC(1)::GPG[s3cret]!\nb: ${text}\n`, entries, SHOWN).problems).toEqual([]);
  });

  test('nor what stood there before', () => {
    const text = '# ends with ]! and ENC[GPG,cut\na: 1\n';
    expect(read(`${text}new: 2\n`, new Map(), text).problems).toEqual([]);
  });
});

test('a line pasted at column 0 into a value of several lines is a problem, not a change of the others', () => {
  const { text, entries } = show('a: >\n  ENC[GPG,AAAA]\n', ['one\ntwo']);
  const { problems } = read(text.replace(']!', '\npasted]!'), entries, text);
  expect(problems).toEqual([{ line: 2, message: expect.stringContaining('some lines of this marker') as string }]);
});
