import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Encryptor } from '../../../src/encryptors/encryptor.js';
import { combineKeystores } from '../../../src/keys/combined/combined.js';
import { createGnupgKeystore } from '../../../src/keys/gnupg/gnupg.js';
import type { Keystore, OwnSubkey } from '../../../src/keys/keystore.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../../helpers/gnupg.js';
import { encryptorWith, keyfiles, type KeyfilesContent } from '../../helpers/keyfiles.js';

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice', 'dan'], pub: ['ann', 'mallory'] });
});
afterAll(() => home.remove());

const gnupg = (environment: NodeJS.ProcessEnv = { PATH: process.env.PATH }) =>
  createGnupgKeystore({ home: home.path, environment });

function combined(content: KeyfilesContent, first: Keystore = gnupg()): Keystore {
  const store = combineKeystores(first, keyfiles(content));
  onTestFinished(() => store.close());
  return store;
}

const seal = async (encryptor: Encryptor, plaintext: string) =>
  (await encryptor.prepare('target')).encrypt(Buffer.from(plaintext));
const open = async (encryptor: Encryptor, message: Uint8Array) =>
  Buffer.from(await encryptor.decrypt(message)).toString();

describe('public keys', () => {
  test('GnuPG answers for those it has, with what it says of their validity', async () => {
    const found = await combined({ pub: ['alice', 'zoe'] }).search([{ kind: 'text', text: '@example.com' }]);
    const named = found.map(({ primaryKey, userIds }) => [userIds[0]?.text.split(' ')[0], primaryKey.validity]);
    expect(named.sort()).toEqual([
      ['Alice', 'u'],
      ['Ann', 'u'],
      ['Dan', 'u'],
      ['Mallory', 'u'],
      ['Zoë', '-'],
    ]);
  });

  test('of both are encrypted to in one message', async () => {
    const store = combined({ pub: ['alice', 'zoe', 'carol'], secret: ['carol'] });
    const message = await seal(
      encryptorWith(
        store,
        ['alice', 'zoe', 'carol'].map((name) => FINGERPRINTS[name] ?? ''),
      ),
      'x',
    );
    expect(await open(encryptorWith(store), message)).toBe('x');
    expect(home.gpg(['--decrypt'], message).toString()).toBe('x');
    expect(await open(encryptorWith(keyfiles({ secret: ['zoe'] })), message)).toBe('x');
  });

  test('a subkey that is revoked in a file is not encrypted to, though GnuPG knows nothing of it', async () => {
    const owner = createGnupgHome({});
    onTestFinished(() => owner.remove());
    owner.gpg(['--passphrase', '', '--quick-gen-key', 'Al <al@example.com>', 'rsa2048', 'sign', 'never']);
    const [, primary = ''] = /^fpr:+([0-9A-F]+):/m.exec(owner.gpg(['--with-colons', '-k']).toString()) ?? [];
    owner.gpg(['--passphrase', '', '--quick-add-key', primary, 'cv25519', 'encr', 'never']);
    const old = owner.gpg(['--export']);
    owner.gpg(['--command-fd', '0', '--expert', '--edit-key', primary], 'key 1\nrevkey\ny\n0\n\ny\nsave\n');
    const file = path.join(scratchFolder(), 'al.gpg');
    writeFileSync(file, owner.gpg(['--export']));
    const gnupg = createGnupgHome({});
    onTestFinished(() => gnupg.remove());
    gnupg.gpg(['--import'], old);
    const inGnupg = createGnupgKeystore({ home: gnupg.path, environment: { PATH: process.env.PATH } });
    const store = combined({ pub: [], paths: [file] }, inGnupg);
    const [found] = await store.search([{ kind: 'hex', hex: primary }]);
    expect([found?.primaryKey.validity, found?.subkeys.map(({ validity }) => validity)]).toEqual(['-', ['r']]);
    const error = await eyamlErrorOf(() => seal(encryptorWith(store, [primary]), 'x'));
    expect(error.problems[0]?.rule).toBe('recipient-revoked');
  });

  test('a revocation counts, be it in GnuPG or in a file, and whatever the other has', async () => {
    const owner = createGnupgHome({});
    const other = createGnupgHome({});
    onTestFinished(() => {
      owner.remove();
      other.remove();
    });
    owner.gpg(['--passphrase', '', '--quick-gen-key', 'Al <al@example.com>', 'future-default', 'default', 'never']);
    const [, primary = ''] = /^fpr:+([0-9A-F]+):/m.exec(owner.gpg(['--with-colons', '-k']).toString()) ?? [];
    const old = owner.gpg(['--export']);
    owner.gpg(['--passphrase', '', '--quick-add-key', primary, 'cv25519', 'encr']);
    const subkeys =
      owner
        .gpg(['--with-colons', '-k'])
        .toString()
        .match(/(?<=^fpr:+)[0-9A-F]+/gm) ?? [];
    const fresh = path.join(scratchFolder(), 'fresh.gpg');
    writeFileSync(fresh, owner.gpg(['--export']));
    const certificate = readFileSync(path.join(owner.path, 'openpgp-revocs.d', `${primary}.rev`), 'utf8');
    owner.gpg(['--import'], certificate.replace(':-----BEGIN', '-----BEGIN'));
    const revoked = path.join(scratchFolder(), 'revoked.gpg');
    writeFileSync(revoked, owner.gpg(['--export']));

    other.gpg(['--import'], old);
    const validities = async (first: GnupgHome, file: string, hex: string) => {
      const gnupg = createGnupgKeystore({ home: first.path, environment: { PATH: process.env.PATH } });
      const found = await combined({ pub: [], paths: [file] }, gnupg).search([{ kind: 'hex', hex }]);
      return found.map(({ primaryKey }) => primaryKey.validity);
    };
    // GnuPG's revoked copy has the newer subkey too; an older copy would be found by the primary key alone.
    for (const hex of [primary, subkeys.at(-1) ?? '']) expect(await validities(owner, fresh, hex)).toEqual(['r']);
    expect(await validities(other, revoked, primary)).toEqual(['r']);
    expect(await validities(other, revoked, subkeys.at(-1) ?? '')).toEqual(['r']);
    expect(await validities(other, fresh, primary)).toEqual(['-']);
  });

  test('hints are those of the place where the key is', async () => {
    const store = combined({ pub: ['zoe'] });
    const [ann, zoe] = await store.search([
      { kind: 'text', text: 'zoe@' },
      { kind: 'text', text: 'ann@' },
    ]);
    expect(store.hints(ann?.primaryKey.fingerprint).trust).toContain('gpg --quick-sign-key');
    expect(store.hints(zoe?.primaryKey.fingerprint).trust).not.toMatch(/\bgpg --/);
    expect(store.hints().add).toMatch(/gpg --import FILE; or put its public key into /);
  });
});

describe('the slower way of encrypting', () => {
  const both = (names: readonly string[]) => names.map((name) => FINGERPRINTS[name] ?? '');

  test.each([
    ['GnuPG, which has all', ['dan', 'alice']],
    ['key files, which have all', ['brian', 'zoe']],
  ])('is that of %s', async (_, names) => {
    const store = combined({ pub: ['brian', 'zoe'] });
    expect((await seal(encryptorWith(store, both(names)), 'x')).length).toBeGreaterThan(0);
  });

  test('is explained when neither has all', async () => {
    const store = combined({ pub: ['brian'] });
    const error = await eyamlErrorOf(() => seal(encryptorWith(store, both(['dan', 'brian'])), 'x'));
    expect(error.code).toBe('ENCRYPT_FAILED');
    expect(error.suggestions.join()).toContain('gpg --import');
  });
});

describe('secret keys', () => {
  test('of both open messages, ElGamal by GnuPG', async () => {
    const store = combined({ secret: ['zoe', 'alice'] });
    expect((await store.ownSubkeys()).map(({ userId }) => userId.split(' ')[0]).sort()).toEqual([
      'Alice',
      'Dan',
      'Zoë',
    ]);
    const writer = (name: string) => encryptorWith(combined({}), [FINGERPRINTS[name] ?? '']);
    for (const name of ['alice', 'zoe', 'dan'])
      expect(await open(encryptorWith(store), await seal(writer(name), name))).toBe(name);
  });

  test('are found among key IDs in both, and in key files alone when GnuPG fails', async () => {
    const store = combined({ secret: ['zoe', 'alice'] });
    const own = await store.ownSubkeys();
    const named = (subkeys: readonly OwnSubkey[]) => subkeys.map(({ userId }) => userId.split(' ')[0]).sort();
    const ids = own.filter(({ userId }) => /^(?:Zo|Dan)/.test(userId)).map(({ keyId }) => keyId);
    expect(named(await store.ownAmong(ids))).toEqual(['Dan', 'Zoë']);
    const broken = createGnupgKeystore({ home: '/nonexistent', environment: { PATH: process.env.PATH } });
    const warnings: string[] = [];
    const files = combineKeystores(broken, keyfiles({ secret: ['zoe', 'alice'] }), (warning) => warnings.push(warning));
    expect(named(await files.ownAmong(ids))).toEqual(['Zoë']);
    expect(
      await files.ownAmong(
        ids.filter((id) => own.some(({ keyId, userId }) => keyId === id && userId.startsWith('Dan'))),
      ),
    ).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect((await eyamlErrorOf(() => combined({}, broken).ownAmong(ids))).code).toBe('GNUPG_HOME_MISSING');
  });

  test('that need nobody come first, and among them those in files', async () => {
    const locked = createGnupgHome({ secret: ['bob', 'alice'] });
    onTestFinished(() => locked.remove());
    const first = createGnupgKeystore({ home: locked.path, environment: { PATH: process.env.PATH } });
    const store = combined({ secret: ['olga'] }, first);
    const sorted = await store.byCost(await store.ownSubkeys());
    expect(sorted.map(({ userId }) => userId.split(' ')[0])).toEqual(['Olga', 'Alice', 'Bob']);
  });
});

test('without any gpg the key files are all there is', async () => {
  const nowhere = scratchFolder();
  writeFileSync(path.join(nowhere, 'x'), '');
  const store = combined({ secret: ['zoe'] }, gnupg({ PATH: nowhere }));
  const message = await seal(encryptorWith(store, [FINGERPRINTS.zoe ?? '']), 'x');
  expect(await open(encryptorWith(store), message)).toBe('x');
});
