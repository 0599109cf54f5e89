import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createGnupgKeystore } from '../../../src/keys/gnupg/gnupg.js';
import type { Keystore, OwnSubkey, WrappedSessionKey } from '../../../src/keys/keystore.js';
import type { Fingerprint, KeyId } from '../../../src/openpgp/identifiers.js';
import { readMessage } from '../../../src/openpgp/message.js';
import { known } from '../../helpers/abilities.js';
import { defined } from '../../helpers/defined.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../../helpers/gnupg.js';
import { fakePinentry, type FakePinentry } from '../../helpers/pinentry.js';

const environment = { PATH: process.env.PATH };

let home: GnupgHome;
let pinentry: FakePinentry;
let keystore: Keystore;
beforeAll(() => {
  pinentry = fakePinentry();
  const secret = ['bob', 'puppetmaster', 'carol', 'alice', 'rota', 'nosub', 'expired', 'revoked'];
  home = createGnupgHome({ secret, pub: ['ann'], agentConf: [pinentry.agentConf] });
  keystore = createGnupgKeystore({ home: home.path, environment });
});
afterAll(() => {
  keystore.close();
  home.remove();
  pinentry.remove();
});

const namesOf = (subkeys: readonly OwnSubkey[]) =>
  subkeys.map(({ userId, bits }) => `${userId.split(' ')[0] ?? ''} ${bits}`);

const subkeyOf = async (name: string) =>
  defined((await keystore.ownSubkeys()).find(({ userId }) => userId.startsWith(name)));
async function wrappedFor(name: string): Promise<WrappedSessionKey> {
  const message = home.gpg(['--recipient', FINGERPRINTS[name] ?? '', '--encrypt'], 'x');
  return defined((await readMessage(message)).pkesks[0]?.fields);
}

test('own subkeys are those that can encrypt and whose secret key is there, expired and revoked ones included', async () => {
  expect(namesOf(await keystore.ownSubkeys()).sort()).toEqual([
    ...['Alice 255', 'Bob 4096', 'Carol 384', 'Expired 255', 'Revoked 255', 'Rota 2048', 'Rota 255'],
    ...['puppetmaster 2048', 'puppetmaster 2048'],
  ]);
});

describe('own subkeys among some', () => {
  const idsOf = (subkeys: readonly OwnSubkey[]) => subkeys.map(({ keyId }) => keyId).sort();
  const ann = FINGERPRINTS.ann ?? '';

  test('are those of all that have one of the IDs, as they are found in the list of all', async () => {
    const own = await keystore.ownSubkeys();
    const others = (await keystore.search([{ kind: 'hex', hex: ann }])).flatMap(({ subkeys }) => subkeys);
    const ids = [...own, ...others].map(({ keyId }) => keyId);
    expect(others).not.toEqual([]);
    expect(idsOf(await keystore.ownAmong([...ids, '0123456789ABCDEF' as KeyId]))).toEqual(idsOf(own));
    const some = own.slice(2, 4);
    const found = await keystore.ownAmong(idsOf(some));
    expect(found.map(({ fingerprint }) => fingerprint).sort()).toEqual(
      some.map(({ fingerprint }) => fingerprint).sort(),
    );
    expect(await keystore.ownAmong([])).toEqual([]);
  });

  test('are found without a list of all secret keys, and without gpg after a search', async () => {
    const runs = recordingGpg();
    const store = createGnupgKeystore({ home: home.path, environment: runs.environment });
    onTestFinished(() => store.close());
    const { keyId } = await subkeyOf('Alice');
    expect(idsOf(await store.ownAmong([keyId]))).toEqual([keyId]);
    expect(runs.told()).toEqual(['--list-keys']);
    await store.search([{ kind: 'hex', hex: FINGERPRINTS.alice ?? '' }]);
    expect(idsOf(await store.ownAmong([keyId]))).toEqual([keyId]);
    expect(runs.told()).toEqual(['--list-keys', '--list-keys']);
  });

  test('leave a trust database that is out of date to the search, which may run beside', async ({ skip }) => {
    const other = createGnupgHome({ secret: ['alice'] });
    onTestFinished(() => other.remove());
    const hasDatabase = () => existsSync(path.join(other.path, 'trustdb.gpg'));
    skip(!known('keep a trust database', hasDatabase), 'this gpg keeps no trust database');
    const { keyId } = await subkeyOf('Alice');
    const outOfDate = () => {
      other.gpg(['--import-ownertrust'], `${ann}:6:\n`);
      return readFileSync(path.join(other.path, 'trustdb.gpg'));
    };
    const before = outOfDate();
    const store = createGnupgKeystore({ home: other.path, environment });
    onTestFinished(() => store.close());
    expect(idsOf(await store.ownAmong([keyId]))).toEqual([keyId]);
    expect(await store.ownSubkeys()).not.toEqual([]);
    expect(readFileSync(path.join(other.path, 'trustdb.gpg')).equals(before)).toBe(true);
    await store.search([{ kind: 'hex', hex: FINGERPRINTS.alice ?? '' }]);
    expect(readFileSync(path.join(other.path, 'trustdb.gpg')).equals(before)).toBe(false);
  });
});

/** An environment with a gpg that notes what it is told to do. */
function recordingGpg(): { readonly environment: NodeJS.ProcessEnv; readonly told: () => readonly string[] } {
  const folder = scratchFolder();
  const log = path.join(folder, 'log');
  const real = execFileSync('which', ['gpg']).toString().trim();
  writeFileSync(path.join(folder, 'gpg'), `#!/bin/sh\necho "$*" >> ${log}\nexec ${real} "$@"\n`, { mode: 0o755 });
  const told = () => [...readFileSync(log, 'utf8').matchAll(/--(?:list-(?:secret-)?keys|export)\b/g)].map(String);
  return { environment: { PATH: `${folder}:${process.env.PATH ?? ''}` }, told };
}

test('a key whose secret half was deleted is not among them', async () => {
  const other = createGnupgHome({ secret: ['alice', 'zoe'] });
  try {
    const listing = other.gpg(['--with-colons', '--with-keygrip', '--list-keys', FINGERPRINTS.alice ?? '']).toString();
    for (const [, keygrip = ''] of listing.matchAll(/^grp:.*:(\w+):$/gm))
      rmSync(path.join(other.path, 'private-keys-v1.d', `${keygrip}.key`));
    const own = await createGnupgKeystore({ home: other.path, environment }).ownSubkeys();
    expect(namesOf(own)).toEqual(['Zoë 255']);
  } finally {
    other.remove();
  }
});

test('a key without a passphrase comes before one with, a short one before a long one, ECC before RSA', async () => {
  const own = await keystore.ownSubkeys();
  const some = own.filter(({ userId }) => /^(?:Alice|Bob|Carol|Rota)/.test(userId));
  for (const order of [some, some.toReversed()]) {
    const names = namesOf(await keystore.byCost(order));
    expect(names.slice(0, 2).sort()).toEqual(['Alice 255', 'Rota 255']);
    expect(names.slice(2)).toEqual(['Carol 384', 'Rota 2048', 'Bob 4096']);
  }
});

test('a refused passphrase is not asked for again, at the same time or later, nor after the connection was closed', async () => {
  const bob = await subkeyOf('Bob');
  const wrapped = await wrappedFor('bob');
  const codes = await Promise.all([1, 2, 3].map(() => eyamlErrorOf(() => keystore.unwrap(bob, wrapped))));
  keystore.close();
  codes.push(await eyamlErrorOf(() => keystore.unwrap(bob, wrapped)));
  expect(codes.map(({ code }) => code)).toEqual(Array(4).fill('PASSPHRASE_CANCELLED'));
  expect(pinentry.starts()).toBe(1);
});

test('works again after it was closed', async () => {
  const alice = await subkeyOf('Alice');
  const wrapped = await wrappedFor('alice');
  for (let n = 0; n < 2; n += 1) {
    expect((await keystore.unwrap(alice, wrapped)).form).toBe('sharedX');
    keystore.close();
  }
});

const killAgent = () => process.kill(home.agentPid(), 'SIGKILL');

test('an agent that is killed between two values is started anew, and the second value is opened', async () => {
  const alice = await subkeyOf('Alice');
  const wrapped = await wrappedFor('alice');
  await keystore.unwrap(alice, wrapped);
  killAgent();
  expect((await keystore.unwrap(alice, wrapped)).form).toBe('sharedX');
  killAgent();
  const several = await Promise.all([1, 2, 3].map(() => keystore.unwrap(alice, wrapped)));
  expect(several.map(({ form }) => form)).toEqual(['sharedX', 'sharedX', 'sharedX']);
});

test('a cancelled passphrase is not asked for again after the agent was killed', async () => {
  const bob = await subkeyOf('Bob');
  const wrapped = await wrappedFor('bob');
  const other = createGnupgKeystore({ home: home.path, environment });
  const before = pinentry.starts();
  expect((await eyamlErrorOf(() => other.unwrap(bob, wrapped))).code).toBe('PASSPHRASE_CANCELLED');
  killAgent();
  expect((await eyamlErrorOf(() => other.unwrap(bob, wrapped))).code).toBe('PASSPHRASE_CANCELLED');
  other.close();
  expect(pinentry.starts() - before).toBe(1);
});

test('public keys are found and exported', async () => {
  const ann = FINGERPRINTS.ann as Fingerprint;
  expect((await keystore.search([{ kind: 'hex', hex: ann }])).map(({ primaryKey }) => primaryKey.fingerprint)).toEqual([
    ann,
  ]);
  expect((await keystore.exportKeys([ann])).length).toBeGreaterThan(100);
});

describe('a home that is no home', () => {
  const questions = {
    search: (store: Keystore) => store.search([{ kind: 'text', text: 'ann' }]),
    ownSubkeys: (store: Keystore) => store.ownSubkeys(),
    ownAmong: (store: Keystore) => store.ownAmong(['0123456789ABCDEF' as KeyId]),
  };
  test.each([
    ['a home that is missing', '/nonexistent', environment, 'GNUPG_HOME_MISSING'],
    ['a home that is a file', '/dev/null', environment, 'GNUPG_HOME_INVALID'],
    ['a GNUPGHOME that is missing', undefined, { ...environment, GNUPGHOME: '/nonexistent' }, 'GNUPG_HOME_MISSING'],
    ['no gpg on PATH', undefined, { PATH: '/nonexistent' }, 'GPG_NOT_FOUND'],
  ])('%s', async (_, path, env, code) => {
    for (const ask of Object.values(questions)) {
      const error = await eyamlErrorOf(() => ask(createGnupgKeystore({ home: path, environment: env })));
      expect(error.code).toBe(code);
    }
  });

  test('an empty GNUPGHOME is none', async () => {
    const env = { ...environment, GNUPGHOME: '', HOME: home.path };
    const store = createGnupgKeystore({ home: home.path, environment: env });
    expect((await store.search([{ kind: 'text', text: 'alice' }])).length).toBe(1);
  });
});

test.each(['trust-model always', 'always-trust'])(
  'where gpg.conf says %s, that is why no key is known to be trusted',
  async (line) => {
    const other = createGnupgHome({ pub: ['alice'] });
    onTestFinished(() => other.remove());
    const store = createGnupgKeystore({ home: other.path, environment });
    const terms = [{ kind: 'text', text: 'alice' }] as const;
    await store.search(terms);
    expect(store.hints().trust).toContain('--quick-sign-key');
    writeFileSync(path.join(other.path, 'gpg.conf'), `${line}\n`);
    const taking = createGnupgKeystore({ home: other.path, environment });
    const [alice] = await taking.search(terms);
    expect(alice?.userIds[0]?.validity).not.toBe('u');
    expect(taking.hints().trust).toMatch(/^gpg\.conf sets "trust-model always".*--gpg-always-trust$/);
  },
);
