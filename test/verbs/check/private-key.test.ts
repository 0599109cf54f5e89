import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { privateKeyIn as find, privateKeyProblem } from '../../../src/verbs/check/private-key.js';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../../helpers/gnupg.js';

const privateKeyIn = (octets: Uint8Array) => find(octets)?.kind;
const keys = path.join(FIXTURES, 'keys');
const read = (name: string) => readFileSync(path.join(keys, name));
const bin = (armored: Buffer) => execFileSync('gpg', ['--dearmor'], { input: armored });
const rsa = createPrivateKey(read('pkcs7/private_key.pkcs7.pem'));
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const LOCK = { cipher: 'aes-256-cbc', passphrase: 'x' } as const;
const PEM = rsa.export({ type: 'pkcs1', format: 'pem' }).toString();

const names = readdirSync(keys).filter((name) => name.endsWith('.asc'));

test.each(names.filter((name) => name.includes('.sec.')))('%s, armored and binary, is a private key', (name) => {
  expect(privateKeyIn(read(name))).toBe('an OpenPGP');
  expect(privateKeyIn(bin(read(name)))).toBe('an OpenPGP');
});

test.each(names.filter((name) => name.includes('.pub.')))('%s, armored and binary, is none', (name) => {
  expect(privateKeyIn(read(name))).toBeUndefined();
  expect(privateKeyIn(bin(read(name)))).toBeUndefined();
});

describe('OpenSSL', () => {
  test.each([
    ['PKCS #1', PEM],
    ['PKCS #8', rsa.export({ type: 'pkcs8', format: 'pem' })],
    ['PKCS #8 with a passphrase', rsa.export({ type: 'pkcs8', format: 'pem', ...LOCK })],
    ['PKCS #1 with a passphrase, which has headers', rsa.export({ type: 'pkcs1', format: 'pem', ...LOCK })],
    ['an elliptic curve', ec.export({ type: 'sec1', format: 'pem' })],
    ['with CRLF', PEM.replaceAll('\n', '\r\n')],
    ['in YAML', `key: |\n${PEM.replace(/^/gm, '    ')}`],
    ['in YAML, folded', `key: >-\n  ${PEM.replaceAll('\n', ' ')}`],
    ['in JSON', JSON.stringify({ key: PEM })],
    ['after a certificate', Buffer.concat([read('pkcs7/public_key.pkcs7.pem'), Buffer.from(PEM)])],
    ['after a mention of one', `-----BEGIN RSA PRIVATE KEY-----\n…\n${PEM}`],
    ['cut short', PEM.slice(0, 200)],
  ])('a private key in PEM: %s', (_, content) => expect(privateKeyIn(Buffer.from(content))).toBe('a PEM'));

  test.each([
    ['PKCS #1', rsa.export({ type: 'pkcs1', format: 'der' })],
    ['PKCS #8', rsa.export({ type: 'pkcs8', format: 'der' })],
    ['PKCS #8 with a passphrase', rsa.export({ type: 'pkcs8', format: 'der', ...LOCK })],
    ['an elliptic curve', ec.export({ type: 'sec1', format: 'der' })],
  ])('a private key in DER: %s', (_, content) => expect(privateKeyIn(content)).toBe('a DER'));
});

test.each([
  ['a certificate', read('pkcs7/public_key.pkcs7.pem')],
  [
    'a pattern in source code',
    String.raw`/^-----BEGIN (?:RSA )?PRIVATE KEY-----/ and '-----BEGIN PGP PRIVATE KEY BLOCK-----'`,
  ],
  ['an example with nothing in it', '-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n'],
  ['nothing', ''],
  ['text that begins like DER', '0 is the first digit\n'],
  ['octets that begin like a packet', Buffer.from('95ffffffff00', 'hex')],
  ['a message', readFileSync(path.join(FIXTURES, 'vectors/3des.gpg'))],
])('%s is none', (_, content) => expect(privateKeyIn(Buffer.from(content))).toBeUndefined());

test('a line that is made to take long does not', () => {
  const text = `-----BEGIN PRIVATE KEY-----\n${'a: '.repeat(400_000)}`;
  expect(privateKeyIn(Buffer.from(text.repeat(2)))).toBeUndefined();
  expect(privateKeyIn(Buffer.from('-----BEGIN PRIVATE KEY-----\na: b\n'.repeat(30_000)))).toBeUndefined();
});

describe("GnuPG's own files", () => {
  let home: GnupgHome;
  beforeAll(() => (home = createGnupgHome({ secret: ['alice', 'bob'] })));
  afterAll(() => home.remove());

  test('are private keys, with and without a passphrase; its keyring is none', () => {
    const folder = path.join(home.path, 'private-keys-v1.d');
    const found = readdirSync(folder).map((name) => privateKeyIn(readFileSync(path.join(folder, name))));
    expect(found.length).toBeGreaterThan(3);
    expect(new Set(found)).toEqual(new Set(['an OpenPGP']));
    expect(privateKeyIn(readFileSync(path.join(home.path, 'pubring.kbx')))).toBeUndefined();
  });
});

test('the problem names the file and what to do, and nothing of the key; a comment in the file turns it off', () => {
  expect(privateKeyProblem("it's.pem", Buffer.from(`a: 1\nb: |\n${PEM}`), 'staged')).toEqual({
    place: { file: "it's.pem", line: 3 },
    rule: 'private-key',
    message: 'a PEM private key that is staged: everyone who has the repository will have it',
    suggestion: `git rm --cached 'it'\\''s.pem', and if others could read it, create a new key and re-encrypt with it`,
  });
  const quiet = (rules: string) => Buffer.from(`# eyaml-check: ignore ${rules}\n${PEM}`);
  expect(privateKeyProblem('a', quiet('leftover-marker, private-key'), 'staged')).toBeUndefined();
  expect(privateKeyProblem('a', quiet('leftover-marker'), 'staged')).toBeDefined();
});
