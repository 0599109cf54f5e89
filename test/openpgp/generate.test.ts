import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { generateKeyPair, type NewKeyOptions } from '../../src/openpgp/generate.js';
import { createGnupgHome } from '../helpers/gnupg.js';
import { encryptorWith, keyfiles } from '../helpers/keyfiles.js';

const CASES: readonly NewKeyOptions[] = [
  { userId: 'Zoë Ünïcode (ops) <z@example.com>', type: 'cv25519' },
  { userId: 'puppet', type: 'cv25519', passphrase: 'pass wörd', expiresSeconds: 86_400 },
  { userId: 'bare@example.com', type: 'rsa2048', passphrase: 'correct horse' },
];

test.each(CASES)('$userId $type: GnuPG 2.2 imports it, and each reads what the other writes', async (options) => {
  const { fingerprint, publicKey, secretKey } = await generateKeyPair(options);
  const home = createGnupgHome();
  onTestFinished(() => home.remove());
  const file = path.join(home.path, 'secret.asc');
  writeFileSync(file, secretKey);
  const withPassphrase = ['--pinentry-mode', 'loopback', '--passphrase', options.passphrase ?? ''];
  // Without --quiet gpg would keep its warnings to itself.
  const args = ['--homedir', home.path, '--batch', '--no-tty', ...withPassphrase, '--import', file];
  const said = execFileSync('sh', ['-c', 'exec gpg "$@" 2>&1', 'sh', ...args]).toString();
  expect(said).toContain('secret key imported');
  expect(said).not.toMatch(/WARNING/);

  const listing = home
    .gpg(['--with-colons', '--list-secret-keys', '--utf8-strings', '--display-charset', 'utf-8'])
    .toString();
  expect(listing).toContain(`:${fingerprint}:`);
  expect(listing).toContain(`:${options.userId}:`);
  expect(listing.includes('sec:u:') || listing.includes('sec:-:')).toBe(true);
  const expires = listing
    .split('\n')
    .filter((line) => /^s[es][cb]:/.test(line))
    .map((line) => line.split(':')[6] !== '');
  expect(expires).toEqual(Array(2).fill(options.expiresSeconds !== undefined));
  const packets = home.gpg(['--list-packets'], secretKey).toString();
  if (options.passphrase) expect(packets).toMatch(/iter\+salt S2K, algo: 9, SHA1 protection, hash: 8/);
  expect(packets).not.toMatch(/aead|hash: 1\b/i);

  const store = keyfiles({
    pub: [],
    sources: [{ kind: 'octets', name: 'new', octets: Buffer.from(secretKey) }],
    passphraseFor: () => Promise.resolve(Buffer.from(options.passphrase ?? '')),
  });
  const encryptor = encryptorWith(store, [fingerprint]);
  const message = await (await encryptor.prepare('x')).encrypt(Buffer.from('to gpg'));
  expect(home.gpg([...withPassphrase, '--decrypt'], message).toString()).toBe('to gpg');
  const other = createGnupgHome();
  onTestFinished(() => other.remove());
  other.gpg(['--import'], publicKey);
  const theirs = other.gpg(['--trust-model', 'always', '-r', fingerprint, '--encrypt'], 'from gpg');
  expect(Buffer.from(await encryptor.decrypt(theirs)).toString()).toBe('from gpg');
});

test.each(['', '  ', 'two\nlines', 'bell\u0007'])('a user ID %j is refused', async (userId) => {
  await expect(generateKeyPair({ userId, type: 'cv25519' })).rejects.toThrow(RangeError);
});
