import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as openpgp from 'openpgp';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFingerprint } from '../../src/openpgp/identifiers.js';
import { generateKeyPair } from '../../src/openpgp/generate.js';
import { readKeyFile } from '../../src/openpgp/keys.js';
import { openWithLibrary, statesWithLibrary } from '../../src/openpgp/library-secret.js';
import { readPackets, writePacket } from '../../src/openpgp/packets.js';
import { publicHalf } from '../../src/openpgp/public-numbers.js';
import { deriveKey } from '../../src/openpgp/s2k.js';
import { readSecretNumbers, secretStates } from '../../src/openpgp/secret.js';
import type { SecretNumbers } from '../../src/openpgp/secret-numbers.js';
import { openUsualSecret, readUsualSecrets } from '../../src/openpgp/usual-secret.js';
import { defined } from '../helpers/defined.js';
import { BOBS_PASSPHRASE, createGnupgHome, FINGERPRINTS } from '../helpers/gnupg.js';
import { EVERYBODY, secretKeyFile } from '../helpers/keyfiles.js';
import { damaged, hex } from '../helpers/outcomes.js';

const secretOctets = (file: Uint8Array) => defined(readKeyFile(file).keys[0]?.secretOctets);
const fixture = (name: string) => secretOctets(readFileSync(secretKeyFile(name)));

/** What becomes of a secret key, so that two ways of reading it can be compared. A scalar may have zeros in front. */
async function outcomeOf(
  states: typeof secretStates,
  open: typeof openWithLibrary,
  octets: Uint8Array,
  passphrase: Buffer,
): Promise<unknown> {
  const found = await states(octets).catch(() => undefined);
  if (found === undefined) return 'error';
  const outcomes: unknown[] = [];
  for (const [fingerprint, state] of found) {
    const numbers = await open(octets, fingerprint, passphrase).then(digits, (error: unknown) =>
      error instanceof RangeError ? 'RangeError' : 'error',
    );
    outcomes.push([fingerprint, state, numbers]);
  }
  return outcomes;
}

function digits(numbers: SecretNumbers | undefined): unknown {
  if (numbers === undefined) return 'wrong passphrase';
  // Of keys that only sign nothing is used.
  const isUsed = numbers.publicNumbers.kind === 'rsa' || numbers.publicNumbers.kind === 'ecdh';
  const shown = Object.entries(numbers.secret).map(([name, number]) => [name, hex(number)?.replace(/^(?:00)+/, '')]);
  return isUsed ? { publicNumbers: numbers.publicNumbers.kind, shown } : 'opened';
}

async function expectSame(octets: Uint8Array, passphrase: string | Buffer = ''): Promise<void> {
  const given = Buffer.from(passphrase);
  const [own, library] = await Promise.all([
    outcomeOf(secretStates, readSecretNumbers, octets, given),
    outcomeOf(statesWithLibrary, openWithLibrary, octets, given),
  ]);
  expect(own).toEqual(library);
}

const PASS = Buffer.from('pass');
const isReadHere = (octets: Uint8Array) => readUsualSecrets(octets) !== undefined;

/** A new key, locked with few iterations. */
async function lockedKey(passphrase: string, config: openpgp.PartialConfig = {}): Promise<Buffer> {
  const { secretKey } = await generateKeyPair({ userId: 'x', type: 'cv25519' });
  const privateKey = await openpgp.readPrivateKey({ armoredKey: secretKey });
  const { iterated } = openpgp.enums.s2k;
  const fast: openpgp.PartialConfig = { s2kIterationCountByte: 0, aeadProtect: false, s2kType: iterated, ...config };
  const locked = await openpgp.encryptKey({ privateKey, passphrase, config: fast });
  return Buffer.from(secretOctets(locked.write()));
}

describe('both ways of reading a secret key give the same', () => {
  test.each(EVERYBODY)('the key of %s, which is read here', async (name) => {
    expect(isReadHere(fixture(name))).toBe(true);
    await expectSame(fixture(name), BOBS_PASSPHRASE);
    await expectSame(fixture(name), 'another');
  });

  test('what gpg exports: locked, and with stubs', async () => {
    const home = createGnupgHome({});
    try {
      home.gpg(['--passphrase', 'pass', '--quick-gen-key', 'a', 'future-default', 'default', 'never']);
      const exportKeys = (what: string) =>
        secretOctets(home.gpg(['--pinentry-mode', 'loopback', '--passphrase', 'pass', what]));
      for (const what of ['--export-secret-keys', '--export-secret-subkeys']) {
        const octets = exportKeys(what);
        expect(isReadHere(octets)).toBe(true);
        for (const passphrase of ['pass', 'wrong', '']) await expectSame(octets, passphrase);
      }
      expect([...(await secretStates(exportKeys('--export-secret-subkeys'))).values()]).toEqual(['missing', 'locked']);
    } finally {
      home.remove();
    }
  });

  test.each<[string, openpgp.PartialConfig, boolean]>([
    ['SHA-256', {}, true],
    ['AEAD', { aeadProtect: true }, false],
    ['Argon2', { aeadProtect: true, s2kType: openpgp.enums.s2k.argon2 }, false],
  ])('a key that openpgp.js locked: %s', async (_, config, isUsual) => {
    const octets = await lockedKey('pass', config);
    expect(isReadHere(octets)).toBe(isUsual);
    for (const passphrase of ['pass', 'wrong']) await expectSame(octets, passphrase);
  });
});

/** The last part of a key, changed, after the others. */
function withLast(octets: Uint8Array, change: (body: Uint8Array) => Buffer): Buffer {
  const last = defined(readPackets(octets).at(-1));
  return Buffer.concat([octets.subarray(0, last.start), writePacket(last.tag, change(last.body))]);
}

test('an octet after the numbers is left to openpgp.js', async () => {
  const octets = withLast(fixture('alice'), (body) =>
    Buffer.concat([body.subarray(0, -2), Buffer.of(0), body.subarray(-2)]),
  );
  expect(isReadHere(octets)).toBe(false);
  await expectSame(octets);
});

// Made with the key derivation here, so that openpgp.js opens it only if it derives the same key.
describe.each([2, 8, 9, 10, 11])('a key locked with hash %i', (hashAlgorithm) => {
  test.each([7, 8, 9])('and cipher %i', async (cipher) => {
    const octets = withLast(fixture('alice'), (body) => {
      const half = defined(publicHalf(body));
      const numbers = body.subarray(half.length + 1, -2);
      const [salt, initial] = [randomBytes(8), randomBytes(16)];
      const key = deriveKey({ hashAlgorithm, salt, count: 20 }, Buffer.from('pass'), 16 + 8 * (cipher - 7));
      const encrypt = createCipheriv(`aes-${key.length * 8}-cfb`, key, initial);
      const digest = createHash('sha1').update(numbers).digest();
      const locked = Buffer.concat([encrypt.update(numbers), encrypt.update(digest)]);
      return Buffer.concat([half, Buffer.of(254, cipher, 3, hashAlgorithm), salt, Buffer.of(20), initial, locked]);
    });
    expect(isReadHere(octets)).toBe(true);
    const fingerprint = defined([...(await secretStates(octets)).keys()][1]);
    const [own, library] = [
      await readSecretNumbers(octets, fingerprint, PASS),
      await openWithLibrary(octets, fingerprint, PASS),
    ];
    expect(digits(library)).toMatchObject({ publicNumbers: 'ecdh' });
    expect(digits(own)).toEqual(digits(library));
    await expectSame(octets, 'wrong');
  });
});

describe('with one bit changed, and cut short', () => {
  test.each([
    ['Curve25519', 'alice', 1],
    ['P-384', 'carol', 3],
    ['ElGamal', 'dan', 37],
    ['RSA', 'puppetmaster', 41],
  ])('%s', async (_, name, step) => {
    const octets = fixture(name);
    for (const changed of damaged(octets, step)) await expectSame(changed);
  });

  test('locked', async () => {
    const octets = await lockedKey('pass');
    for (const changed of damaged(octets)) await expectSame(changed, 'pass');
  });
});

test('law: any passphrase unlocks what it locked, and no other does', async () => {
  const passphrases = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 });
  const counts = fc.integer({ min: 0, max: 100 });
  await fc.assert(
    fc.asyncProperty(passphrases, passphrases, counts, async (right, other, s2kIterationCountByte) => {
      const octets = await lockedKey(right, { s2kIterationCountByte });
      const [primary] = defined(readUsualSecrets(octets));
      expect(openUsualSecret(defined(primary), Buffer.from(right))).toMatchObject({ d: expect.anything() as unknown });
      for (const given of [right, other]) await expectSame(octets, given);
    }),
    { numRuns: 15 },
  );
});

test('a passphrase that is not UTF-8 is left to openpgp.js', async () => {
  const octets = await lockedKey('�');
  for (const given of [Buffer.of(0xff), Buffer.from('�')]) await expectSame(octets, given);
});

test('numbers are wiped, and the key can be read again', async () => {
  const octets = fixture('alice');
  const [, fingerprint] = [...(await secretStates(octets)).keys()];
  const before = Buffer.from(octets);
  const numbers = defined(await readSecretNumbers(octets, defined(fingerprint)));
  numbers.wipe();
  expect(numbers.secret.d?.every((octet) => octet === 0)).toBe(true);
  expect(before.equals(octets)).toBe(true);
});

test('the states tell the parts by fingerprint', async () => {
  const states = await secretStates(fixture('bob'));
  expect(states.get(defined(parseFingerprint(FINGERPRINTS.bob ?? '')))).toBe('locked');
});
