import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { FIXTURES } from './gnupg.js';

/** What the Ruby tool wrote as text, and who can read it. */
export const CORPUS: readonly { readonly file: string; readonly readers: readonly string[] }[] = [
  { file: 'development/app1/common.eyaml', readers: ['alice', 'ann', 'puppetmaster'] },
  { file: 'development/app2/common.eyaml', readers: ['puppetmaster', 'carol', 'brian', 'zoe'] },
  { file: 'development/app2/crlf.eyaml', readers: ['puppetmaster', 'carol', 'brian', 'zoe'] },
  { file: 'production/role.eyaml', readers: ['puppetmaster', 'bob', 'alice'] },
  { file: 'production/dc1/base.eyaml', readers: ['puppetmaster', 'bob', 'rota', 'dan'] },
];

const MARKER = /DEC::GPG\[(.*?)\]!/gs;

/** A file of the corpus as it stands there. */
export function encryptedText(file: string): string {
  return readFileSync(path.join(FIXTURES, 'tree', file), 'utf8');
}

/** Expects the text that a file of the corpus was made from; markers that were pasted at column 0 are shown indented. */
export function expectPlain(shown: string, file: string): void {
  const plain = readFileSync(path.join(FIXTURES, 'plain', file), 'utf8');
  expect(insides(shown)).toEqual(insides(plain));
  expect(shown.replace(MARKER, '…')).toBe(plain.replace(MARKER, '…'));
}

function insides(text: string): string[] {
  return Array.from(text.matchAll(MARKER), ([, inside = '']) => inside.replace(/\n +/g, '\n'));
}
