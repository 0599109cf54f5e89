import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGpg, type Gpg } from '../../../src/keys/gnupg/gpg.js';
import { exportPublicKeys, listPublicKeys, listSecretKeys } from '../../../src/keys/gnupg/keyring.js';
import { decryptWithGpg, encryptWithGpg } from '../../../src/keys/gnupg/messages.js';
import type { Fingerprint } from '../../../src/openpgp/identifiers.js';
import { canEncryptTo } from '../../helpers/abilities.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../../helpers/gnupg.js';

const { alice = '', dan = '' } = FINGERPRINTS;
const ALICES_SUBKEY = '52F72E0B18501EB6343FAC64618FFB1B4D739FFF' as Fingerprint;
const DANS_SUBKEY = '0D653CAF0BE651E7046997A61370C65E701BB4D3' as Fingerprint;

// For alice, in a packet of type 9, as GnuPG 2.2.40 wrote it with --rfc2440.
const WITHOUT_MDC =
  'hF4DYY/7G01zn/8SAQdAPSLKVBeTKRyMmrKeG8e9XW6+rgRosmBvZRLymARCZBEwqy7CCrRoDKLP4/Bdmd467g/5lXRdsD57j3oX' +
  'Si36if5DkjErkZOw3oiCBory/HMMySDvVSsysSNNcszVe9x0+qHGu0NUWQf10Z2cFvH4pbYrGQ==';

// As GnuPG 2.2.40 wrote it with --store.
const COMPRESSED = 'owE7zZPEkM1TvLUgJzEzjwsA';

// The packet of a public key in the old format, as GnuPG writes it, or in the new one.
const PUBLIC_KEY = [0x98, 0xc6];

let home: GnupgHome;
let gpg: Gpg;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice', 'dan'], pub: ['ann', 'joann', 'zoe'] });
  home.gpg([
    '--passphrase',
    '',
    '--quick-gen-key',
    'Odd: *name\\x <odd@example.com>',
    'future-default',
    'default',
    'never',
  ]);
  gpg = createGpg(home.path, { PATH: process.env.PATH });
});
afterAll(() => home.remove());

describe('listing public keys', () => {
  const names = async (...terms: Parameters<typeof listPublicKeys>[1]) =>
    (await listPublicKeys(gpg, terms)).map(({ userIds }) => userIds[0]?.text).sort();

  test.each([
    ['ann@example.com', ['Ann <ann@example.com>', 'Joann <joann@example.com>']],
    ['ANN@example.Com', ['Ann <ann@example.com>', 'Joann <joann@example.com>']],
    ['Zoë', ['Zoë Ünïcode <zoe@example.com>']],
    ['Odd: *name', ['Odd: *name\\x <odd@example.com>']],
    ['*name', ['Odd: *name\\x <odd@example.com>']],
    ['=Ann <ann@example.com>', []],
    ['--list-secret-keys', []],
    ['ghost', []],
  ])('the text %s', async (text, wanted) => expect(await names({ kind: 'text', text })).toEqual(wanted));

  test('several terms, some of them unknown', async () => {
    const terms = [alice, dan.slice(-16), '0'.repeat(40)].map((hex) => ({ kind: 'hex' as const, hex }));
    expect(await names(...terms)).toEqual(['Alice <alice@example.com>', 'Dan <dan@example.com>']);
  });

  test('fingerprints and texts together', async () => {
    const terms = [
      { kind: 'hex', hex: dan.toLowerCase() },
      { kind: 'text', text: '(' },
      { kind: 'text', text: 'joann' },
    ] as const;
    expect(await names(...terms)).toEqual(['Dan <dan@example.com>', 'Joann <joann@example.com>']);
  });

  test('more terms than a command line holds', async () => {
    const unknown = Array.from({ length: 150_000 }, (_, n) => n.toString(16).toUpperCase().padStart(16, '0'));
    const terms = [...unknown, alice].map((hex) => ({ kind: 'hex' as const, hex }));
    expect((await listPublicKeys(gpg, terms)).map(({ userIds }) => userIds[0]?.text)).toEqual([
      'Alice <alice@example.com>',
    ]);
  });

  test('gpg is told fingerprints and key IDs, and never a text', async () => {
    const told: (readonly string[])[] = [];
    const listening = { ...gpg, run: (args: readonly string[]) => (told.push(args), gpg.run(args)) };
    const hex = { kind: 'hex', hex: alice } as const;
    await listPublicKeys(listening, [hex]);
    await listPublicKeys(listening, [hex, { kind: 'text', text: 's3cr3t' }, { kind: 'text', text: 'ann@example.com' }]);
    expect(told.map((args) => args.filter((arg) => !arg.startsWith('--')))).toEqual([[`0x${alice}`], []]);
  });

  test('no term is no key, not all of them', async () => expect(await names()).toEqual([]));
});

test('listing secret keys', async () => {
  const keys = await listSecretKeys(gpg);
  expect(keys.map(({ userIds }) => userIds[0]?.text)).toEqual(
    expect.arrayContaining(['Alice <alice@example.com>', 'Dan <dan@example.com>']),
  );
  expect(keys.every(({ secrets }) => [...secrets.values()].every(Boolean))).toBe(true);
});

test('a keyring without secret keys', async () => {
  const other = createGnupgHome({ pub: ['alice'] });
  try {
    expect(await listSecretKeys(createGpg(other.path, { PATH: process.env.PATH }))).toEqual([]);
  } finally {
    other.remove();
  }
});

describe('exporting', () => {
  test('gives binary keys', async () => {
    const octets = await exportPublicKeys(gpg, [alice as Fingerprint]);
    expect(PUBLIC_KEY).toContain(octets[0]);
    expect(await exportPublicKeys(gpg, [])).toHaveLength(0);
  });

  test('gives binary keys also when gpg.conf asks for armor', async () => {
    const other = createGnupgHome({ pub: ['alice'] });
    try {
      writeFileSync(path.join(other.path, 'gpg.conf'), 'armor\n');
      const octets = await exportPublicKeys(createGpg(other.path, { PATH: process.env.PATH }), [alice as Fingerprint]);
      expect(PUBLIC_KEY).toContain(octets[0]);
    } finally {
      other.remove();
    }
  });
});

describe('encrypting and decrypting', () => {
  test.for([
    ['alice', ALICES_SUBKEY],
    ['dan', DANS_SUBKEY],
  ] as const)('any octets come back, for %s', async ([name, subkey], { skip }) => {
    skip(!canEncryptTo(name), 'this gpg does not encrypt for this key');
    const plaintext = Buffer.from('a\r\n\0\xffz\n', 'latin1');
    const message = await encryptWithGpg(gpg, plaintext, [subkey]);
    expect((await decryptWithGpg(gpg, message)).equals(plaintext)).toBe(true);
  });

  test('for a key that is not there', async () => {
    const error = await eyamlErrorOf(() => encryptWithGpg(gpg, Buffer.from('secret'), ['0'.repeat(40) as Fingerprint]));
    expect(error.code).toBe('GPG_FAILED');
    expect(error.message).toContain('gpg could not encrypt');
    expect(error.message).not.toContain('secret');
  });

  test.each([
    ['what is no message', () => Buffer.from('no message')],
    ['nothing', () => Buffer.alloc(0)],
    ['a message that is only compressed', () => Buffer.from(COMPRESSED, 'base64')],
    ['a message that is only signed', () => home.gpg(['--local-user', alice, '--sign'], 'plain')],
    ['a message without integrity protection', () => Buffer.from(WITHOUT_MDC, 'base64')],
  ])('%s gives MESSAGE_INVALID', async (_, message) => {
    expect((await eyamlErrorOf(() => decryptWithGpg(gpg, message()))).code).toBe('MESSAGE_INVALID');
  });

  test('a message for somebody else gives NO_SECRET_KEY', async () => {
    const message = home.gpg(['--recipient', FINGERPRINTS.ann ?? '', '--encrypt'], 'plain');
    expect((await eyamlErrorOf(() => decryptWithGpg(gpg, message))).code).toBe('NO_SECRET_KEY');
  });
});

describe('what is broken says so and does not pass for an empty keyring', () => {
  test.each([
    ['gpg.conf', 'trust-model nonsense\n'],
    ['pubring.kbx', 'not a keyring'],
  ])('%s', async (file, content) => {
    const other = createGnupgHome({ pub: ['alice'] });
    try {
      writeFileSync(path.join(other.path, file), content);
      const broken = createGpg(other.path, { PATH: process.env.PATH });
      for (const term of [{ kind: 'hex', hex: alice } as const, { kind: 'text', text: 'alice' } as const]) {
        const error = await eyamlErrorOf(() => listPublicKeys(broken, [term]));
        expect(error.code).toBe('GPG_FAILED');
        expect(error.message).toMatch(/^gpg could not list public keys \((?:exit code \d|ended by SIGKILL)\): /);
      }
    } finally {
      other.remove();
    }
  });

  test('a line of gpg.conf that gpg only warns about does not matter', async () => {
    appendFileSync(path.join(home.path, 'gpg.conf'), 'secret-keyring old.gpg\n');
    expect(await listPublicKeys(gpg, [{ kind: 'hex', hex: alice }])).toHaveLength(1);
  });
});
