import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signedOctets, writeCleartext } from '../../src/openpgp/cleartext.js';
import { parseFingerprint } from '../../src/openpgp/identifiers.js';
import { readPackets } from '../../src/openpgp/packets.js';
import { MANIFEST_FILE } from '../../src/recipients/signed/file.js';
import { renderManifest } from '../../src/recipients/signed/manifest.js';
import { CERTIFIES, DAY, flags, keyLifetime, sceneOf, type Scene } from '../helpers/certificate-cases/case.js';
import { ed25519Key, u32 } from '../helpers/certificate-keys.js';
import { over, packet, signaturePacket, type SignatureOptions } from '../helpers/certificates.js';
import { defined } from '../helpers/defined.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, copyKey, toolsWithoutGpg } from '../helpers/key-homes.js';
import { createMember, createRepository, fingerprintOf, lines, LIST, manifestIn } from '../helpers/team.js';
import type { Member, Repository } from '../helpers/team.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['zoe', 'ann'] });
});
afterAll(() => home.remove());

const ALICE = fingerprintOf('alice');
const set = (member: Member, it: Repository) =>
  member.run(it, ['set', 'production/db.yaml', 'secret', '--stdin'], { input: 's3cret' });

async function signedScene(): Promise<{ readonly it: Repository; readonly alice: Member }> {
  const [it, alice] = [createRepository(), createMember(home)];
  expect(await alice.run(it, ['recipients', 'sign'])).toMatchObject({ code: 0 });
  it.commit();
  return { it, alice };
}

describe('a signer whose key was made by hand', () => {
  const me: Scene = sceneOf({ name: '', use: 'none', make: () => [] }, 0);
  const now = Math.floor(Date.now() / 1000);
  const sub = ed25519Key(me.made + 10);
  const signs = flags(2);
  const answer = readPackets(signaturePacket(0x19, sub, over.subkey(me.primary, sub)))[0]?.body;
  const bound = (options: SignatureOptions = {}) =>
    me.subkey({ hashed: [signs], unhashed: [[32, defined(answer)]], ...options }, sub);

  /** A repository with that key in it, and a manifest that it signed a year after it was made. */
  function repositoryOf(key: readonly Buffer[], by = me.primary): Repository {
    const it = createRepository();
    const keys = addPublicKeys(it.cwd, ['alice', 'zoe']);
    writeFileSync(path.join(keys, 'signer.gpg'), Buffer.concat(key));
    it.commit();
    const named = (name: string) => ({ fingerprint: defined(parseFingerprint(fingerprintOf(name))), name: '' });
    const text = renderManifest({
      ...{ repository: it.git('rev-list', '--max-parents=0', 'HEAD').trim(), serial: 1, threshold: 1, rules: [] },
      signers: [{ fingerprint: defined(parseFingerprint(me.primary.fingerprint)), name: me.uid }],
      files: [
        { path: LIST, keys: [named('alice')] },
        { path: `production/${LIST}`, keys: [named('zoe'), named('alice')] },
      ],
    });
    const made = signaturePacket(1, by, signedOctets(text), { hash: 'sha512', created: me.made + 365 * DAY });
    const [signature] = readPackets(made);
    it.write(MANIFEST_FILE, writeCleartext({ text, signatures: [defined(signature).body] }));
    return it;
  }

  const verified = (it: Repository) =>
    createMember(undefined, { PATH: toolsWithoutGpg(scratchFolder(), ['git']) }).run(it, [
      ...['recipients', 'verify', '--signer', me.primary.fingerprint],
    ]);
  const lasting = (seconds: number) => [me.pk, ...me.user({ hashed: [CERTIFIES, keyLifetime(seconds)] })];

  test('is good', async () => {
    expect(now).toBeGreaterThan(me.made + 365 * DAY);
    expect(await verified(repositoryOf([me.pk, ...me.user()]))).toMatchObject({ code: 0 });
    expect(await verified(repositoryOf([me.pk, ...me.user(), ...bound()], sub))).toMatchObject({ code: 0 });
  });

  test('is good if the key expired afterwards, with a warning', async () => {
    const run = await verified(repositoryOf(lasting(366 * DAY)));
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/warning: the key of the signer \w{40} has expired since it signed/);
  });

  test.each<readonly [string, readonly Buffer[], typeof sub, RegExp]>([
    ['signed after the end of the key', lasting(364 * DAY), me.primary, /was made when its key had expired/],
    ['is revoked', [me.pk, me.revoke(), ...me.user()], me.primary, /is by a revoked key/],
    [
      'has a subkey that is not bound',
      [me.pk, ...me.user(), packet.subkey(sub)],
      sub,
      /is by a key whose own signatures are not valid/,
    ],
    [
      'has a subkey that expired before',
      [me.pk, ...me.user(), ...bound({ hashed: [signs, [9, u32(DAY)]] })],
      sub,
      /when its key had expired/,
    ],
    [
      'is another key in the file of the same name',
      [
        packet.key(sub),
        packet.userId(me.uid),
        signaturePacket(0x13, sub, over.userId(sub, me.uid), { hashed: [CERTIFIES] }),
      ],
      me.primary,
      /by a key that is not known here/,
    ],
  ])('does not count if it %s', async (_, key, by, reason) => {
    const run = await verified(repositoryOf(key, by));
    expect(run.stderr).toMatch(reason);
    expect(run.code).toBe(1);
  });
});

describe('check', () => {
  test('reports what is not as it is signed, where signers were accepted or are configured', async () => {
    const { it, alice } = await signedScene();
    expect(await alice.run(it, ['check', '.'])).toMatchObject({ code: 0 });
    it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
    const run = await alice.run({ cwd: path.join(it.cwd, 'production') }, ['check', 'db.yaml']);
    expect(run.stdout).toMatch(
      /^error: names E756\w+ Ann .*, which is not signed \[recipients-unsigned\]\n {2}hiera-eyaml-gpg.recipients:1$/m,
    );
    expect(run.code).toBe(1);
    it.remove(MANIFEST_FILE);
    expect((await alice.run(it, ['check', '.'])).stdout).toMatch(
      /^error: the recipients are not signed.* \[recipients-unsigned\]\n {2}\.eyaml\/recipients.asc:1$/m,
    );
    expect(await createMember(home).run(it, ['check', '.'])).toMatchObject({ code: 0 });
  });

  test('cannot be told by a repository not to', async () => {
    const { it, alice } = await signedScene();
    it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
    it.write('.eyaml/config.yaml', 'disable_rule: recipients-unsigned\n');
    expect((await alice.run(it, ['check', '.'])).stdout).toMatch(/\[recipients-unsigned\]/);
  });
});

test('recipients tells a stranger that there is a manifest, and how to begin', async () => {
  const { it, alice } = await signedScene();
  const words = /\.eyaml\/recipients.asc says who may read, .*: eyaml recipients verify --signer FINGERPRINT/;
  expect((await createMember(home).run(it, ['recipients'])).stderr).toMatch(words);
  expect((await alice.run(it, ['recipients'])).stderr).not.toMatch(words);
});

test('a command that encrypts accepts a new manifest that is good, and no older one from then on', async () => {
  const { it, alice } = await signedScene();
  const other = createMember(home);
  expect(await other.run(it, ['recipients', 'verify', '--signer', ALICE])).toMatchObject({ code: 0 });
  const old = it.read(MANIFEST_FILE);
  it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
  expect(await alice.run(it, ['recipients', 'sign'])).toMatchObject({ code: 0 });
  expect(await set(other, it)).toMatchObject({ code: 0 });
  it.write(MANIFEST_FILE, old);
  it.write(`production/${LIST}`, lines(['alice', 'zoe']));
  expect((await set(other, it)).stderr).toMatch(/is older .*: serial 1, after 2/);
});

test('where nothing can be remembered, a manifest is verified each time', async () => {
  const { it } = await signedScene();
  const config = path.join(scratchFolder(), 'config.yaml');
  writeFileSync(config, `recipients_signers: ${ALICE}\n`);
  const ci = createMember(home, { XDG_STATE_HOME: '/proc/self', EYAML_CONFIG: config });
  for (const run of [await ci.run(it, ['recipients', 'verify']), await set(ci, it)]) {
    expect(run.stderr).toMatch(/warning: the signed manifest is not remembered/);
    expect(run.code).toBe(0);
  }
  const homeless = createMember(home, { HOME: '/nonexistent', EYAML_CONFIG: config });
  expect(await set(homeless, it)).toMatchObject({ code: 0 });
  it.remove(MANIFEST_FILE);
  for (const member of [ci, homeless]) expect((await set(member, it)).stderr).toMatch(/\[RECIPIENTS_UNSIGNED\]/);
});

test.each([['sign'], ['verify'], ['reset-trust']])('%s needs a file or folder that is there', async (command) => {
  const { it, alice } = await signedScene();
  const run = await alice.run(it, ['recipients', command, 'nowhere']);
  expect(run).toMatchObject({ code: 1, stderr: 'error: no such file or folder: nowhere [FILE_NOT_FOUND]\n' });
});

test('values for recipients that the user names need no manifest', async () => {
  const { it, alice } = await signedScene();
  it.remove(MANIFEST_FILE);
  const options = ['--gpg-recipients', 'ann@example.com'];
  expect(await alice.run(it, ['encrypt', '--stdin', ...options], { input: 'x' })).toMatchObject({ code: 0 });
  expect((await alice.run(it, ['encrypt', '--stdin'], { input: 'x' })).stderr).toMatch(/\[RECIPIENTS_UNSIGNED\]/);
});

describe('reset-trust', () => {
  test('forgets the signers when a person types the name of the folder, and nothing else', async () => {
    const { it, alice } = await signedScene();
    expect(await set(alice, it)).toMatchObject({ code: 0 });
    it.remove(MANIFEST_FILE);
    const name = path.basename(it.cwd);
    const wrong = eyamlOnTerminal(['recipients', 'reset-trust'], { cwd: it.cwd, env: alice.env });
    await wrong.waitFor(/WARNING: .*E015 308C.*Type the name of the folder/s);
    wrong.type('yes\r');
    expect(await wrong.ended).toMatchObject({ exitCode: 1 });
    expect(wrong.shown()).toMatch(/not the name of the folder; nothing was forgotten/);
    expect((await set(alice, it)).code).toBe(1);
    const right = eyamlOnTerminal(['recipients', 'reset-trust'], { cwd: it.cwd, env: alice.env });
    await right.waitFor(/Type the name of the folder/);
    right.type(`${name}\r`);
    expect(await right.ended).toMatchObject({ exitCode: 0 });
    expect(await set(alice, it)).toMatchObject({ code: 0 });
    it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
    expect((await set(alice, it)).stderr).toMatch(/\[RECIPIENTS_ADDED\]/);
    const again = await alice.run(it, ['recipients', 'reset-trust']);
    expect(again).toMatchObject({ code: 0, stderr: 'nothing to forget: no signed recipients were accepted here\n' });
  });

  test('is refused without a terminal', async () => {
    const { it, alice } = await signedScene();
    const name = path.basename(it.cwd);
    const run = await alice.run(it, ['recipients', 'reset-trust'], { input: `${name}\n` });
    expect(run.stderr).toMatch(/only a person at a terminal can do this \[ABORTED\]/);
    expect(run.code).toBe(1);
    it.remove(MANIFEST_FILE);
    expect((await set(alice, it)).stderr).toMatch(/\[RECIPIENTS_UNSIGNED\]/);
  });
});

test('signing on a terminal asks first, and no is no', async () => {
  const { it, alice } = await signedScene();
  const before = it.read(MANIFEST_FILE);
  it.write(`production/${LIST}`, lines(['alice', 'zoe', 'ann']));
  const terminal = eyamlOnTerminal(['recipients', 'sign'], { cwd: it.cwd, env: alice.env });
  await terminal.waitFor(/names \w{40} Ann .*Sign this\?/s);
  terminal.type('\r');
  expect(await terminal.ended).toMatchObject({ exitCode: 1 });
  expect(terminal.shown()).toMatch(/nothing was signed/);
  expect(it.read(MANIFEST_FILE)).toBe(before);
});

test('signing on a terminal asks for the passphrase of a key file, and shows it nowhere', async () => {
  const it = createRepository(['bob'], ['bob']);
  addPublicKeys(it.cwd, ['bob']);
  it.commit();
  const bob = createMember(undefined, { PATH: toolsWithoutGpg(scratchFolder(), ['git']) });
  mkdirSync(path.join(bob.homeFolder, '.eyaml/keys'), { recursive: true, mode: 0o700 });
  copyKey('bob', path.join(bob.homeFolder, '.eyaml/keys/bob.asc'));
  const terminal = eyamlOnTerminal(['recipients', 'sign'], { cwd: it.cwd, env: bob.env });
  await terminal.waitFor(/to sign, as Bob .*signers, of whom 1 must sign.*Sign this\?/s);
  terminal.type('y\r');
  await terminal.waitFor(/Passphrase of Bob/);
  terminal.type('correct horse\r');
  expect(await terminal.ended).toMatchObject({ exitCode: 0 });
  expect(terminal.shown()).not.toContain('correct horse');
  expect(manifestIn(it)).toMatchObject({ serial: 1, signers: [{ fingerprint: fingerprintOf('bob') }] });
});
