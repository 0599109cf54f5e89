import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressesIn, addressIn, isRecipientByForm, parseSpec, searchTermOf } from '../../src/recipients/spec.js';

const FINGERPRINT = 'E015308C4D2A7A72D79DBFA7F06891CB0871B647';
const KEY_ID = 'F06891CB0871B647';

describe('a fingerprint or 16-digit key ID, however it is written', () => {
  test.each([
    [FINGERPRINT, 'fingerprint', false],
    [FINGERPRINT.toLowerCase(), 'fingerprint', false],
    [`0x${FINGERPRINT}`, 'fingerprint', false],
    ['E015 308C 4D2A 7A72 D79D  BFA7 F068 91CB 0871 B647', 'fingerprint', false],
    [`${FINGERPRINT}!`, 'fingerprint', true],
    [`0x${FINGERPRINT} !`, 'fingerprint', true],
    ['E015 308C 4D2A 7A72 D79D  BFA7 F068 91CB 0871 B647!', 'fingerprint', true],
    ['A'.repeat(64), 'fingerprint', false],
    [KEY_ID, 'keyId', false],
    [`0x${KEY_ID.toLowerCase()}`, 'keyId', false],
    ['F068 91CB 0871 B647', 'keyId', false],
    [`${KEY_ID}!`, 'keyId', true],
  ])('%s', (text, kind, exactKey) => {
    const digits = text.length > 60 ? text : kind === 'keyId' ? KEY_ID : FINGERPRINT;
    expect(parseSpec(text)).toEqual({ kind, text, exactKey, [kind]: digits });
    expect(searchTermOf(parseSpec(text))).toEqual({ kind: 'hex', hex: digits });
  });
});

test.each(['0871B647', '0x0871b647', '0871B647!'])('%s is refused, as 8 digits can be forged', (text) => {
  const spec = parseSpec(text);
  expect(spec).toMatchObject({ kind: 'refused', text });
  expect(spec).toHaveProperty('suggestion', expect.stringMatching(/^use the fingerprint: gpg --fingerprint 0x\w{8}$/));
  expect(searchTermOf(spec)).toBeUndefined();
});

describe('anything else is a name', () => {
  test.each([
    ['puppetmaster', 'puppetmaster'],
    ['ann@example.com', 'ann@example.com'],
    ['Ann@Example.COM', 'ann@example.com'],
    ['<ann@example.com>', 'ann@example.com'],
    ['Ann <ann@example.com>', 'Ann <ann@example.com>'],
    ['Zoë Ünïcode <zoe@example.com>', 'Zoë Ünïcode <zoe@example.com>'],
    [FINGERPRINT.slice(1), FINGERPRINT.slice(1)],
    [`${FINGERPRINT}0`, `${FINGERPRINT}0`],
    ['alice!', 'alice!'],
    ['*', '*'],
  ])('%s is looked up as %s', (text, wanted) => {
    expect(parseSpec(text)).toEqual({ kind: 'name', text });
    expect(searchTermOf(parseSpec(text))).toEqual({ kind: 'text', text: wanted });
  });
});

test.each(['=Ann <ann@example.com>', '= Ann <ann@example.com>'])('%s is that very user ID, as GnuPG has it', (text) => {
  expect(parseSpec(text)).toEqual({ kind: 'name', text: 'Ann <ann@example.com>', isExact: true });
  expect(searchTermOf(parseSpec(text))).toEqual({ kind: 'text', text: 'Ann <ann@example.com>' });
  expect(isRecipientByForm(parseSpec(text))).toBe(true);
});

test.each(['*ann', '+ann example', `&${FINGERPRINT}`, '/CN=Ann'])('%s, a search of GnuPG’s, is refused', (text) => {
  expect(parseSpec(text)).toMatchObject({ kind: 'refused', text });
  expect(parseSpec(text)).toHaveProperty('suggestion', expect.stringContaining('= and the whole user ID'));
  expect(searchTermOf(parseSpec(text))).toBeUndefined();
});

test.each([
  ['ann@example.com', 'ann@example.com'],
  ['<ANN@example.com>', 'ann@example.com'],
  ['Ann <ann@example.com>', undefined],
  ['@example.com', undefined],
  ['ann@', undefined],
  ['ann', undefined],
])('the address in %s is %s', (text, address) => expect(addressIn(text)).toBe(address));

test('law: blanks, case and 0x never change which key 40 digits mean', () => {
  const digit = fc.constantFrom(...Array.from('0123456789abcdefABCDEF'));
  const blanks = fc.constantFrom('', '', '', ' ', '  ');
  const spelled = fc.array(fc.tuple(digit, blanks), { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(spelled, fc.constantFrom('', '0x'), fc.boolean(), (digits, prefix, exactKey) => {
      const text = `${prefix}${digits.flat().join('').trim()}${exactKey ? '!' : ''}`;
      const fingerprint = digits.map(([d]) => d.toUpperCase()).join('');
      expect(parseSpec(text)).toEqual({ kind: 'fingerprint', text, fingerprint, exactKey });
    }),
  );
});

test.each([
  'E015308C4D2A7A72D79DBFA7F06891CB0871B647',
  '0xE015308C4D2A7A72D79DBFA7F06891CB0871B647!',
  'F06891CB0871B647',
  '0871B647',
  'ann@example.com',
  '<ann@example.com>',
  'Ann Example <ann@example.com>',
  'Zoë Ünïcode <zoë@exämple.com>',
  "Ann O'Hara (ops, 2nd) <ann@example.com>",
])('%s is a recipient by its form', (text) => expect(isRecipientByForm(parseSpec(text))).toBe(true));

test.each([
  'Ann',
  'Ann Example',
  's3cr3t',
  'p@ssw0rd',
  'machine example.com login ann password s3cr3t',
  'machine example.com login ann@example.com password s3cr3t',
  'https://ann:s3cr3t@git.example.com',
  '//registry.example.com/:_authToken=s3cr3t@x.com',
  'host:5432:db:ann:s3cr3t@x.com',
  'password = s3cr3t@x.com',
  'token=s3cr3t <ann@example.com>',
  'ann@example.com\r',
])('%j may be a line of any file', (text) => expect(isRecipientByForm(parseSpec(text))).toBe(false));

test.each([
  ['Bob <Bob@example.com>, formerly bob@old.example.', ['bob@example.com', 'bob@old.example']],
  ['a@b@c, @d, e@, (f@g)', ['a@b', 'f@g']],
  ['nobody', []],
])('the addresses in %j', (text, addresses) => {
  expect(addressesIn(text)).toEqual(addresses);
});

test.each([
  ['a long word', 'a'.repeat(1 << 20), []],
  ['many dots', `a@${'.'.repeat(1 << 20)}x`, 1],
  ['many signs', '@'.repeat(1 << 20), []],
])('addresses are found in time linear in the text: %s', (_, text, found) => {
  expect(addressesIn(text)).toEqual(found === 1 ? [text] : found);
});

describe('an invisible character is named as such', () => {
  test.each([
    ['a zero width space', 'ann@example.com\u200b', 'an invisible character: U+200B'],
    ['a no-break space', 'Ann\u00a0Example', 'an invisible character: U+00A0'],
    ['text from right to left', '\u202eann@example.com\u202c', 'invisible characters: U+202E, U+202C'],
    ['a byte order mark within', 'ann\ufeff@example.com', 'an invisible character: U+FEFF'],
    ['a tag', 'ann\u{e0041}@example.com', 'an invisible character: U+E0041'],
    ['a filler', 'ann\u3164', 'an invisible character: U+3164'],
    ['a line separator', 'ann\u2028', 'an invisible character: U+2028'],
    [
      'one within a fingerprint',
      `${FINGERPRINT.slice(0, 9)}\u200b${FINGERPRINT.slice(9)}`,
      'an invisible character: U+200B',
    ],
  ])('%s', (_, text, reason) => {
    const spec = parseSpec(text);
    expect(spec).toMatchObject({ kind: 'refused', reason: `it holds ${reason}` });
    expect(spec.text).toMatch(/^[ -~]+$/);
    expect(searchTermOf(spec)).toBeUndefined();
  });

  test('what can be seen is fine, whatever its script', () => {
    expect(parseSpec('Zoë Łódź 山田 <zoë@exämple.com>').kind).toBe('name');
  });
});
