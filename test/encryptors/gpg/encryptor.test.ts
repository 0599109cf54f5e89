import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Encryptor } from '../../../src/encryptors/encryptor.js';
import { createGpgEncryptor } from '../../../src/encryptors/gpg/encryptor.js';
import { EyamlError } from '../../../src/errors.js';
import { createGnupgKeystore } from '../../../src/keys/gnupg/gnupg.js';
import type { Keystore } from '../../../src/keys/keystore.js';
import { readMessage } from '../../../src/openpgp/message.js';
import { canEncryptTo } from '../../helpers/abilities.js';
import { SILENT } from '../../helpers/context.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import {
  BOBS_PASSPHRASE,
  createGnupgHome,
  FINGERPRINTS,
  FIXTURES,
  type GnupgHome,
  type HomeContent,
} from '../../helpers/gnupg.js';
import { fakePinentry } from '../../helpers/pinentry.js';
import { searchFinding } from '../../helpers/search.js';

const SUBKEYS = {
  alice: '618FFB1B4D739FFF',
  bob: '1E8E7705F0FDE5ED',
  puppetmaster: 'C625998B892677F8',
  carol: '77EF725007816870',
  brian: 'BED40375E228AB33',
  dan: '1370C65E701BB4D3',
  rota: '219388DA97F7FD70',
  zoe: 'F289521FACF70370',
  olga: 'E76F1517C9D8A23D',
} as const;
type Name = keyof typeof SUBKEYS;
const ROTAS_OLD_SUBKEY = 'E1A609B4914EE3A9';

interface Opened extends Encryptor {
  readonly notes: readonly string[];
  readonly details: readonly string[];
}

/** The encryptor as the command makes it, for recipients that are one line each. */
function encryptorFor(home: GnupgHome, recipients: readonly string[] = [], more: Partial<Keystore> = {}): Opened {
  const notes: string[] = [];
  const details: string[] = [];
  const keystore = createGnupgKeystore({ home: home.path, environment: { PATH: process.env.PATH } });
  const insist = (line: string) => expect.fail(`it insisted: ${line}`);
  const messages = { insist, warn: (note: string) => notes.push(note), detail: (line: string) => details.push(line) };
  onTestFinished(() => keystore.close());
  return {
    ...createGpgEncryptor({
      keystore: { ...keystore, ...more },
      trust: 'wot',
      ...searchFinding(recipients),
      messages,
    }),
    notes,
    details,
  };
}

const seal = async (encryptor: Encryptor, plaintext: string | Uint8Array) =>
  (await encryptor.prepare('target')).encrypt(Buffer.from(plaintext));
const open = async (encryptor: Encryptor, message: Uint8Array) =>
  Buffer.from(await encryptor.decrypt(message)).toString();

/** A home for one test, with a pinentry that gives the passphrase so many times, or is cancelled. */
function homeWithPinentry(content: HomeContent, passphrase?: string, times?: number) {
  const pinentry = fakePinentry(passphrase, times);
  const home = createGnupgHome({ ...content, agentConf: [pinentry.agentConf, ...(content.agentConf ?? [])] });
  onTestFinished(() => {
    home.remove();
    pinentry.remove();
  });
  return { home, pinentry };
}

let everybody: GnupgHome;
beforeAll(() => {
  everybody = createGnupgHome({
    secret: ['alice', 'puppetmaster', 'carol', 'brian', 'dan', 'rota', 'zoe', 'olga'],
    pub: ['bob', 'ann'],
  });
});
afterAll(() => everybody.remove());

describe('vectors', () => {
  const VECTORS: readonly { name: string; text?: string; code?: string }[] = [
    { name: 'hidden-recipient.gpg', text: 'hidden recipient' },
    { name: 'one-hidden-one-named.gpg', text: 'one hidden, one named' },
    { name: 'compressed-zlib.gpg', text: 'compressed '.repeat(100) },
    { name: 'compressed-bzip2.gpg', text: 'compressed '.repeat(100) },
    { name: 'armored.asc', text: 'armored' },
    { name: 'signed-and-encrypted.gpg', text: 'signed too' },
    { name: 'password-and-key.gpg', text: 'password and key' },
    { name: 'camellia256.gpg', text: 'aes128 camellia' },
    { name: '3des.gpg', text: '3des' },
    { name: 'aead-ocb-packet20.gpg', text: 'aead ocb, packet 20' },
    { name: 'aead-eax-packet20.gpg', text: 'aead ocb, packet 20' },
    { name: 'truncated.gpg', code: 'MESSAGE_INVALID' },
    { name: 'bad-mdc.gpg', code: 'MESSAGE_INVALID' },
  ];
  const octetsOf = (name: string) => readFileSync(path.join(FIXTURES, 'vectors', name));

  test.each(VECTORS)('$name', async ({ name, text, code }) => {
    const encryptor = encryptorFor(everybody);
    if (code === undefined) expect((await open(encryptor, octetsOf(name))).trimEnd()).toBe(text?.trimEnd());
    else expect((await eyamlErrorOf(() => encryptor.decrypt(octetsOf(name)))).code).toBe(code);
  });

  test.each(VECTORS.filter(({ text, name }) => text && name !== 'one-hidden-one-named.gpg'))(
    '$name is not for zoe',
    async ({ name }) => {
      const { home, pinentry } = homeWithPinentry({ secret: ['zoe'] });
      const wanted =
        name === 'password-and-key.gpg' ? /^(?:PASSPHRASE_|MESSAGE_INVALID|NO_SECRET_KEY)/ : /^NO_SECRET_KEY$/;
      expect((await eyamlErrorOf(() => encryptorFor(home).decrypt(octetsOf(name)))).code).toMatch(wanted);
      expect(pinentry.starts()).toBeLessThan(2);
    },
  );

  test('password-and-key.gpg opens with the password alone', async () => {
    const { home } = homeWithPinentry({}, 'swordfish');
    expect(await open(encryptorFor(home), octetsOf('password-and-key.gpg'))).toMatch(/^password and key/);
  });

  test('a message whose session key is damaged is MESSAGE_INVALID, not somebody else’s', async () => {
    for (const name of ['alice', 'puppetmaster', 'dan'].filter((name) => canEncryptTo(name))) {
      const damaged = Buffer.from(await seal(encryptorFor(everybody, [FINGERPRINTS[name] ?? '']), 'x'));
      damaged[80] = (damaged[80] ?? 0) ^ 1;
      const error = await eyamlErrorOf(() => encryptorFor(everybody).decrypt(damaged));
      expect([name, error.code]).toEqual([name, 'MESSAGE_INVALID']);
    }
  });
});

test('gpg-sq says of a damaged session key that there is no secret key: that is not believed where the agent has used it', async () => {
  const decrypt = () => Promise.reject(new EyamlError('NO_SECRET_KEY', 'gpg has no secret key that opens this value'));
  const damaged = Buffer.from(await seal(encryptorFor(everybody, ['alice@example.com']), 'x'));
  damaged[80] = (damaged[80] ?? 0) ^ 1;
  const error = await eyamlErrorOf(() => encryptorFor(everybody, [], { decrypt }).decrypt(damaged));
  expect(error.code).toBe('MESSAGE_INVALID');
});

/** What `gpg --list-packets` says, as one who cannot open the message sees it, and as one who can. */
function packetsOf(message: Uint8Array) {
  const listing = everybody.gpg(['--list-packets', '--verbose'], message).toString();
  return {
    readers: [...listing.matchAll(/^:pubkey enc packet: version 3, .* keyid (\w+)$/gm)]
      .map(([, keyId]) => keyId)
      .sort(),
    kinds: [...listing.matchAll(/^:(\w+(?: \w+)*) packet:/gm)]
      .map(([, kind]) => kind)
      .filter((kind) => kind !== 'pubkey enc'),
    mdcMethod: /mdc_method: (\d+)/.exec(listing)?.[1],
    literal: /mode (\w) \(\w+\), created \d+, name="([^"]*)"/.exec(listing)?.slice(1),
  };
}

describe('every message written', () => {
  const OCTETS = Buffer.from('\0\r\nany \xff octets\n', 'latin1');
  const CASES: readonly (readonly Name[])[] = [
    ['alice'],
    ['puppetmaster'],
    ['carol'],
    ['brian'],
    ['dan'],
    ['rota'],
    ['olga'],
    ['alice', 'bob', 'puppetmaster', 'zoe'],
    ['alice', 'brian', 'carol'],
    ['bob', 'dan', 'puppetmaster', 'rota'],
  ];

  test.for(CASES.map((names) => ({ names, who: names.join(', ') })))('for $who', async ({ names }, { skip }) => {
    skip(!canEncryptTo(...names), 'this gpg does not encrypt for all of them');
    const encryptor = encryptorFor(
      everybody,
      names.map((name) => FINGERPRINTS[name] ?? ''),
    );
    const message = await seal(encryptor, OCTETS);
    expect(packetsOf(message)).toEqual({
      readers: names.map((name) => SUBKEYS[name]).sort(),
      kinds: ['encrypted data', 'literal data'],
      mdcMethod: '2',
      literal: ['b', ''],
    });
    expect(Buffer.from(await encryptor.decrypt(message)).equals(OCTETS)).toBe(true);
    for (const name of names.filter((name) => name !== 'bob')) {
      // A secret key named so is the only one that gpg tries, and no other can help it.
      const alone = ['--show-session-key', '--decrypt', '--try-secret-key', `${SUBKEYS[name]}!`, '--output', '-'];
      expect(everybody.gpg([...alone], message).equals(OCTETS)).toBe(true);
    }
  });

  test.for(['alice', 'dan'])('is AES-256, and read by %s alone with her or his key alone', async (name, { skip }) => {
    skip(!canEncryptTo('dan'), 'this gpg does not encrypt for Dan');
    const message = await seal(encryptorFor(everybody, ['alice@example.com', 'dan@example.com']), 'x');
    const alone = createGnupgHome({ secret: [name] });
    onTestFinished(() => alone.remove());
    expect(alone.gpg(['--decrypt'], message).toString()).toBe('x');
    expect(await open(encryptorFor(alone), message)).toBe('x');
    const status = alone.gpg(['--status-fd', '1', '--decrypt'], message).toString();
    expect(status).toMatch(/DECRYPTION_INFO 2 9\b/);
  });

  test('is made without a run of gpg, where openpgp.js knows the algorithms', async () => {
    const names = ['alice', 'bob', 'puppetmaster', 'carol', 'rota', 'zoe', 'olga'].filter((name) => canEncryptTo(name));
    const keystore = createGnupgKeystore({ home: everybody.path, environment: { PATH: process.env.PATH } });
    const encryptor = createGpgEncryptor({
      keystore: { ...keystore, encrypt: () => Promise.reject(new Error('gpg was asked')) },
      trust: 'wot',
      ...searchFinding(names.map((name) => FINGERPRINTS[name])),
      messages: SILENT,
    });
    expect(packetsOf(await seal(encryptor, 'x')).readers).toHaveLength(names.length);
  });

  test('may be empty or long', async () => {
    const encryptor = encryptorFor(everybody, ['alice@example.com']);
    for (const text of ['', 'long '.repeat(100_000)]) {
      const message = await seal(encryptor, text);
      expect(await open(encryptor, message)).toBe(text);
      expect(everybody.gpg(['--decrypt'], message).toString()).toBe(text);
    }
  });

  test.each([
    [FINGERPRINTS.rota ?? '', [SUBKEYS.rota]],
    [`${ROTAS_OLD_SUBKEY}!`, [ROTAS_OLD_SUBKEY]],
    ['5AC8B38C665EED5C25518033E1A609B4914EE3A9! # the old one', [ROTAS_OLD_SUBKEY]],
  ])('for %s is for that subkey', async (recipient, readers) => {
    expect(packetsOf(await seal(encryptorFor(everybody, [recipient]), 'x')).readers).toEqual(readers);
  });

  test('for both subkeys of one person, when both are named', async () => {
    const encryptor = encryptorFor(everybody, ['rota@example.com', `${ROTAS_OLD_SUBKEY}!`]);
    expect(packetsOf(await seal(encryptor, 'x')).readers).toEqual([SUBKEYS.rota, ROTAS_OLD_SUBKEY].sort());
  });

  test('for a recipient named three times is for one', async () => {
    const encryptor = encryptorFor(everybody, [
      'alice@example.com',
      FINGERPRINTS.alice ?? '',
      'Alice <alice@example.com>',
    ]);
    expect(packetsOf(await seal(encryptor, 'x')).readers).toEqual([SUBKEYS.alice]);
  });
});

describe('a gpg.conf has no say in who can read', () => {
  const home = createGnupgHome({ secret: ['alice', 'dan'], pub: ['mallory'] });
  afterAll(() => home.remove());
  const mallory = FINGERPRINTS.mallory ?? '';

  test.each([
    [`encrypt-to ${mallory}`],
    [`hidden-encrypt-to ${mallory}`],
    ['throw-keyids'],
    ['armor'],
    ['default-recipient-self'],
    [`default-recipient ${mallory}`],
    [`default-key ${mallory}\nencrypt-to-default-key`],
    ['compress-algo zip\ncipher-algo 3des\npersonal-cipher-preferences cast5\ntextmode\nset-filename secret.txt'],
  ])('%s', async (line) => {
    writeFileSync(path.join(home.path, 'gpg.conf'), `${line}\n`);
    // The one is written by openpgp.js, the other by gpg.
    const lists: readonly (readonly Name[])[] = [['alice'], ['alice', 'dan']];
    for (const names of lists.filter((names) => canEncryptTo(...names))) {
      const encryptor = encryptorFor(
        home,
        names.map((name) => `${name}@example.com`),
      );
      const message = await seal(encryptor, 'a\r\nb');
      expect(packetsOf(message)).toEqual({
        readers: names.map((name) => SUBKEYS[name]).sort(),
        kinds: ['encrypted data', 'literal data'],
        mdcMethod: '2',
        literal: ['b', ''],
      });
      expect(await open(encryptor, message)).toBe('a\r\nb');
    }
  });

  test('and when it would add somebody all the same, nothing is encrypted', async ({ skip }) => {
    skip(!canEncryptTo('dan'), 'this gpg does not encrypt for Dan, and no other key is for gpg alone');
    writeFileSync(path.join(home.path, 'gpg.conf'), `recipient ${mallory}\n`);
    const encryptor = encryptorFor(home, ['dan@example.com']);
    expect((await eyamlErrorOf(() => seal(encryptor, 'x'))).code).toBe('ENCRYPT_FAILED');
  });
});

describe('passphrases', () => {
  const forBob = (...more: string[]) => seal(encryptorFor(everybody, ['bob@example.com', ...more]), 'secret');

  test('are asked for once, however many values there are', async () => {
    const { home, pinentry } = homeWithPinentry({ secret: ['bob'] }, BOBS_PASSPHRASE);
    const message = await forBob();
    const encryptor = encryptorFor(home);
    expect(await Promise.all([1, 2, 3, 4].map(() => open(encryptor, message)))).toEqual(Array(4).fill('secret'));
    expect(pinentry.starts()).toBe(1);
  });

  describe('with an agent that forgets passphrases at once', () => {
    const agentConf = ['default-cache-ttl 0'];

    test('the passphrase is asked for once for many values all the same', async () => {
      const { home, pinentry } = homeWithPinentry({ secret: ['bob'], agentConf }, BOBS_PASSPHRASE);
      const encryptor = encryptorFor(home);
      const messages = ['one', 'two', 'three'].map((text) => home.gpg(['-r', 'bob@example.com', '-e'], text));
      expect(await Promise.all(messages.map((message) => open(encryptor, message)))).toEqual(['one', 'two', 'three']);
      expect(pinentry.starts()).toBe(1);
    });

    test.each([
      { answer: 'wrong', code: 'PASSPHRASE_WRONG', starts: 3 },
      { answer: undefined, code: 'PASSPHRASE_CANCELLED', starts: 1 },
    ])('$code: the next value does not ask again', async ({ answer, code, starts }) => {
      const { home, pinentry } = homeWithPinentry({ secret: ['bob'], agentConf }, answer);
      const encryptor = encryptorFor(home);
      const message = home.gpg(['-r', 'bob@example.com', '-e'], 'x');
      for (let value = 1; value <= 2; value += 1)
        await expect(encryptor.decrypt(message)).rejects.toMatchObject({ code });
      expect(pinentry.starts()).toBe(starts);
    });
  });

  test('are not asked for when another of one’s keys needs none', async () => {
    const { home, pinentry } = homeWithPinentry({ secret: ['bob', 'puppetmaster'] }, BOBS_PASSPHRASE);
    expect(await open(encryptorFor(home), await forBob(FINGERPRINTS.puppetmaster ?? ''))).toBe('secret');
    expect(pinentry.starts()).toBe(0);
  });

  test('once refused are not asked for again', async () => {
    const { home, pinentry } = homeWithPinentry({ secret: ['bob'] });
    const message = await forBob();
    const encryptor = encryptorFor(home);
    const errors = await Promise.all([1, 2, 3].map(() => eyamlErrorOf(() => encryptor.decrypt(message))));
    errors.push(await eyamlErrorOf(() => encryptor.decrypt(message)));
    expect(errors.map(({ code }) => code)).toEqual(Array(4).fill('PASSPHRASE_CANCELLED'));
    expect(pinentry.starts()).toBe(1);
  });

  test('that are wrong say so', async () => {
    const { home } = homeWithPinentry({ secret: ['bob'] }, 'wrong');
    const error = await eyamlErrorOf(async () => encryptorFor(home).decrypt(await forBob()));
    expect(error.code).toBe('PASSPHRASE_WRONG');
    expect(error.message).not.toMatch(/secret$|correct horse/);
  });
});

describe('a message that is for a password alone', () => {
  const message = () =>
    everybody.gpg(['--pinentry-mode', 'loopback', '--passphrase', 'swordfish', '--symmetric'], 'by password');

  test('is opened through gpg', async () => {
    const { home, pinentry } = homeWithPinentry({ secret: ['zoe'] }, 'swordfish');
    expect(await open(encryptorFor(home), message())).toBe('by password');
    expect(pinentry.starts()).toBe(1);
  });

  test('is PASSPHRASE_CANCELLED when the pinentry is cancelled', async () => {
    const { home } = homeWithPinentry({});
    expect((await eyamlErrorOf(() => encryptorFor(home).decrypt(message()))).code).toBe('PASSPHRASE_CANCELLED');
  });

  test('is PASSPHRASE_WRONG when the pinentry gives another; gpg-sq asks again until it is cancelled', async () => {
    const { home } = homeWithPinentry({}, 'not it', 1);
    expect((await eyamlErrorOf(() => encryptorFor(home).decrypt(message()))).code).toMatch(
      /^PASSPHRASE_(?:WRONG|CANCELLED)$/,
    );
  });
});

describe('hidden recipients', () => {
  test('are found among keys of other algorithms and curves', async () => {
    const names = ['alice', 'carol', 'puppetmaster', 'dan', 'brian'].filter((name) => canEncryptTo(name));
    for (const name of names) {
      const message = everybody.gpg(['--hidden-recipient', FINGERPRINTS[name] ?? '', '--encrypt'], name);
      // gpg-sq encrypts for each part of a key that can be encrypted to.
      const readers = (await readMessage(message)).pkesks.map(({ keyId }) => keyId);
      expect([...new Set(readers)]).toEqual(['0000000000000000']);
      expect(await open(encryptorFor(everybody), message)).toBe(name);
    }
  });
});

describe('who is told what', () => {
  test('one who is no recipient is warned, once for each list', async () => {
    const { home } = homeWithPinentry({ secret: ['zoe'], pub: ['alice'] });
    const encryptor = encryptorFor(home, ['alice@example.com']);
    await Promise.all([seal(encryptor, 'a'), seal(encryptor, 'b')]);
    expect(encryptor.notes).toEqual([expect.stringContaining('you will not be able to read these values')]);
  });

  test('a recipient is not', async () => {
    const encryptor = encryptorFor(everybody, ['alice@example.com', 'bob@example.com']);
    await encryptor.prepare('target');
    expect(encryptor.notes).toEqual([]);
    expect(encryptor.details).toEqual([
      'encrypting for the recipients of recipients:',
      `  ${FINGERPRINTS.alice ?? ''} Alice <alice@example.com>, from GnuPG`,
      `  ${FINGERPRINTS.bob ?? ''} Bob <bob@example.com>, from GnuPG`,
    ]);
  });

  test('an error names who can read the message', async () => {
    const message = await seal(encryptorFor(everybody, ['alice@example.com']), 'x');
    const { home } = homeWithPinentry({ secret: ['zoe'] });
    const error = await eyamlErrorOf(() => encryptorFor(home).decrypt(message));
    expect([error.code, error.message]).toEqual(['NO_SECRET_KEY', expect.stringContaining(SUBKEYS.alice)]);
  });

  test('a keyring without secret keys is said to be one', async () => {
    const message = await seal(encryptorFor(everybody, ['alice@example.com']), 'x');
    const { home } = homeWithPinentry({ pub: ['alice'] });
    const error = await eyamlErrorOf(() => encryptorFor(home).decrypt(message));
    expect(error.message).toContain('your keyring holds no secret key at all');
    expect(error.suggestions.join()).toContain('gpg --list-secret-keys');
  });
});
