import { constants, generateKeyPairSync, publicEncrypt, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ContentInfo, EnvelopedData } from '@peculiar/asn1-cms';
import { AsnConvert } from '@peculiar/asn1-schema';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasDrifted, NO_DRIFT, type Encryptor } from '../../src/encryptors/encryptor.js';
import { createPkcs7Encryptor } from '../../src/encryptors/pkcs7.js';
import { createKeyPair } from '../../src/pkcs7/certificate.js';
import type { KeySource } from '../../src/pkcs7/keys.js';
import { certificateIdOf } from '../../src/pkcs7/names.js';
import { defined } from '../helpers/defined.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import {
  CERTIFICATE,
  CERTIFICATE_FILE,
  CERTIFICATE_PEM,
  keySource,
  openssl,
  PRIVATE_KEY_FILE,
} from '../helpers/pkcs7.js';

let folder: string;
let team: { publicKey: KeySource; privateKey: KeySource };
/** Another pair, with a subject of its own. */
let other: typeof team;
let otherId: string;
let bareFile: string;
beforeAll(async () => {
  folder = mkdtempSync('/tmp/eg-');
  const write = (name: string, content: string) => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  team = { publicKey: keySource('public'), privateKey: keySource('private') };
  const pair = await createKeyPair({ bits: 2048, subject: '/CN=other', digest: 'SHA256' });
  other = {
    publicKey: keySource('public', { file: write('other.crt', pair.certificate) }),
    privateKey: keySource('private', { file: write('other.key', pair.privateKey) }),
  };
  otherId = certificateIdOf(new X509Certificate(pair.certificate).raw).text;
  bareFile = write('bare.pem', CERTIFICATE.publicKey.export({ type: 'spki', format: 'pem' }).toString());
});
afterAll(() => rmSync(folder, { recursive: true }));

const NOWHERE = { file: '/nonexistent/key.pem' };

/** The encryptor as the command makes it, and what it says with `--verbose`. */
function encryptorFor(keys: Partial<typeof team> = {}, environment: NodeJS.ProcessEnv = {}) {
  const details: string[] = [];
  const warn = (message: string) => expect.fail(`it warned: ${message}`);
  const messages = { insist: warn, warn, detail: (line: string) => details.push(line) };
  return { ...createPkcs7Encryptor({ ...team, ...keys, environment, messages }), details };
}

const seal = async (encryptor: ReturnType<typeof encryptorFor>, plaintext: string | Uint8Array) =>
  (await encryptor.prepare('any.eyaml')).encrypt(Buffer.from(plaintext));

test('what it encrypts it decrypts, whatever it is', async () => {
  const encryptor = encryptorFor();
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async (plaintext) => {
      expect(await encryptor.decrypt(await seal(encryptor, plaintext))).toEqual(Buffer.from(plaintext));
    }),
    { numRuns: 30 },
  );
});

test('openssl reads what it encrypts, and it what openssl encrypts', async () => {
  const encryptor = encryptorFor();
  const decrypt = ['smime', '-decrypt', '-binary', '-inform', 'DER', '-inkey', PRIVATE_KEY_FILE];
  expect(openssl(decrypt, await seal(encryptor, 'ours')).toString()).toBe('ours');
  const encrypt = ['smime', '-encrypt', '-binary', '-outform', 'DER', '-aes256', CERTIFICATE_FILE];
  expect(await encryptor.decrypt(openssl(encrypt, 'theirs'))).toEqual(Buffer.from('theirs'));
});

test('encrypting needs no private key, decrypting no public one; each is loaded once', async () => {
  const writer = encryptorFor({ privateKey: keySource('private', NOWHERE) });
  const value = await seal(writer, 'x');
  await seal(writer, 'y');
  expect(writer.details).toEqual([`PKCS7 public key: ${CERTIFICATE_FILE} (serial 00 issuer /)`]);
  const reader = encryptorFor({ publicKey: keySource('public', NOWHERE) });
  expect(await Promise.all([reader.decrypt(value), reader.decrypt(value)])).toEqual([
    Buffer.from('x'),
    Buffer.from('x'),
  ]);
  expect(reader.details).toEqual([`PKCS7 private key: ${PRIVATE_KEY_FILE}`]);
});

test('keys may come out of the environment', async () => {
  const environment = {
    PRIVATE: Buffer.from(readFileSync(PRIVATE_KEY_FILE)).toString('base64'),
    PUBLIC: CERTIFICATE_PEM,
  };
  const keys = {
    publicKey: keySource('public', { ...NOWHERE, variable: 'PUBLIC' }),
    privateKey: keySource('private', { ...NOWHERE, base64Variable: 'PRIVATE' }),
  };
  const encryptor = encryptorFor(keys, environment);
  expect(await encryptor.isAvailable('any')).toBe(true);
  expect(await encryptor.decrypt(await seal(encryptor, 'x'))).toEqual(Buffer.from('x'));
  expect(encryptor.details).toEqual([
    'PKCS7 public key: the environment variable PUBLIC (serial 00 issuer /)',
    'PKCS7 private key: the environment variable PRIVATE',
  ]);
});

describe('without a key', () => {
  test('it is not at hand, and says which file it looked for', async () => {
    const encryptor = encryptorFor({ publicKey: keySource('public', NOWHERE) });
    expect(await encryptor.isAvailable('any')).toBe(false);
    expect((await eyamlErrorOf(() => encryptor.prepare('any'))).code).toBe('METHOD_UNAVAILABLE');
  });

  test('a damaged value is told as one before a key is asked for', async () => {
    const encryptor = encryptorFor({ privateKey: keySource('private', NOWHERE) });
    const value = await seal(encryptor, 'x');
    expect((await eyamlErrorOf(() => encryptor.decrypt(value))).code).toBe('KEY_FILE_MISSING');
    expect((await eyamlErrorOf(() => encryptor.decrypt(value.subarray(1)))).code).toBe('MESSAGE_INVALID');
  });
});

describe('a value for another certificate', () => {
  test('the error names both, and what to do', async () => {
    const value = await seal(encryptorFor(other), 'x');
    const error = await eyamlErrorOf(() => encryptorFor().decrypt(value));
    expect(error.code).toBe('NO_SECRET_KEY');
    expect(error.message).toBe(
      `it is encrypted for the certificate with ${otherId}: the private key in ${PRIVATE_KEY_FILE} does not open it; ` +
        `its certificate in ${CERTIFICATE_FILE} has serial 00 issuer /`,
    );
    expect(error.suggestions).toEqual([
      'name the right key with --pkcs7-private-key; if it is the right one, the value is damaged',
    ]);
  });

  test('a private key that is not the one of the certificate is told apart', async () => {
    const value = await seal(encryptorFor(other), 'x');
    const encryptor = encryptorFor({ ...other, privateKey: keySource('private', {}) });
    const error = await eyamlErrorOf(() => encryptor.decrypt(value));
    expect(error.message).toMatch(/that key does not belong to the certificate in \S+ \(serial/);
  });

  test('the public key is left out where there is none', async () => {
    const value = await seal(encryptorFor(other), 'x');
    const encryptor = encryptorFor({ publicKey: keySource('public', NOWHERE) });
    expect((await eyamlErrorOf(() => encryptor.decrypt(value))).message).toMatch(/does not open it$/);
  });
});

test('a wrong key, broken padding and a key of the wrong length are told alike', async () => {
  const encryptor = encryptorFor();
  const value = Buffer.from(await seal(encryptor, 'x'));
  const at = value.indexOf(Buffer.from('04820100', 'hex')) + 4;
  const withKey = (encryptedKey: Uint8Array) => {
    const changed = Buffer.from(value);
    changed.set(encryptedKey, at);
    return changed;
  };
  const key = CERTIFICATE.publicKey;
  const padded = (octets: number) =>
    publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.alloc(octets, 7));
  const block = Buffer.alloc(256, 7);
  block[0] = 0;
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  const values = {
    'another key': withKey(publicEncrypt({ key: stranger, padding: constants.RSA_PKCS1_PADDING }, Buffer.alloc(32))),
    'no padding': withKey(publicEncrypt({ key, padding: constants.RSA_NO_PADDING }, block)),
    'not less than the modulus': withKey(Buffer.alloc(256, 0xff)),
    'a key too short': withKey(padded(16)),
    'a key too long': withKey(padded(33)),
  };
  const errors = [];
  for (const [name, damaged] of Object.entries(values)) {
    const error = await eyamlErrorOf(() => encryptor.decrypt(damaged));
    expect([name, error.code]).toEqual([name, 'NO_SECRET_KEY']);
    errors.push(JSON.stringify([error.code, error.message, error.problems, error.suggestions]));
  }
  expect(new Set(errors).size).toBe(1);
});

describe('who reads', () => {
  const compare = async (writer: typeof team, reader: typeof team) =>
    (await encryptorFor(reader).prepare('any')).compare(await seal(encryptorFor(writer), 'x'));

  test('a value for the certificate is as it should be', async () => {
    expect(await compare(team, team)).toEqual(NO_DRIFT);
    expect(await compare(other, other)).toEqual(NO_DRIFT);
  });

  test('one for another certificate is not', async () => {
    const drift = await compare(other, team);
    expect(drift.extra).toEqual([otherId]);
    expect(drift.missing).toEqual([{ fingerprint: 'serial 00', userId: 'certificate of issuer /', validity: '-' }]);
    expect(hasDrifted(drift)).toBe(true);
  });

  test('nor one that a second certificate opens', async () => {
    const encrypt = ['cms', '-encrypt', '-binary', '-outform', 'DER', '-aes256', CERTIFICATE_FILE];
    const value = openssl([...encrypt, other.publicKey.file], 'x');
    const sealer = await encryptorFor().prepare('any');
    expect(sealer.compare(value)).toEqual({ ...NO_DRIFT, extra: [otherId] });
  });

  test('of a bare public key nobody can tell', async () => {
    const bare = { ...team, publicKey: keySource('public', { file: bareFile }) };
    expect(await compare(other, bare)).toEqual(NO_DRIFT);
    expect(await compare(bare, bare)).toEqual(NO_DRIFT);
  });

  test('a damaged value is an error', async () => {
    const sealer = await encryptorFor().prepare('any');
    expect((await eyamlErrorOf(() => sealer.compare(Buffer.from('x')))).code).toBe('MESSAGE_INVALID');
  });

  test('identifiers are shown as serial number and issuer', async () => {
    const identifier = 'key identifier 0102';
    const readers = await encryptorFor().whoReads([otherId, identifier]);
    expect(readers.get(otherId)?.userId).toBe('certificate of issuer /CN=other');
    expect(readers.get(otherId)?.fingerprint).toMatch(/^serial [0-9A-F]{32}$/);
    expect(readers.get(identifier)?.fingerprint).toBe(identifier);
  });
});

test('two readers under one name are seen, with the certificate or a bare key', async () => {
  const [mine, theirs] = [await seal(encryptorFor(), 'x'), await seal(encryptorFor(), 'y')];
  const info = AsnConvert.parse(mine, ContentInfo);
  const data = AsnConvert.parse(info.content, EnvelopedData);
  data.recipientInfos.push(
    ...AsnConvert.parse(AsnConvert.parse(theirs, ContentInfo).content, EnvelopedData).recipientInfos,
  );
  info.content = AsnConvert.serialize(data);
  const value = new Uint8Array(AsnConvert.serialize(info));
  const bare = { ...team, publicKey: keySource('public', { file: bareFile }) };
  for (const keys of [team, bare]) {
    const drift = (await encryptorFor(keys).prepare('any')).compare(value);
    expect(drift).toEqual({ ...NO_DRIFT, repeated: [expect.stringContaining('serial')] });
    expect(hasDrifted(drift)).toBe(true);
  }
});

describe('a review', () => {
  const reviewOf = (encryptor: Encryptor) => defined(encryptor.review)('any', 0);

  test('compares with the certificate, and names its file', async () => {
    const audience = await reviewOf(encryptorFor());
    expect(audience).toMatchObject({ source: CERTIFICATE_FILE, problems: [] });
    expect(audience.compare(await seal(encryptorFor(other), 'x')).extra).toEqual([otherId]);
  });

  test('finds damage without any key', async () => {
    const audience = await reviewOf(encryptorFor({ publicKey: keySource('public', NOWHERE) }));
    expect(audience.compare(await seal(encryptorFor(), 'x'))).toEqual(NO_DRIFT);
    expect(() => audience.compare(Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'MESSAGE_INVALID' }));
  });

  test('does not pass over a key that will not do', async () => {
    const encryptor = encryptorFor({ publicKey: keySource('public', { file: PRIVATE_KEY_FILE }) });
    expect((await eyamlErrorOf(() => reviewOf(encryptor))).code).toBe('KEY_FILE_INVALID');
  });

  test('does not pass over a variable that is not set', async () => {
    const encryptor = encryptorFor({ publicKey: keySource('public', { variable: 'UNSET' }) });
    expect((await eyamlErrorOf(() => reviewOf(encryptor))).code).toBe('KEY_FILE_MISSING');
  });
});
