import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { combineKeystores } from '../../src/keys/combined/combined.js';
import { createGnupgKeystore } from '../../src/keys/gnupg/gnupg.js';
import type { Keystore } from '../../src/keys/keystore.js';
import { signedOctets, writeCleartext } from '../../src/openpgp/cleartext.js';
import { parseFingerprint, type Fingerprint } from '../../src/openpgp/identifiers.js';
import { readKeyFile } from '../../src/openpgp/keys.js';
import { readPackets } from '../../src/openpgp/packets.js';
import { judgeTextSignature } from '../../src/openpgp/text-signature.js';
import { cleanEnvironment } from '../helpers/cli.js';
import { defined } from '../helpers/defined.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { BOBS_PASSPHRASE, createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { keyfiles } from '../helpers/keyfiles.js';

const TEXT = 'who may read\n- what\n  and more\n';
const SIGNED = signedOctets(TEXT);
const fingerprintOf = (name: string): Fingerprint => defined(parseFingerprint(FINGERPRINTS[name] ?? ''));

// Ed25519, RSA with a passphrase, P-384, RSA with SHA-1 self-signatures, DSA.
const SIGNERS = ['alice', 'bob', 'carol', 'olga', 'dan'];

let home: GnupgHome;
let gnupg: Keystore;
beforeAll(() => {
  home = createGnupgHome({ secret: [...SIGNERS, 'brian'], pub: ['zoe'] });
  gnupg = gnupgWith(BOBS_PASSPHRASE);
});
afterAll(() => {
  gnupg.close();
  home.remove();
});

function gnupgWith(passphrase: string): Keystore {
  const given = () => Promise.resolve({ octets: Buffer.from(passphrase), source: 'the test' });
  return createGnupgKeystore({ home: home.path, environment: cleanEnvironment(), givenPassphrase: given });
}

async function verdictOf(body: Uint8Array, store: Pick<Keystore, 'exportKeys'>, name: string) {
  const keys = readKeyFile(await store.exportKeys([fingerprintOf(name)])).keys;
  const signers = keys.map((key) => ({ key, revoked: new Set<Fingerprint>() }));
  return judgeTextSignature(body, SIGNED, signers, Date.now() / 1000);
}

/** What gpg itself says: the primary keys of good signatures. */
function validIn(file: string): readonly string[] {
  const { stdout } = spawnSync('gpg', ['--homedir', home.path, '--batch', '--status-fd', '1', '--verify'], {
    input: file,
  });
  return Array.from(stdout.toString().matchAll(/^\[GNUPG:\] VALIDSIG .* (\w+)$/gm), ([, primary = '']) => primary);
}

describe('a text is signed', () => {
  test('by GnuPG and by key files, and each of the two, and gpg, finds all signatures good in one block', async () => {
    const files = keyfiles({ secret: SIGNERS });
    const made: Uint8Array[] = [];
    for (const name of SIGNERS) {
      for (const store of [gnupg, files]) {
        const body = await store.signText(fingerprintOf(name), SIGNED);
        expect(await verdictOf(body, gnupg, name)).toMatchObject({ isGood: true, signer: fingerprintOf(name) });
        made.push(body);
      }
    }
    expect(validIn(writeCleartext({ text: TEXT, signatures: made }))).toEqual(
      SIGNERS.flatMap((name) => [fingerprintOf(name), fingerprintOf(name)]),
    );
  });

  test('on a Brainpool curve by GnuPG alone', async () => {
    const body = await gnupg.signText(fingerprintOf('brian'), SIGNED);
    expect(await verdictOf(body, gnupg, 'brian')).toMatchObject({ isGood: true });
    const error = await eyamlErrorOf(() => keyfiles({ secret: ['brian'] }).signText(fingerprintOf('brian'), SIGNED));
    expect(error.code).toBe('METHOD_UNAVAILABLE');
  });

  test('by the newest signing subkey, in both', async () => {
    const other = createGnupgHome({ secret: ['alice'] });
    try {
      const alice = fingerprintOf('alice');
      other.gpg([
        '--pinentry-mode',
        'loopback',
        '--passphrase',
        '',
        '--quick-add-key',
        alice,
        'ed25519',
        'sign',
        'never',
      ]);
      const store = createGnupgKeystore({ home: other.path, environment: cleanEnvironment() });
      const exported = other.gpg(['--export-secret-keys', alice]);
      const files = keyfiles({ pub: [], sources: [{ kind: 'octets', name: 'alice', octets: exported }] });
      const [sub] = (await store.search([{ kind: 'hex', hex: alice }])).flatMap(({ subkeys }) =>
        subkeys.filter(({ canSign }) => canSign),
      );
      for (const one of [store, files]) {
        const body = await one.signText(alice, SIGNED);
        expect(Buffer.from(body).toString('hex').toUpperCase()).toContain(defined(sub).keyId);
        expect(await verdictOf(body, store, 'alice')).toMatchObject({ isGood: true, signer: alice });
      }
      store.close();
    } finally {
      other.remove();
    }
  });

  test('whatever gpg.conf adds', async () => {
    const other = createGnupgHome({ secret: ['alice', 'carol'] });
    try {
      writeFileSync(
        path.join(other.path, 'gpg.conf'),
        'armor\ncomment x\ndigest-algo SHA256\ndefault-key carol@example.com\ndefault-sig-expire 1d\nno-textmode\n',
      );
      const store = createGnupgKeystore({ home: other.path, environment: cleanEnvironment() });
      const body = await store.signText(fingerprintOf('alice'), SIGNED);
      expect(await verdictOf(body, store, 'alice')).toMatchObject({ isGood: true });
      writeFileSync(path.join(other.path, 'gpg.conf'), 'local-user carol@example.com\n');
      const error = await eyamlErrorOf(() => store.signText(fingerprintOf('alice'), SIGNED));
      expect(error).toMatchObject({ code: 'GPG_FAILED', suggestions: ['remove local-user from gpg.conf'] });
      store.close();
    } finally {
      other.remove();
    }
  });
});

describe('the keys of the user that can sign', () => {
  test('are those with their secret half', async () => {
    const own = async (store: Keystore) => (await store.ownSigners()).map(({ fingerprint }) => fingerprint).sort();
    expect(await own(gnupg)).toEqual([...SIGNERS, 'brian'].map(fingerprintOf).sort());
    expect(await own(keyfiles({ secret: ['alice', 'zoe'] }))).toEqual(['alice', 'zoe'].map(fingerprintOf).sort());
    const both = combineKeystores(gnupg, keyfiles({ secret: ['alice', 'zoe'] }));
    expect(await own(both)).toEqual([...SIGNERS, 'brian', 'zoe'].map(fingerprintOf).sort());
    for (const name of ['alice', 'zoe']) {
      const body = await both.signText(fingerprintOf(name), SIGNED);
      expect(await verdictOf(body, keyfiles({ pub: [name] }), name).catch(() => undefined)).toBeDefined();
    }
  });

  test('are not those that expired or were revoked', async () => {
    expect(await keyfiles({ secret: ['expired', 'revoked'] }).ownSigners()).toEqual([]);
  });
});

describe('no signature is made', () => {
  test('without the secret key', async () => {
    for (const store of [gnupg, keyfiles({ secret: ['alice'] })]) {
      const error = await eyamlErrorOf(() => store.signText(fingerprintOf('zoe'), SIGNED));
      expect(error.code).toBe('NO_SECRET_KEY');
    }
  });

  test('with a wrong passphrase, which is asked for three times at most', async () => {
    const files = keyfiles({ secret: ['bob'], passphraseFor: () => Promise.resolve(Buffer.from('wrong')) });
    expect((await eyamlErrorOf(() => files.signText(fingerprintOf('bob'), SIGNED))).code).toBe('PASSPHRASE_WRONG');
    expect(files.asked).toHaveLength(3);
    home.killAgent();
    const store = gnupgWith('wrong');
    const error = await eyamlErrorOf(() => store.signText(fingerprintOf('bob'), SIGNED));
    expect(error.code).toBe('PASSPHRASE_WRONG');
    store.close();
  });

  test('when nobody gives a passphrase', async () => {
    const files = keyfiles({ secret: ['bob'], passphraseFor: () => Promise.resolve(undefined) });
    expect((await eyamlErrorOf(() => files.signText(fingerprintOf('bob'), SIGNED))).code).toBe('PASSPHRASE_CANCELLED');
  });
});

test('gpg --clearsign signs the same octets', async () => {
  const options = ['--batch', '--digest-algo', 'SHA512', '--local-user', fingerprintOf('alice')];
  const made = execFileSync('gpg', ['--homedir', home.path, ...options, '--clearsign'], { input: TEXT }).toString();
  expect(made).toContain('\nwho may read\n- - what\n  and more\n-----BEGIN PGP SIGNATURE-----\n');
  const [, armored = ''] = /SIGNATURE-----\n\n([^=]*=*)\n=/.exec(made) ?? [];
  const [packet] = readPackets(Buffer.from(armored, 'base64'));
  expect(await verdictOf(defined(packet).body, gnupg, 'alice')).toMatchObject({ isGood: true });
});
