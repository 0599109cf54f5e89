import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgKeystore } from '../../src/keys/gnupg/gnupg.js';
import { generateKeyPair } from '../../src/openpgp/generate.js';
import { readHead } from '../../src/openpgp/inspect.js';
import { parseRecipientsFile } from '../../src/recipients/file.js';
import { resolveRecipients } from '../../src/recipients/resolve.js';
import { known } from '../helpers/abilities.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';

const NEW_KEY = ['--passphrase', '', '--pinentry-mode', 'loopback', '--allow-freeform-uid', '--quick-gen-key'];
const HOURS = 3600;
// GnuPG, doc/DETAILS, ownertrust.
const ULTIMATE = 6;
const { alice = '', ann = '', nosub = '' } = FINGERPRINTS;

// With what reads like several addresses, or like one.
const USER_IDS = [
  'Bob <bob@example.net> <mallory@example.net>',
  'first@example.net <second@example.net> (comment)',
  '<only@example.net>',
  'bare@example.net',
  'Bärbel <BÄRBEL@example.net>',
  'Open <open@example.net',
  'No mail <none> <after@example.net>',
  'Kelvin <Kelvin@example.net>',
];
const ADDRESSES = [
  ...['bob', 'mallory', 'first', 'second', 'only', 'bare', 'bärbel', 'BÄRBEL', 'bÄrbel', 'open', 'after'],
  ...['kelvin', 'Kelvin', '\u212aelvin'],
].map((name) => `${name}@example.net`);

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice', 'nosub'], pub: ['ann'] });
  for (const userId of USER_IDS) home.gpg([...NEW_KEY, userId, 'future-default', 'default', 'never']);
});
afterAll(() => home.remove());

const resolve = (...lines: readonly string[]) =>
  resolveRecipients(
    parseRecipientsFile(lines.join('\n'), 'f'),
    createGnupgKeystore({ home: home.path, environment: { PATH: process.env.PATH } }),
    'wot',
  );
/** Asks gpg, which fails where it finds nothing. */
const ask = (...args: readonly string[]) =>
  spawnSync('gpg', ['--homedir', home.path, '--batch', '--no-auto-key-locate', ...args], { input: 'x' }).stdout;

const firstUserId = (address: string) =>
  /^uid:(?:[^:]*:){8}([^:]*)/m.exec(ask('--with-colons', '--list-keys', '--', `<${address}>`).toString());

test.for(ADDRESSES)('the address %s stands for the user IDs that it does for gpg', async (address, { skip }) => {
  const isOfGnupg = known('read addresses by the rules of GnuPG', () => firstUserId('bob@example.net') !== null);
  skip(!isOfGnupg, 'this gpg has rules of its own for the addresses in user IDs');
  const byGpg = firstUserId(address);
  const ours = await resolve(address).then(
    ([recipient]) => recipient?.publicKey.userIds[0]?.text,
    () => undefined,
  );
  expect(ours).toBe(byGpg?.[1]);
});

describe('a subkey that is dated in the future', () => {
  const addSubkey = (fingerprint: string, hours: number) => {
    const time = Math.floor(Date.now() / 1000) + hours * HOURS;
    const options = ['--faked-system-time', `${time}!`, '--passphrase', '', '--pinentry-mode', 'loopback'];
    home.gpg([...options, '--quick-add-key', fingerprint, 'cv25519', 'encr', 'never']);
  };

  test('is passed over for the older one that gpg takes', async () => {
    addSubkey(alice, 3);
    const [recipient] = await resolve('alice@example.com');
    const { readers } = readHead(ask('--encrypt', '--recipient', 'alice@example.com'));
    expect([recipient?.encryptionSubkey.keyId]).toEqual(readers);
  });

  test('and is the only one is an error that names the clock, where gpg refuses too', async ({ skip }) => {
    addSubkey(nosub, 3);
    const tells = () => /^sub:(?:[^:]*:){10}e:/m.test(ask('--with-colons', '--list-keys', nosub).toString());
    skip(!known('tell what a subkey of the future is for', tells), 'this gpg does not tell what such a subkey is for');
    expect(ask('--encrypt', '--recipient', nosub)).toHaveLength(0);
    for (const line of [nosub, 'nosub@example.com']) {
      const { problems } = await eyamlErrorOf(() => resolve(line));
      expect(problems[0]?.message).toMatch(
        /has a subkey \w+ that is dated in the future: it was created at .* UTC, but the clock here says .* UTC$/,
      );
      expect(problems[0]?.suggestion).toMatch(/^correct the clock that is wrong/);
    }
  });
});

describe('of several keys with one address', () => {
  const stranger = async (userId: string) => {
    const { fingerprint, publicKey } = await generateKeyPair({ userId, type: 'cv25519' });
    home.gpg(['--import'], publicKey);
    return fingerprint;
  };
  const trust = (fingerprint: string, level: number) => home.gpg(['--import-ownertrust'], `${fingerprint}:${level}:\n`);
  const fingerprintsOf = async (line: string) =>
    (await resolve(line)).map(({ publicKey }) => publicKey.primaryKey.fingerprint);

  test('only those count that GnuPG holds for genuine: a stranger cannot block an address, nor a whole user ID', async () => {
    const other = await stranger('Ann <ann@example.com>');
    for (const line of ['ann@example.com', '<ann@example.com>', 'Ann <ann@example.com>'])
      expect(await fingerprintsOf(line)).toEqual([ann]);

    trust(other, ULTIMATE);
    const { problems } = await eyamlErrorOf(() => resolve('ann@example.com'));
    expect(problems.map(({ rule }) => rule)).toEqual(['recipient-ambiguous']);
  });

  test('a part of a user ID does not choose the genuine one: that may be somebody else', async () => {
    await stranger('Alice Example');
    const { problems } = await eyamlErrorOf(() => resolve('Alic'));
    expect(problems.map(({ rule }) => rule)).toEqual(['recipient-ambiguous']);
  });

  test("a stranger's key alone is not genuine", async () => {
    await stranger('Eve <eve@example.com>');
    const { problems } = await eyamlErrorOf(() => resolve('eve@example.com'));
    expect(problems.map(({ rule }) => rule)).toEqual(['recipient-not-valid']);
  });
});
