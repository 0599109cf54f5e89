import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGpg, type Gpg } from '../../../src/keys/gnupg/gpg.js';
import { exportPublicKeys, importOwnKey, listPublicKeys, listSecretKeys } from '../../../src/keys/gnupg/keyring.js';
import { decryptWithGpg, encryptWithGpg } from '../../../src/keys/gnupg/messages.js';
import { generateKeyPair } from '../../../src/openpgp/generate.js';
import type { Fingerprint } from '../../../src/openpgp/identifiers.js';
import { passesOverKeyrings } from '../../helpers/abilities.js';
import { defined } from '../../helpers/defined.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../../helpers/gnupg.js';
import { hasPeer } from '../../helpers/peers.js';

const { PATH = '' } = process.env;
const alice = defined(FINGERPRINTS.alice) as Fingerprint;
const stranger = '0'.repeat(40) as Fingerprint;
const ALICES_SUBKEY = '52F72E0B18501EB6343FAC64618FFB1B4D739FFF' as Fingerprint;

let home: GnupgHome;
beforeEach(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['ann'] });
});
afterEach(() => home.remove());

const configure = (...lines: readonly string[]) =>
  writeFileSync(path.join(home.path, 'gpg.conf'), lines.map((line) => `${line}\n`).join(''));
const hex = (digits: string) => ({ kind: 'hex', hex: digits }) as const;
const text = (part: string) => ({ kind: 'text', text: part }) as const;
const found = async (gpg: Gpg, ...terms: Parameters<typeof listPublicKeys>[1]) =>
  (await listPublicKeys(gpg, terms)).map(({ primaryKey }) => primaryKey.fingerprint);

describe('a keyring line of gpg.conf that is not needed is no error, though gpg ends with one:', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'eyaml-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'junk.gpg'), 'no keyring');
  const lines = [
    ['a file that is gone', path.join(folder, 'gone.gpg')],
    ['a folder', folder],
    ['a damaged file', path.join(folder, 'junk.gpg')],
  ] as const;

  test.skipIf(!passesOverKeyrings()).each(lines)('%s', async (_, keyring) => {
    configure(`keyring ${keyring}`);
    const gpg = createGpg(home.path, { PATH });
    expect((await gpg.run(['--list-keys'])).exitCode).not.toBe(0);
    expect(await found(gpg, hex(alice))).toEqual([alice]);
    expect(await found(gpg, text('alice@example.com'))).toEqual([alice]);
    expect((await exportPublicKeys(gpg, [alice])).length).toBeGreaterThan(100);
    expect(await listSecretKeys(gpg)).toHaveLength(1);
    const message = await encryptWithGpg(gpg, Buffer.from('value'), [ALICES_SUBKEY]);
    expect((await decryptWithGpg(gpg, message)).toString()).toBe('value');
  });

  test.skipIf(!passesOverKeyrings())(
    'a gone one holds no key, and one of your own is imported all the same',
    async () => {
      configure(`keyring ${path.join(folder, 'gone.gpg')}`);
      const gpg = createGpg(home.path, { PATH });
      expect(await found(gpg, hex(stranger), text('nobody@example.com'))).toEqual([]);
      expect(await found(gpg, hex(stranger))).toEqual([]);
      const { secretKey, fingerprint } = await generateKeyPair({ userId: 'New <new@example.com>', type: 'cv25519' });
      await importOwnKey(gpg, Buffer.from(secretKey), fingerprint);
      expect(await found(gpg, hex(fingerprint))).toEqual([fingerprint]);
    },
  );

  test.each(lines.slice(1))('but what is not found may be in %s: that is not "no key"', async (_, keyring) => {
    configure(`keyring ${keyring}`);
    const gpg = createGpg(home.path, { PATH });
    for (const term of [hex(stranger), text('nobody@example.com')]) {
      const error = await eyamlErrorOf(() => listPublicKeys(gpg, [hex(alice), term]));
      expect(error.message).toMatch(/^gpg could not list public keys \(exit code \d\): gpg: /);
    }
  });
});

describe('a gpg that fails is not "no key" and not a damaged value:', () => {
  const everything = (gpg: Gpg): readonly (() => Promise<unknown>)[] => [
    () => listPublicKeys(gpg, [hex(alice)]),
    () => listPublicKeys(gpg, [text('alice@example.com')]),
    () => listSecretKeys(gpg),
    () => exportPublicKeys(gpg, [alice]),
    () => encryptWithGpg(gpg, Buffer.from('secret'), [ALICES_SUBKEY]),
    () => decryptWithGpg(gpg, Buffer.from('message')),
  ];
  /** A folder whose `gpg` is a script, or a link to a program. */
  function folderWith(gpg: { readonly script?: string; readonly link?: string }): string {
    const folder = path.join(scratchFolder(), 'bin');
    mkdirSync(folder);
    const file = path.join(folder, 'gpg');
    if (gpg.link !== undefined) symlinkSync(gpg.link, file);
    else writeFileSync(file, `#!/bin/sh\n${gpg.script ?? ''}\n`);
    if (gpg.link === undefined) chmodSync(file, 0o755);
    return folder;
  }
  const withGpg = (folder: string) => createGpg(home.path, { PATH: `${folder}:${PATH}` });

  test.each([
    ['a signal', 'kill -9 $$', /^gpg could not .* \(ended by SIGKILL\)$/],
    ['an exit code', 'echo "gpg: out of luck" >&2; exit 3', /^gpg could not .* \(exit code 3\): gpg: out of luck$/],
  ])('%s says so', async (_, script, message) => {
    for (const work of everything(withGpg(folderWith({ script })))) {
      const error = await eyamlErrorOf(work);
      expect(error).toMatchObject({ code: 'GPG_FAILED', message: expect.stringMatching(message) as string });
      expect(error.suggestions.join()).toContain('gpg --version');
    }
  });

  test('one that does nothing and says that all is well', async () => {
    const gpg = withGpg(folderWith({ script: 'exit 0' }));
    for (const work of everything(gpg).filter((_, i) => ![2, 3].includes(i)))
      expect((await eyamlErrorOf(work)).code).toBe('GPG_FAILED');
  });

  test.skipIf(!hasPeer('gpg1'))('GnuPG 1.4', async () => {
    const gpg1 = spawnSync('sh', ['-c', 'command -v gpg1']).stdout.toString().trim();
    for (const work of everything(withGpg(folderWith({ link: gpg1 }))).slice(0, 3)) {
      const error = await eyamlErrorOf(work);
      expect(error.message).toMatch(/\(exit code 2\): gpg: Invalid option "--with-keygrip"$/);
      expect(error.suggestions.join()).toContain('GnuPG 2.2 or newer');
    }
  });

  test('a broken gpg.conf', async () => {
    configure('trust-model nonsense');
    for (const work of everything(createGpg(home.path, { PATH }))) {
      expect((await eyamlErrorOf(work)).message).toMatch(
        /^gpg could not .* \(exit code \d\): .*trust model ['"]nonsense['"]/,
      );
    }
  });
});
