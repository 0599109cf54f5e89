import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseColons } from '../../../src/keys/gnupg/colons.js';
import { createGpg } from '../../../src/keys/gnupg/gpg.js';
import { exportPublicKeys, listPublicKeys } from '../../../src/keys/gnupg/keyring.js';
import type { PublicKey } from '../../../src/keys/keystore.js';
import { numbersOf, readKeyNumbers } from '../../../src/openpgp/key-numbers.js';
import { known } from '../../helpers/abilities.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../../helpers/gnupg.js';

const NAMES = readdirSync(path.join(FIXTURES, 'keys')).flatMap((file) => /^(\w+)\.pub\.asc$/.exec(file)?.[1] ?? []);

let home: GnupgHome;
beforeAll(() => (home = createGnupgHome({ pub: NAMES })));
afterAll(() => home.remove());

const partsOf = ({ primaryKey, subkeys }: PublicKey) => [primaryKey, ...subkeys];

test.each(NAMES)('what is listed of the key of %s are the numbers that are exported', async (name) => {
  const gpg = createGpg(home.path, { PATH: process.env.PATH });
  const [key] = await listPublicKeys(gpg, [{ kind: 'hex', hex: FINGERPRINTS[name] ?? '' }]);
  const parts = key ? partsOf(key) : [];
  expect(parts.length).toBeGreaterThan(0);
  if (!known('--with-key-data', () => parts.every(({ body }) => body !== undefined))) return;
  const exported = readKeyNumbers(await exportPublicKeys(gpg, key ? [key.primaryKey.fingerprint] : []));
  for (const { fingerprint, body } of parts)
    expect(body && numbersOf(fingerprint, body)).toEqual(exported.get(fingerprint));
});

const LISTED = [
  'pub:u:255:22:056AABE81232DA67:1796028717:::u:::scESC:::::ed25519:::0:',
  'fpr:::::::::6D31A163ABCCAFC93CE80134056AABE81232DA67:',
  'pkd:0:80:092B06010401DA470F01:',
  'pkd:1:263:40708C5E6EB0B6A81B106D0D4C29512E4615A9BA675E17BA3C061D9401CB290F8E:',
];
const numbersIn = (lines: readonly string[]) =>
  parseColons(lines.join('\n'))
    .flatMap(partsOf)
    .map(({ fingerprint, body }) => body && numbersOf(fingerprint, body));

test('numbers count only if they have the fingerprint of the key', () => {
  expect(numbersIn(LISTED)).toMatchObject([{ kind: 'signing' }]);
  expect(numbersIn(LISTED.map((line) => line.replace('3C061D94', '3C061D95')))).toEqual([undefined]);
  expect(numbersIn(LISTED.map((line) => line.replace('1796028717', '1796028718')))).toEqual([undefined]);
  expect(numbersIn(LISTED.map((line) => line.replace(/^(pkd:\d:\d+:).*/, '$1zz:')))).toEqual([undefined]);
  expect(numbersIn(LISTED.slice(0, 3))).toEqual([undefined]);
  expect(numbersIn(LISTED.slice(0, 2))).toEqual([undefined]);
});
