import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { showComparable } from '../../src/eyaml/comparable.js';
import { scanBuffer } from '../../src/eyaml/markers.js';
import { scan } from '../../src/eyaml/scan.js';

const encrypted = (plaintext: string | Uint8Array, salt = '') =>
  Buffer.concat([Buffer.from(salt), Buffer.from(plaintext)]).toString('base64');
const value = (plaintext: string | Uint8Array, tag = 'GPG') => `ENC[${tag},${encrypted(plaintext)}]`;
const show = (text: string, opens = true) =>
  showComparable(scan(text), ({ payload }) => (opens ? Buffer.from(payload, 'base64') : undefined));

describe('a file for comparison', () => {
  test('shows plaintexts as markers, so that plain text in place of a value is a difference', () => {
    expect(show(`a: ${value('secret')} # ${value('other', 'PKCS7')}\nb: secret\n`)).toBe(
      'a: DEC::GPG[secret]! # DEC::PKCS7[other]!\nb: secret\n',
    );
  });

  test('does not depend on how a value is wrapped', () => {
    const payload = encrypted('a long secret that is on more than one line');
    const wrapped = (width: number) => payload.replace(new RegExp(`.{${width}}`, 'g'), '$&\n    ');
    const block = (text: string) => show(`a: >\n    ENC[GPG,${text}]\n`);
    expect(block(wrapped(10))).toBe(block(wrapped(33)));
    expect(block(wrapped(10))).toBe('a: >\n    DEC::GPG[a long secret that is on more than one line]!\n');
  });

  test('has a line for each line of a plaintext, at the indent of its place', () => {
    const text = 'first\n\n  second\n';
    expect(show(`a:\n  b: ${value(text)}\n  c: >\n        ${value(text)}\n- ${value('x\ny')}\n`)).toBe(
      [
        'a:',
        '  b: DEC::GPG[first',
        '',
        '      second',
        '    ]!',
        '  c: >',
        '        DEC::GPG[first',
        '',
        '          second',
        '        ]!',
        '- DEC::GPG[x',
        '  y]!',
        '',
      ].join('\n'),
    );
  });

  test('shows no character that a terminal acts on, and keeps tabs', () => {
    const shown = show(`a: ${value('\x1b]0;owned\x07\r\u202ea\tb')}\n`);
    expect(shown).toBe('a: DEC::GPG[\\u{1b}]0;owned\\u{7}\\u{d}\\u{202e}a\tb]!\n');
  });

  test('shows what is not text as base64, in lines', () => {
    const octets = Buffer.alloc(100, 0xff);
    const lines = show(`a: ${value(octets)}\n`).split('\n');
    expect(lines[0]).toMatch(/^a: DEC::GPG:base64\[\/{76}$/);
    expect(lines[1]).toMatch(/^ {2}\/+w==\]!$/);
  });

  test('has no end of a marker inside a plaintext', () => {
    expect(show(`a: ${value('x]! b: y')}\n`)).toBe(String.raw`a: DEC::GPG[x]\! b: y]!` + '\n');
  });
});

describe('a value that cannot be opened', () => {
  const payload = encrypted('secret');
  const digest = createHash('sha256').update('secret').digest('hex').slice(0, 12);
  const shown = show(`a: ENC[GPG,${payload}]\nb: >\n  ENC[GPG,${payload.slice(0, 4)}\n  ${payload.slice(4)}]\n`, false);

  test('is shown by the digest of its ciphertext, whatever its layout', () => {
    expect(shown).toBe(`a: ENC[GPG,sha256:${digest}]\nb: >\n  ENC[GPG,sha256:${digest}]\n`);
  });

  test('is no value and no marker when it is pasted, and is not overlooked', () => {
    expect(scan(shown).map(({ kind }) => kind)).toEqual(['text', 'suspect', 'text', 'suspect', 'text']);
    expect(scanBuffer(shown, { knownTags: ['GPG'], mayCrossLines: () => false }).tokens).toHaveLength(1);
  });
});
