import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as openpgp from 'openpgp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createKeyfilesKeystore } from '../../../src/keys/keyfiles/keyfiles.js';
import { generateKeyPair } from '../../../src/openpgp/generate.js';
import { parseRecipientsFile } from '../../../src/recipients/file.js';
import { resolveRecipients } from '../../../src/recipients/resolve.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, FINGERPRINTS } from '../../helpers/gnupg.js';
import {
  encryptorWith,
  keyfiles,
  publicKeyFile,
  secretKeyFile,
  secretSource,
  type Keyfiles,
} from '../../helpers/keyfiles.js';

const ALL = [{ kind: 'text', text: '@' }] as const;
const namesIn = async (store: Keyfiles) =>
  (await store.search(ALL)).map(({ userIds }) => userIds[0]?.text ?? '').sort();
const resolve = (line: string, store: Keyfiles) =>
  resolveRecipients(parseRecipientsFile(line, 'recipients'), store, 'always');

/** A folder with the given files. */
function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = scratchFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
}

const pub = (name: string) => readFileSync(publicKeyFile(name), 'utf8');

function binary(name: string): Buffer {
  const home = createGnupgHome({ pub: [name] });
  onTestFinished(() => home.remove());
  return home.gpg(['--export']);
}

/** A key that was changed with GnuPG, exported. */
function changed(change: (gpg: (...args: readonly string[]) => void) => void, userId = 'Test <test@example.com>') {
  const home = createGnupgHome();
  onTestFinished(() => home.remove());
  home.gpg(['--passphrase', '', '--quick-gen-key', userId, 'ed25519', 'sign', 'never']);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(home.gpg(['--with-colons', '--list-keys']).toString())?.[1] ?? '';
  home.gpg(['--passphrase', '', '--quick-add-key', fingerprint, 'cv25519', 'encr', 'never']);
  const before = home.gpg(['--export']);
  change((...args) => home.gpg(['--passphrase', '', ...args.map((arg) => arg.replace('FPR', fingerprint))]));
  return { before, after: home.gpg(['--export']), fingerprint, home };
}

describe('a folder of public keys', () => {
  test('holds armored and binary keys, several in a file, under any name', async () => {
    const folder = folderOf({
      'alice.asc': pub('alice'),
      'ann.gpg': binary('ann'),
      'two.pub': `a remark\n${pub('zoe')}\nanother\n${pub('joann').replaceAll('\n', '\r\n')}`,
      'bob@example.com': pub('bob'),
      olga: pub('olga'),
      'README.md': '# keys\n',
      Makefile: 'all:\n',
      '.hidden.asc': pub('mallory'),
    });
    mkdirSync(path.join(folder, 'deeper.asc'));
    copyFileSync(publicKeyFile('mallory'), path.join(folder, 'deeper.asc/mallory.asc'));
    symlinkSync(publicKeyFile('rota'), path.join(folder, 'rota.key'));
    const store = keyfiles({ pub: [], paths: [folder] });
    const found = (await namesIn(store)).map((name) => name.split(' ')[0]);
    expect(found).toEqual(['Alice', 'Ann', 'Bob', 'Joann', 'Olga', 'Rota', 'Zoë']);
    expect(store.warnings).toEqual([]);
    expect(store.details).toContain(
      `public key ${FINGERPRINTS.alice ?? ''} (Alice <alice@example.com>) from ${path.join(folder, 'alice.asc')}`,
    );
  });

  test('that is broken in part is read for the rest, and each fault is told once, with its file', async () => {
    const folder = folderOf({
      'a-cut.asc': pub('ann').slice(0, 300),
      'b-text.asc': 'not a key',
      'c-binary.gpg': binary('zoe').subarray(0, 100),
      'd-good.asc': pub('alice'),
    });
    symlinkSync('/nonexistent', path.join(folder, 'e-gone.key'));
    const store = keyfiles({ pub: [], paths: [folder, '/nonexistent/keys'] });
    expect(await namesIn(store)).toEqual(['Alice <alice@example.com>']);
    await store.search(ALL);
    expect(store.warnings.map((text) => text.replace(folder, 'F')).sort()).toEqual([
      '/nonexistent/keys cannot be read (no such file): its public keys are not used',
      'F/a-cut.asc: its armor is damaged or cut short',
      'F/b-text.asc: it holds no OpenPGP key, or one that is cut short',
      'F/c-binary.gpg: it holds no OpenPGP key, or one that is cut short',
      'F/e-gone.key cannot be read (it is a broken symbolic link): its public keys are not used',
    ]);
    const error = await eyamlErrorOf(() => resolve('ann@example.com', store));
    expect(error.problems[0]).toMatchObject({
      rule: 'recipient-unknown',
      message: 'no key in the keyring is "ann@example.com"',
    });
    expect(error.problems[0]?.suggestion).toContain(`a-cut.asc`);
    expect(error.problems[0]?.suggestion).toContain(folder);
  });

  test('a secret key in it is not used, and that is said loudly', async () => {
    const folder = folderOf({ 'zoe.asc': readFileSync(secretKeyFile('zoe')), 'alice.asc': pub('alice') });
    const store = keyfiles({ pub: [], paths: [folder] });
    expect(await namesIn(store)).toEqual(['Alice <alice@example.com>']);
    expect(store.warnings).toEqual([expect.stringMatching(/zoe\.asc holds a SECRET key, BFA2CF2D.*is not used/)]);
    expect(await store.ownSubkeys()).toEqual([]);
  });

  test('a key of version 6 is not used, and named', async () => {
    const { publicKey } = await openpgp.generateKey({
      userIDs: { email: 'six@example.com' },
      config: { v6Keys: true },
    });
    const store = keyfiles({ pub: ['alice'], paths: [folderOf({ 'six.asc': publicKey })] });
    expect(await namesIn(store)).toEqual(['Alice <alice@example.com>']);
    expect(store.warnings).toEqual([expect.stringMatching(/six\.asc: it holds a version 6 key/)]);
  });

  test('two keys that claim one address are told apart by fingerprint only', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => generateKeyPair({ userId: 'Twin <twin@example.com>', type: 'cv25519' })),
    );
    const store = keyfiles({ pub: [], paths: [folderOf({ a: one?.publicKey ?? '', b: two?.publicKey ?? '' })] });
    const error = await eyamlErrorOf(() => resolve('twin@example.com', store));
    expect(error.problems[0]?.rule).toBe('recipient-ambiguous');
    expect(await resolve(one?.fingerprint ?? '', store)).toHaveLength(1);
  });
});

test('each list of recipients has its own folders, and a question about none of them means all', async () => {
  const folders = { a: folderOf({ 'alice.asc': pub('alice') }), b: folderOf({ 'zoe.asc': pub('zoe') }) };
  const store = createKeyfilesKeystore({
    publicKeys: (source) =>
      source === 'a' || source === 'b' ? [{ fileOrFolder: folders[source], kind: 'shared' as const }] : [],
    secretKeys: () => [],
    passphraseFor: () => Promise.resolve(undefined),
    messages: { warn: () => undefined, detail: () => undefined },
  });
  const found = async (source?: string) => (await store.search(ALL, source)).map(({ userIds }) => userIds[0]?.text[0]);
  expect(await found('a')).toEqual(['A']);
  expect(await found('b')).toEqual(['Z']);
  expect(await found()).toEqual(['A', 'Z']);
});

describe('what a key says of itself', () => {
  test('copies of one key are one, and what is newest counts, whichever copy comes last', async () => {
    const { before, after } = changed((gpg) => gpg('--quick-set-expire', 'FPR', '1y'));
    for (const [first, last] of [
      [before, after],
      [after, before],
    ]) {
      const store = keyfiles({ pub: [], paths: [folderOf({ a: first ?? '', b: last ?? '' })] });
      const found = await store.search(ALL);
      expect(found).toHaveLength(1);
      expect(found[0]?.primaryKey.expires).toBeDefined();
      expect(found[0]?.subkeys).toHaveLength(1);
    }
  });

  test('a newer subkey in another copy is found', async () => {
    const { before, after } = changed((gpg) => gpg('--quick-add-key', 'FPR', 'rsa2048', 'encr', '1y'));
    const store = keyfiles({ pub: [], paths: [folderOf({ a: after, b: before })] });
    const [found] = await store.search(ALL);
    expect(found?.subkeys.map(({ algorithm }) => algorithm).sort()).toEqual([1, 18]);
    const [recipient] = await resolve('test@example.com', store);
    const message = await (await encryptorWith(store, ['test@example.com']).prepare('x')).encrypt(Buffer.from('x'));
    expect(recipient?.encryptionSubkey.canEncrypt).toBe(true);
    expect(message.length).toBeGreaterThan(0);
  });

  test('a revoked user ID is one, and the others are not', async () => {
    const { after, fingerprint } = changed((gpg) => {
      gpg('--quick-add-uid', 'FPR', 'Old <old@example.com>');
      gpg('--quick-revoke-uid', 'FPR', 'Old <old@example.com>');
    });
    const store = keyfiles({ pub: [], paths: [folderOf({ a: after })] });
    const [found] = await store.search(ALL);
    expect(found?.primaryKey.fingerprint).toBe(fingerprint);
    expect(Object.fromEntries(found?.userIds.map(({ text, validity }) => [text, validity]) ?? [])).toEqual({
      'Test <test@example.com>': '-',
      'Old <old@example.com>': 'r',
    });
    const error = await eyamlErrorOf(() => resolve('old@example.com', store));
    expect(error.problems[0]?.rule).toBe('recipient-revoked');
  });

  test('expired and revoked subkeys are kept, as values may be for them', async () => {
    const { after, home, fingerprint } = changed((gpg) => {
      gpg('--faked-system-time', '20270101T000000', '--quick-add-key', 'FPR', 'cv25519', 'encr', 'never');
      gpg('--quick-add-key', 'FPR', 'rsa2048', 'encr', '1d');
    });
    const list = ['--with-colons', '--list-keys', fingerprint];
    const past = ['--faked-system-time', '20990101T000000'];
    expect(home.gpg([...past, ...list]).toString()).toMatch(/^sub:e:2048/m);
    const { judgeKey } = await import('../../../src/openpgp/validity.js');
    const { readKeyFile } = await import('../../../src/openpgp/keys.js');
    const [key] = readKeyFile(after).keys;
    const later = key && judgeKey(key, Date.UTC(2099, 0, 1) / 1000);
    expect(later?.subkeys.map(({ bits, validity }) => `${bits}${validity}`).sort()).toEqual(['2048e', '255-', '255-']);
    const script = 'key 1\nrevkey\ny\n0\n\ny\nsave\n';
    home.gpg(['--command-fd', '0', '--expert', '--edit-key', fingerprint], script);
    const store = keyfiles({ pub: [], paths: [folderOf({ a: home.gpg(['--export']), b: after })] });
    const [found] = await store.search(ALL);
    expect(found?.subkeys.map(({ validity }) => validity).sort()).toEqual(['-', '-', 'r']);
  });

  test('a user ID that the key did not sign is none of it', async () => {
    const [alice, mallory] = await Promise.all(
      ['alice', 'mallory'].map((name) => openpgp.readKey({ armoredKey: pub(name) })),
    );
    const packets = new openpgp.PacketList<openpgp.AnyPacket>();
    // Alice's user ID with her own signature, hung onto Mallory's key.
    packets.push(...(mallory?.toPacketList() ?? []).slice(0, 3), ...(alice?.toPacketList() ?? []).slice(1, 3));
    packets.push(...(mallory?.toPacketList() ?? []).slice(3));
    const store = keyfiles({ pub: [], paths: [folderOf({ 'mallory.gpg': Buffer.from(packets.write()) })] });
    expect((await store.search(ALL))[0]?.userIds.map(({ text }) => text)).toEqual(['Mallory <mallory@example.com>']);
    expect((await eyamlErrorOf(() => resolve('alice@example.com', store))).problems[0]?.rule).toBe('recipient-unknown');
  });

  test.each(['alice', 'brian', 'carol', 'olga', 'dan'])(
    'one changed octet in the signatures of %s, and the key is not used',
    async (name) => {
      const octets = binary(name);
      const at = octets.indexOf(Buffer.from('@example.com>')) + 60;
      octets[at] = (octets[at] ?? 0) ^ 1;
      const store = keyfiles({ pub: [], paths: [folderOf({ 'k.gpg': octets })] });
      expect(await store.search(ALL)).toEqual([]);
      expect(store.warnings).toHaveLength(1);
    },
  );

  test('a subkey of somebody else, hung onto a key, is none of it', async () => {
    const [alice, mallory] = await Promise.all(
      ['alice', 'mallory'].map((name) => openpgp.readKey({ armoredKey: pub(name) })),
    );
    const packets = new openpgp.PacketList<openpgp.AnyPacket>();
    packets.push(...(alice?.toPacketList() ?? []).slice(0, 3), ...(mallory?.toPacketList() ?? []).slice(3));
    const store = keyfiles({ pub: [], paths: [folderOf({ 'alice.gpg': Buffer.from(packets.write()) })] });
    expect((await store.search(ALL))[0]?.subkeys).toEqual([]);
    expect((await eyamlErrorOf(() => resolve('alice@example.com', store))).problems[0]?.rule).toBe(
      'recipient-no-encryption-key',
    );
  });
});

const INVALID = 'KEY_FILE_INVALID';

describe('secret keys', () => {
  const from = (sources: Parameters<typeof keyfiles>[0]['sources']) => keyfiles({ sources: sources ?? [] });

  test('in a file that others can read are warned of, once', async () => {
    const folder = scratchFolder();
    const file = path.join(folder, 'alice.sec.asc');
    copyFileSync(secretKeyFile('alice'), file);
    chmodSync(file, 0o640);
    const store = from([{ kind: 'file', file }]);
    await store.ownSubkeys();
    await store.search(ALL);
    expect(store.warnings).toEqual([
      `the secret key ${file} can be read by users other than its owner: chmod 600 ${file}`,
    ]);
    chmodSync(file, 0o600);
    const other = from([{ kind: 'file', file }]);
    expect(await other.ownSubkeys()).toHaveLength(1);
    expect(other.warnings).toEqual([]);
    expect(other.details).toEqual([`secret key ${FINGERPRINTS.alice ?? ''} (Alice <alice@example.com>) from ${file}`]);
  });

  test.each([
    [
      'a file that is not there',
      'OPENPGP_KEY_MISSING',
      [{ kind: 'file', file: '/nonexistent/key' }],
      /cannot read .*\/nonexistent\/key: no such file$/,
    ],
    [
      'a folder',
      'OPENPGP_KEY_UNREADABLE',
      [{ kind: 'file', file: '/' }],
      /cannot read the secret key \/: it is a folder$/,
    ],
    [
      'text that is no key',
      INVALID,
      [{ kind: 'octets', name: 'variable KEY', octets: Buffer.from('hello') }],
      /variable KEY/,
    ],
    ['nothing', INVALID, [{ kind: 'octets', name: 'variable KEY', octets: Buffer.alloc(0) }], /variable KEY/],
    [
      'a public key',
      INVALID,
      [{ kind: 'octets', name: 'variable KEY', octets: readFileSync(publicKeyFile('ann')) }],
      /variable KEY holds a public key/,
    ],
    [
      'a key cut short',
      INVALID,
      [{ kind: 'octets', name: 'variable KEY', octets: readFileSync(secretKeyFile('ann')).subarray(0, 400) }],
      /variable KEY/,
    ],
  ] as const)('%s is %s, and public keys are there all the same', async (_, code, sources, message) => {
    const store = from([...sources]);
    const error = await eyamlErrorOf(() => store.ownSubkeys());
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('hello');
    expect(await store.search(ALL)).not.toEqual([]);
  });

  test('a stub whose secret is on a card is told as that', async () => {
    const key = await openpgp.readPrivateKey({ armoredKey: readFileSync(secretKeyFile('zoe'), 'utf8') });
    for (const { keyPacket } of key.subkeys) (keyPacket as openpgp.SecretSubkeyPacket).makeDummy();
    const store = from([
      { kind: 'octets', name: 'variable KEY', octets: Buffer.from(key.write()) },
      secretSource('alice'),
    ]);
    const message = await (await encryptorWith(store, ['zoe@example.com']).prepare('x')).encrypt(Buffer.from('x'));
    const error = await eyamlErrorOf(() => encryptorWith(store).decrypt(message));
    expect([error.code, error.message]).toEqual(['NO_SECRET_KEY', expect.stringMatching(/Zoë.*variable KEY.*stub/)]);
    expect((await store.byCost(await store.ownSubkeys())).map(({ userId }) => userId.split(' ')[0])).toEqual([
      'Alice',
      'Zoë',
    ]);
    expect(store.asked).toEqual([]);
  });

  test('expired and revoked ones open old messages', async () => {
    const store = keyfiles({ secret: ['expired', 'revoked'] });
    expect((await store.ownSubkeys()).map(({ validity }) => validity)).toEqual(['e', 'r']);
    const home = createGnupgHome({ pub: ['expired', 'alice'] });
    onTestFinished(() => home.remove());
    const expired = FINGERPRINTS.expired ?? '';
    const before = ['--faked-system-time', '20261122T210801', '--trust-model', 'always', '-r', expired];
    const message = home.gpg([...before, '--encrypt'], 'old');
    expect(Buffer.from(await encryptorWith(store).decrypt(message)).toString()).toBe('old');
  });
});

describe('a revocation certificate', () => {
  const home = () => {
    const made = createGnupgHome();
    onTestFinished(() => made.remove());
    made.gpg(['--passphrase', '', '--quick-gen-key', 'Bob <bob@example.org>', 'future-default', 'default', 'never']);
    const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(made.gpg(['--with-colons', '-k']).toString())?.[1] ?? '';
    const guarded = readFileSync(path.join(made.path, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
    const certificate = guarded.slice(guarded.indexOf(':-----BEGIN') + 1);
    const octets = made.gpg(['--dearmor'], certificate);
    return { made, fingerprint, certificate, octets, key: made.gpg(['--export']) };
  };
  const validitiesIn = async (paths: readonly string[]) => {
    const store = keyfiles({ pub: [], paths });
    const found = await store.search([{ kind: 'text', text: 'bob@' }]);
    return { validities: found.map(({ primaryKey }) => primaryKey.validity), warnings: store.warnings };
  };

  test('counts in a file of its own, behind the key, armored or not, and before the key is read', async () => {
    const { made, certificate, octets, key } = home();
    const armored = made.gpg(['--armor', '--export']).toString();
    const files = [
      { 'a.gpg': key, 'b.asc': certificate },
      { 'a.rev': octets, 'b.gpg': key },
      { 'bob.asc': armored + certificate },
      { 'bob.gpg': Buffer.concat([key, octets]) },
    ];
    for (const content of files)
      expect(await validitiesIn([folderOf(content)])).toEqual({ validities: ['r'], warnings: [] });
    expect(await validitiesIn([folderOf({ 'a.gpg': key })])).toEqual({ validities: ['-'], warnings: [] });
    const [apart, certificates] = [folderOf({ 'a.gpg': key }), folderOf({ 'b.asc': certificate })];
    expect((await validitiesIn([apart, certificates])).validities).toEqual(['r']);
  });

  test('that is forged does not stand before the real one in a file', async () => {
    const { octets, key } = home();
    const forged = Buffer.from(octets);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const validity = async (file: Buffer) => (await validitiesIn([folderOf({ 'a.gpg': file })])).validities;
    expect(await validity(Buffer.concat([key, forged]))).toEqual(['-']);
    expect(await validity(Buffer.concat([key, forged, octets]))).toEqual(['r']);
  });

  test('counts for each of many searches at once', async () => {
    const { octets, key } = home();
    const [first, second] = [folderOf({ 'a.gpg': key, 'b.rev': octets }), folderOf({ 'copy.gpg': key })];
    const store = keyfiles({ pub: [], paths: [first, second] });
    const searches = Array.from({ length: 8 }, () => store.search([{ kind: 'text', text: 'bob@' }]));
    for (const found of await Promise.all(searches)) expect(found[0]?.primaryKey.validity).toBe('r');
  });

  test('of a key that is not there is told, and one of another key changes nothing', async () => {
    const { certificate } = home();
    const { key } = home();
    const { validities, warnings } = await validitiesIn([folderOf({ 'a.gpg': key, 'b.asc': certificate })]);
    expect(validities).toEqual(['-']);
    expect(warnings).toEqual([
      expect.stringMatching(/b\.asc revokes the key [0-9A-F]{16}, which is not in any of the files/),
    ]);
  });
});
