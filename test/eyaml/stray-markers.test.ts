import { expect, test } from 'vitest';
import { leftoverOffsets, looksLikeMarker } from '../../src/eyaml/stray-markers.js';

test.each([
  'DEC::GPG[x]!',
  'DEC(3)::GPG[x]!',
  'DEC::gpg[x]!',
  'DEC::FOO[x]!',
  'DEC::GPG:base64[eA==]!',
  'DEC::GPG[x]',
  'DEC::GPG[',
  'DEC::GPG [x]!',
  'DEC ::GPG[x]!',
  'DEC: :GPG[x]!',
  'DEC:: GPG[x]!',
  'DEC (3) :: GPG [x]!',
  'DEC( 3 )::GPG[x]!',
  'DEC()::GPG[x]!',
  'DEC(3::GPG[x]!',
  'DEC(x)::GPG[x]!',
  'dec::gpg[x]!',
  'Dec(3)::Gpg[x]!',
  'dec::pkcs7[x]!',
  'dec::foo[x]!',
  'DEC::GPG(x)!',
  'DEC::GPG{x}!',
  'DEC::GPG x!',
  'DEC::GPG',
  'DEC::[x]!',
  'DEC(3):[x]!',
  'DEC(3)[x]!',
  'DEC:GPG[x]!',
  'DECGPG[x]!',
  'DEC(3)GPG[x]!',
  'DEC::GPG:BASE64[eA==]!',
  'DEC::GPG : base64 [eA==]!',
])('%s reads like a marker', (text) => {
  expect(leftoverOffsets(text)).toEqual([0]);
  expect(leftoverOffsets(`key: ${text}\n`)).toEqual([5]);
  expect(looksLikeMarker(`key: ${text}\n`)).toBe(true);
});

test.each([
  'DEC',
  'DEC:',
  'DEC: 24',
  'dec: [1]',
  'december::gpg',
  'codec::gpg',
  'DEC[x]',
  'DEC(3)',
  'ENC[GPG,QUJD]',
  ']!',
])('%s does not', (text) => {
  expect(leftoverOffsets(text)).toEqual([]);
  expect(looksLikeMarker(text)).toBe(false);
});

test('a marker is seen though a word stands before it', () => {
  expect(leftoverOffsets('passwordDEC::GPG[x]!')).toEqual([8]);
});

test('each of several is seen', () => {
  expect(leftoverOffsets('DEC::GPG[DEC::GPG[a]! dec::gpg')).toEqual([0, 9, 22]);
  expect(leftoverOffsets('dec::gpgDEC::GPG[a]!')).toEqual([0, 8]);
});

test.each(['dec', 'dec(', 'dec(1', 'dec(1)', 'dec:', 'dec::', 'dec::a', 'dec::a:', 'dec::a:b'])(
  'a long run of blanks after %s does not make the search slow',
  (start) => {
    expect(looksLikeMarker(`${start}${' \t'.repeat(100_000)}.`)).toBe(false);
  },
);
