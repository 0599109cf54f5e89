import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Encryptor } from '../../../src/encryptors/encryptor.js';
import { scan } from '../../../src/eyaml/scan.js';
import { isValue } from '../../../src/eyaml/token.js';
import { createGnupgKeystore } from '../../../src/keys/gnupg/gnupg.js';
import type { KeyPart, Keystore, PublicKey, Validity } from '../../../src/keys/keystore.js';
import type { Fingerprint } from '../../../src/openpgp/identifiers.js';
import { readHead } from '../../../src/openpgp/inspect.js';
import { readMessage } from '../../../src/openpgp/message.js';
import { parseRecipientsFile } from '../../../src/recipients/file.js';
import { resolveRecipients } from '../../../src/recipients/resolve.js';
import { decryptToMarkers } from '../../../src/verbs/decrypt.js';
import { defined } from '../../helpers/defined.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../../helpers/gnupg.js';
import { encryptorWith, EVERYBODY, keyfiles, secretSource } from '../../helpers/keyfiles.js';

const OPENABLE = ['alice', 'bob', 'puppetmaster', 'carol', 'brian', 'rota', 'olga', 'zoe'];

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({
    secret: OPENABLE.filter((name) => name !== 'bob'),
    pub: ['bob', 'dan', 'expired', 'revoked', 'nosub', 'mallory', 'ann', 'joann'],
  });
});
afterAll(() => home.remove());

const fingerprintOf = (name: string) => FINGERPRINTS[name] ?? '';
const seal = async (encryptor: Encryptor, plaintext: string | Uint8Array) =>
  (await encryptor.prepare('target')).encrypt(Buffer.from(plaintext));
const open = async (encryptor: Encryptor, message: Uint8Array) =>
  Buffer.from(await encryptor.decrypt(message)).toString();

describe('public keys', () => {
  test('are told as GnuPG tells them, but that nobody vouches for them', async () => {
    const gnupg = createGnupgKeystore({ home: home.path, environment: { PATH: process.env.PATH } });
    const unvouched = (validity: Validity) => (/[er]/.test(validity) ? validity : '-');
    const part = (one: KeyPart) => ({ ...one, keygrip: undefined, validity: unvouched(one.validity) });
    const plain = ({ primaryKey, subkeys, userIds }: PublicKey) => ({
      primaryKey: part(primaryKey),
      subkeys: subkeys.map(part),
      userIds: userIds.map(({ text, validity }) => ({ text, validity: unvouched(validity) })),
    });
    const all = [{ kind: 'text', text: 'e' }] as const;
    const [ours, theirs] = await Promise.all([keyfiles({}).search(all), gnupg.search(all)]);
    const sorted = (keys: readonly PublicKey[]) =>
      keys.map(plain).sort((a, b) => a.primaryKey.fingerprint.localeCompare(b.primaryKey.fingerprint));
    expect(ours).toHaveLength(EVERYBODY.length);
    expect(sorted(ours)).toEqual(sorted(theirs));
  });

  test.each([
    [{ kind: 'hex', hex: FINGERPRINTS.alice ?? '' }, ['alice']],
    [{ kind: 'hex', hex: '618FFB1B4D739FFF' }, ['alice']],
    [{ kind: 'hex', hex: '618ffb1b4d739fff' }, ['alice']],
    [{ kind: 'hex', hex: '0000000000000001' }, []],
    [{ kind: 'text', text: 'ann@example.com' }, ['ann', 'joann']],
    [{ kind: 'text', text: 'PUPPETMASTER' }, ['puppetmaster']],
    [{ kind: 'text', text: 'Ünïcode' }, ['zoe']],
    [{ kind: 'text', text: 'nobody' }, []],
  ] as const)('%j finds %j', async (term, names) => {
    const found = await keyfiles({}).search([term]);
    expect(found.map(({ primaryKey }) => primaryKey.fingerprint).sort()).toEqual(names.map(fingerprintOf).sort());
  });

  test('those of one’s own secret keys are among them', async () => {
    const store = keyfiles({ pub: [], secret: ['alice'] });
    expect(await store.search([{ kind: 'text', text: 'alice' }])).toHaveLength(1);
    expect(await open(encryptorWith(store), await seal(encryptorWith(store, ['alice@example.com']), 'x'))).toBe('x');
  });

  test('recipients are resolved with the same problems as in a keyring', async () => {
    const lines = [
      'ann@example.com',
      'ghost@example.com',
      'nosub',
      'expired@example.com',
      'revoked@example.com',
      'example.com',
    ];
    const list = parseRecipientsFile(lines.join('\n'), 'recipients');
    const gnupg = createGnupgKeystore({ home: home.path, environment: { PATH: process.env.PATH } });
    const problems = async (store: Keystore) =>
      (await eyamlErrorOf(() => resolveRecipients(list, store, 'always'))).problems;
    const [ours, theirs] = await Promise.all([problems(keyfiles({})), problems(gnupg)]);
    expect(ours.map(({ rule, place }) => [place, rule])).toEqual(theirs.map(({ rule, place }) => [place, rule]));
    // Which keys are listed first may differ, not what is said of them.
    expect(ours.slice(0, -1).map(({ message }) => message)).toEqual(theirs.slice(0, -1).map(({ message }) => message));
    expect(ours.map(({ suggestion }) => suggestion).join()).not.toContain('gpg --import');
  });
});

describe('every kind of key', () => {
  test.each(OPENABLE)('of %s: what is written here GnuPG reads, and the reverse', async (name) => {
    const store = keyfiles({ secret: [name] });
    const message = await seal(encryptorWith(store, [fingerprintOf(name)]), 'hello');
    expect(await open(encryptorWith(store), message)).toBe('hello');
    if (name !== 'bob') expect(home.gpg(['--decrypt'], message).toString()).toBe('hello');
    const theirs = home.gpg(['--trust-model', 'always', '--recipient', fingerprintOf(name), '--encrypt'], 'hi');
    expect(await open(encryptorWith(store), theirs)).toBe('hi');
  });

  test('many recipients, a Brainpool key among them: one message, which each of them reads', async () => {
    const names = ['alice', 'brian', 'carol', 'puppetmaster', 'rota', 'olga'];
    const message = await seal(encryptorWith(keyfiles({}), names.map(fingerprintOf)), 'for all '.repeat(5000));
    expect(readHead(message)).toMatchObject({ protection: 'mdc', hasPassword: false });
    expect(readHead(message).readers).toHaveLength(names.length);
    for (const name of names)
      expect(await open(encryptorWith(keyfiles({ secret: [name] })), message)).toBe('for all '.repeat(5000));
    expect(home.gpg(['--decrypt'], message).toString()).toBe('for all '.repeat(5000));
  });

  test('DSA with ElGamal needs GnuPG, and that is said with the key', async () => {
    const store = keyfiles({ secret: ['dan'] });
    const error = await eyamlErrorOf(() => seal(encryptorWith(store, [fingerprintOf('dan')]), 'x'));
    expect([error.code, error.message]).toEqual(['ENCRYPT_FAILED', expect.stringMatching(/only GnuPG .*Dan <dan@/)]);
    const message = home.gpg(['--trust-model', 'always', '--recipient', fingerprintOf('dan'), '--encrypt'], 'x');
    expect((await eyamlErrorOf(() => encryptorWith(store).decrypt(message))).code).toBe('METHOD_UNAVAILABLE');
    const [subkey] = await store.ownSubkeys();
    const unwrap = () => store.unwrap(defined(subkey), { kind: 'rsa', encrypted: Buffer.alloc(256, 1) });
    expect((await eyamlErrorOf(unwrap)).message).toMatch(/is a type of key that only GnuPG can use/);
  });

  test('several secret keys: the cheapest opens a message, and a locked one comes last', async () => {
    const store = keyfiles({ secret: ['bob', 'olga', 'carol', 'alice'] });
    const own = await store.ownSubkeys();
    const names = (await store.byCost(own)).map(({ userId }) => userId.split(' ')[0]);
    expect(names.slice(0, 2)).toEqual(['Alice', 'Carol']);
    expect(names.at(-1)).toBe('Bob');
    const message = await seal(encryptorWith(store, ['bob', 'olga'].map(fingerprintOf)), 'x');
    expect(await open(encryptorWith(store), message)).toBe('x');
    expect(store.asked).toEqual([]);
  });
});

describe('messages', () => {
  const vector = (name: string) => readFileSync(path.join(FIXTURES, 'vectors', name));
  test.each([
    ['hidden-recipient.gpg', 'hidden recipient'],
    ['one-hidden-one-named.gpg', 'one hidden, one named'],
    ['compressed-zlib.gpg', 'compressed '.repeat(100)],
    ['compressed-bzip2.gpg', 'compressed '.repeat(100)],
    ['armored.asc', 'armored'],
    ['signed-and-encrypted.gpg', 'signed too'],
    ['password-and-key.gpg', 'password and key'],
    ['3des.gpg', '3des'],
    ['aead-ocb-packet20.gpg', 'aead ocb, packet 20'],
    ['aead-eax-packet20.gpg', 'aead ocb, packet 20'],
  ])('%s', async (name, text) => {
    for (const secret of [['alice'], ['zoe', 'rota', 'carol', 'alice']])
      expect((await open(encryptorWith(keyfiles({ secret })), vector(name))).trimEnd()).toBe(text.trimEnd());
  });

  test.each([
    ['truncated.gpg', 'alice', 'MESSAGE_INVALID'],
    ['bad-mdc.gpg', 'alice', 'MESSAGE_INVALID'],
    ['camellia256.gpg', 'alice', 'METHOD_UNAVAILABLE'],
    ['password-and-key.gpg', 'zoe', 'METHOD_UNAVAILABLE'],
    ['hidden-recipient.gpg', 'zoe', 'NO_SECRET_KEY'],
    ['armored.asc', 'zoe', 'NO_SECRET_KEY'],
  ])('%s with the key of %s is %s', async (name, who, code) => {
    const encryptor = encryptorWith(keyfiles({ secret: [who] }));
    expect((await eyamlErrorOf(() => encryptor.decrypt(vector(name)))).code).toBe(code);
  });

  test.each(['alice', 'puppetmaster', 'carol'])(
    'with a damaged session key for %s are MESSAGE_INVALID',
    async (name) => {
      const store = keyfiles({ secret: [name] });
      const damaged = Buffer.from(await seal(encryptorWith(store, [fingerprintOf(name)]), 'x'));
      damaged[80] = (damaged[80] ?? 0) ^ 1;
      expect((await eyamlErrorOf(() => encryptorWith(store).decrypt(damaged))).code).toBe('MESSAGE_INVALID');
    },
  );

  test('without any secret key the error says what to name, and nothing of gpg', async () => {
    const error = await eyamlErrorOf(() => encryptorWith(keyfiles({})).decrypt(vector('armored.asc')));
    expect(error.code).toBe('NO_SECRET_KEY');
    expect(error.suggestions.join()).toMatch(/secret key/);
    expect(error.suggestions.join()).not.toMatch(/\bgpg --/);
  });
});

describe('the fixture tree', () => {
  const MARKER = /DEC::GPG\[(.*?)\]!/gs;
  // The insides of markers without indents, so that those pasted at column 0 compare equal.
  const markers = (text: string) =>
    Array.from(text.matchAll(MARKER), ([, inside = '']) => inside.replace(/\n +/g, '\n'));

  test.each([
    ['development/app1/common.eyaml', ['ann']],
    ['development/app2/common.eyaml', ['brian']],
    ['development/app2/crlf.eyaml', ['carol']],
    ['production/role.eyaml', ['bob']],
    ['production/dc1/base.eyaml', ['rota']],
    ['production/dc1/base.eyaml', ['puppetmaster', 'dan']],
  ])('%s is read as it was written, with the key of %j', async (file, secret) => {
    const encryptors = new Map([['GPG', encryptorWith(keyfiles({ secret }))]]);
    const wanted = readFileSync(path.join(FIXTURES, 'plain', file), 'utf8');
    const shown = await decryptToMarkers(readFileSync(path.join(FIXTURES, 'tree', file), 'utf8'), file, { encryptors });
    expect(markers(shown).length).toBeGreaterThan(0);
    expect(markers(shown)).toEqual(markers(wanted));
    expect(shown.replace(MARKER, '…')).toBe(wanted.replace(MARKER, '…'));
  });

  test('values for rota’s old subkey open with it, and are outdated', async () => {
    const text = readFileSync(path.join(FIXTURES, 'tree/production/dc1/base.eyaml'), 'utf8');
    const [value] = scan(text).filter(isValue);
    const ciphertext = Buffer.from(defined(value).payload, 'base64');
    const store = keyfiles({ secret: ['rota'] });
    expect(await open(encryptorWith(store), ciphertext)).not.toBe('');
    const drift = (await encryptorWith(store, ['rota@example.com']).prepare('x')).compare(ciphertext);
    expect(drift.outdated.map(({ userId }) => userId)).toEqual(['Rota <rota@example.com>']);
    expect(drift.missing).toEqual([]);
    const [recipient] = await resolveRecipients(parseRecipientsFile('rota@example.com', 'r'), store, 'always');
    expect(recipient?.encryptionSubkey.keyId).toBe('219388DA97F7FD70');
  });
});

describe('a locked key', () => {
  const forBob = async () => seal(encryptorWith(keyfiles({}), ['bob@example.com']), 'secret');

  test('asks once, whoever waits, and names the key', async () => {
    const message = await forBob();
    const store = keyfiles({ secret: ['bob'] });
    const encryptor = encryptorWith(store);
    expect(await Promise.all([1, 2, 3].map(() => open(encryptor, message)))).toEqual(Array(3).fill('secret'));
    expect(store.asked).toEqual(['the key of bob Bob <bob@example.com> C85E68E96F12CE00 1']);
  });

  test('asks again after it was closed, as the passphrase is forgotten', async () => {
    const message = await forBob();
    const given: Buffer[] = [];
    const passphraseFor = () => {
      const passphrase = Buffer.from('correct horse');
      given.push(passphrase);
      return Promise.resolve(passphrase);
    };
    const store = keyfiles({ secret: ['bob'], passphraseFor });
    expect(await open(encryptorWith(store), message)).toBe('secret');
    store.close();
    expect(given[0]?.every((octet) => octet === 0)).toBe(true);
    expect(await open(encryptorWith(store), message)).toBe('secret');
    expect(store.asked).toHaveLength(2);
  });

  test.each([
    ['wrong three times', ['a', 'b', 'c'], 'PASSPHRASE_WRONG', 3],
    ['wrong, then given up', ['a'], 'PASSPHRASE_WRONG', 2],
    ['not given', [], 'PASSPHRASE_CANCELLED', 1],
  ] as const)('%s: is refused, and not asked for again', async (_, answers, code, questions) => {
    const message = await forBob();
    const passphraseFor = (__: unknown, attempt: number) => {
      const answer = answers[attempt - 1];
      return Promise.resolve(answer === undefined ? undefined : Buffer.from(answer));
    };
    const store = keyfiles({ secret: ['bob'], passphraseFor });
    const encryptor = encryptorWith(store);
    const errors = await Promise.all([1, 2].map(() => eyamlErrorOf(() => encryptor.decrypt(message))));
    store.close();
    errors.push(await eyamlErrorOf(() => encryptor.decrypt(message)));
    expect(errors.map((error) => error.code)).toEqual(Array(3).fill(code));
    expect(store.asked).toHaveLength(questions);
  });

  test('takes the second answer when the first is wrong', async () => {
    const message = await forBob();
    const passphraseFor = (__: unknown, attempt: number) =>
      Promise.resolve(Buffer.from(attempt === 1 ? 'no' : 'correct horse'));
    expect(await open(encryptorWith(keyfiles({ secret: ['bob'], passphraseFor })), message)).toBe('secret');
  });
});

test('keys that are open work again after they were closed', async () => {
  const store = keyfiles({ secret: ['alice', 'olga'] });
  for (const name of ['alice', 'olga']) {
    const message = await seal(encryptorWith(store, [fingerprintOf(name)]), 'x');
    expect(await open(encryptorWith(store), message)).toBe('x');
    store.close();
    expect(await open(encryptorWith(store), message)).toBe('x');
  }
});

test('what a message holds for RSA may be shorter than the modulus', async () => {
  const store = keyfiles({ secret: ['olga'] });
  const subkey = defined((await store.ownSubkeys()).find(({ keyId }) => keyId === 'E76F1517C9D8A23D'));
  const encryptor = encryptorWith(store, [fingerprintOf('olga')]);
  const lengths = new Set<number>();
  for (let tries = 0; tries < 3000 && !lengths.has(255); tries += 1) {
    const message = await seal(encryptor, 'x');
    const fields = defined((await readMessage(message)).pkesks[0]?.fields);
    if (fields.kind !== 'rsa') throw new Error('not RSA');
    lengths.add(fields.encrypted.length);
    if (fields.encrypted.length === 256) continue;
    expect((await store.unwrap(subkey, fields)).form).toBe('pkcs1');
    expect(await open(encryptor, message)).toBe('x');
  }
  expect(lengths).toContain(255);
});

test('a secret key is exported as a public one', async () => {
  const store = keyfiles({ pub: [], secret: ['alice'] });
  await store.ownSubkeys();
  const exported = Buffer.from(await store.exportKeys([fingerprintOf('alice') as Fingerprint]));
  expect(home.gpg(['--show-keys', '--with-colons'], exported).toString()).toMatch(/^pub:/);
});

test('a secret source named twice, as the file of somebody’s many, is one key', async () => {
  const octets = Buffer.concat(
    ['alice', 'alice', 'zoe'].map((name) => {
      const source = secretSource(name);
      return source.kind === 'octets' ? Buffer.from(source.octets) : Buffer.alloc(0);
    }),
  );
  const store = keyfiles({ sources: [{ kind: 'octets', name: 'all', octets }] });
  expect((await store.ownSubkeys()).map(({ userId }) => userId)).toEqual([
    'Alice <alice@example.com>',
    'Zoë Ünïcode <zoe@example.com>',
  ]);
});
