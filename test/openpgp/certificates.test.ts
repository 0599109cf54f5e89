import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseColons } from '../../src/keys/gnupg/colons.js';
import type { PublicKey } from '../../src/keys/keystore.js';
import { readHead } from '../../src/openpgp/inspect.js';
import { parseRecipientsFile } from '../../src/recipients/file.js';
import { resolveRecipients } from '../../src/recipients/resolve.js';
import { NOW, sceneOf, type CertificateCase, type Scene, type Use } from '../helpers/certificate-cases/case.js';
import { CASES } from '../helpers/certificate-cases/index.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome } from '../helpers/gnupg.js';
import { encryptorWith, keyfiles } from '../helpers/keyfiles.js';
import { hasPeer } from '../helpers/peers.js';

interface MadeCase extends CertificateCase {
  readonly scene: Scene;
  readonly octets: Buffer;
}

/** What comes of a certificate, and the letters of what is not to be used. */
interface Found {
  readonly use: Use | 'another';
  readonly key: PublicKey | undefined;
}

const MADE: readonly MadeCase[] = CASES.map((one, i) => {
  const scene = sceneOf(one, i);
  return { ...one, scene, octets: Buffer.concat(one.make(scene)) };
});

beforeEach(() => vi.useFakeTimers({ now: NOW * 1000, toFake: ['Date'] }));
afterEach(() => vi.useRealTimers());

function useOf(keyId: string | undefined, { sub, sub2, primary }: Scene): Found['use'] {
  if (keyId === undefined) return 'none';
  return keyId === sub.keyId ? 'sub' : keyId === sub2.keyId ? 'sub2' : keyId === primary.keyId ? 'primary' : 'another';
}

async function inFiles({ scene, octets }: MadeCase): Promise<Found> {
  const file = path.join(scratchFolder(), 'key.gpg');
  writeFileSync(file, octets);
  const store = keyfiles({ pub: [], paths: [file] });
  const { fingerprint } = scene.primary;
  const [recipient] = await resolveRecipients(parseRecipientsFile(fingerprint, 'recipients'), store, 'always').catch(
    () => [],
  );
  const [key] = await store.search([{ kind: 'hex', hex: fingerprint }]);
  return { use: useOf(recipient?.encryptionSubkey.keyId, scene), key };
}

describe('a hand-made certificate in a file', () => {
  test('has a name of its own', () => {
    expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  });

  test.each(MADE)('$name: encrypts to $use', async (one) => {
    expect((await inFiles(one)).use).toBe(one.use);
  });

  test('is encrypted to when it may be, whatever openpgp.js makes of it', async () => {
    // ElGamal is for GnuPG.
    const usable = MADE.filter(({ use, name }) => use !== 'none' && name !== 'a subkey of algorithm 16');
    for (const { use, scene, octets } of usable) {
      const file = path.join(scratchFolder(), 'key.gpg');
      writeFileSync(file, octets);
      const sealer = await encryptorWith(keyfiles({ pub: [], paths: [file] }), [scene.primary.fingerprint]).prepare(
        'x',
      );
      expect(useOf(readHead(await sealer.encrypt(Buffer.from('x'))).readers[0], scene)).toBe(use);
    }
  });
});

describe.runIf(hasPeer('gpg'))('beside GnuPG', () => {
  test('no certificate is judged more mildly, and none more strictly that is not known to be', async () => {
    const { gpg, listing } = importAll();
    const listed = parseColons(listing);
    const wrong: string[] = [];
    for (const one of MADE) {
      const { fingerprint } = one.scene.primary;
      const key = listed.find(({ primaryKey }) => primaryKey.fingerprint === fingerprint);
      wrong.push(...milder(await inFiles(one), key).map((text) => `${one.name}: ${text}`));
    }
    expect(wrong).toEqual([]);
    // One run for all that can be encrypted to; which these are the capital letters of the listing say: what a key can do as a whole.
    const usable = MADE.filter(({ use, gpg = use }) => gpg !== 'none');
    const encrypting = MADE.filter(({ scene }) => capabilitiesIn(listing, scene).includes('E'));
    expect(encrypting.map(({ name }) => name)).toEqual(usable.map(({ name }) => name));
    const recipients = usable.flatMap(({ scene }) => ['--recipient', scene.primary.fingerprint]);
    const { readers } = readHead(gpg(['--trust-model', 'always', '--encrypt', ...recipients], 'x').stdout);
    const found = new Set<string>(readers);
    const used = usable.map(({ name, scene: { sub, sub2, primary } }) => [
      name,
      Object.entries({ sub, sub2, primary }).flatMap(([part, { keyId }]) => (found.has(keyId) ? [part] : [])),
    ]);
    expect(used).toEqual(usable.map(({ name, use, gpg = use }) => [name, [gpg]]));
    expect(found.size).toBe(usable.length);
  }, 60_000);
});

/** A GnuPG home with all certificates, at their time. */
function importAll() {
  const home = createGnupgHome();
  onTestFinished(() => home.remove());
  const common = ['--homedir', home.path, '--batch', '--quiet', '--no-tty', '--no-auto-check-trustdb'];
  const gpg = (args: readonly string[], input = '') =>
    spawnSync('gpg', [...common, '--faked-system-time', `${NOW}!`, ...args], { input });
  const folder = scratchFolder();
  const files = MADE.map(({ octets }, i) => {
    writeFileSync(path.join(folder, `${i}.gpg`), octets);
    return path.join(folder, `${i}.gpg`);
  });
  // A file each: gpg reads none further than to a signature that is damaged.
  gpg(['--import', ...files]);
  return { gpg, listing: gpg(['--with-colons', '--fixed-list-mode', '--list-keys']).stdout.toString() };
}

/** GnuPG, doc/DETAILS, field 12. */
function capabilitiesIn(listing: string, { primary }: Scene): string {
  const records = listing.split('\n').map((line) => line.split(':'));
  return records.find(([record, , , , keyId]) => record === 'pub' && keyId === primary.keyId)?.[11] ?? '';
}

/** Parts and user IDs that are not to be used in GnuPG, and are in files. */
function milder({ key }: Found, listed: PublicKey | undefined): readonly string[] {
  if (key === undefined) return [];
  const isDead = (validity: string) => ['r', 'e', 'i'].includes(validity);
  const there = new Map(
    [listed?.primaryKey, ...(listed?.subkeys ?? [])].flatMap((part) =>
      part ? [[part.keyId as string, part.validity]] : [],
    ),
  );
  for (const { text, validity } of listed?.userIds ?? []) there.set(text, validity);
  const used = key.subkeys.filter(({ canEncrypt }) => canEncrypt);
  const here = [key.primaryKey, ...used].map(({ keyId, validity }) => [keyId as string, validity] as const);
  const userIds = key.userIds.map(({ text, validity }) => [text, validity] as const);
  return [...here, ...userIds].flatMap(([name, validity]) => {
    const other = there.get(name) ?? 'i';
    return isDead(other) && !isDead(validity) ? [`${name} is ${validity} in files, ${other} in GnuPG`] : [];
  });
}
