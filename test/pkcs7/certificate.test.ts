import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkKeyPairOptions, createKeyPair, type KeyPair } from '../../src/pkcs7/certificate.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { openssl } from '../helpers/pkcs7.js';

const DEFAULTS = { bits: 2048, subject: '/', digest: 'SHA256' };
const DAY = 24 * 60 * 60 * 1000;

describe.each([
  { options: DEFAULTS, subject: undefined, algorithm: 'sha256WithRSAEncryption' },
  { options: { bits: 2056, subject: '/CN=eyaml', digest: 'sha384' }, subject: 'CN=eyaml', algorithm: 'sha384WithRSA' },
  {
    options: { bits: 3072, subject: '/C=DE/O=Fürth', digest: 'SHA-512' },
    subject: 'C=DE\nO=Fürth',
    algorithm: 'sha512WithRSA',
  },
])('a pair for $options', ({ options, subject, algorithm }) => {
  let pair: KeyPair;
  let certificate: X509Certificate;
  let folder: string;
  let file: string;
  beforeAll(async () => {
    pair = await createKeyPair(options);
    certificate = new X509Certificate(pair.certificate);
    folder = mkdtempSync('/tmp/eg-');
    file = path.join(folder, 'certificate.pem');
    writeFileSync(file, pair.certificate);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('the private key is PKCS #1, of the length asked for, and the certificate is for it', () => {
    expect(pair.privateKey).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n[^]*\n-----END RSA PRIVATE KEY-----\n$/);
    const privateKey = createPrivateKey(pair.privateKey);
    expect(privateKey.asymmetricKeyDetails).toEqual({ modulusLength: options.bits, publicExponent: 65537n });
    expect(certificate.publicKey.equals(createPublicKey(privateKey))).toBe(true);
    expect(certificate.checkPrivateKey(privateKey)).toBe(true);
  });

  test('the certificate says who it is for, from now for 50 years, and signs itself', () => {
    expect(pair.certificate).toMatch(/^-----BEGIN CERTIFICATE-----\n(?:[\w+/=]{1,64}\n)+-----END CERTIFICATE-----\n$/);
    expect(certificate.subject || undefined).toBe(subject);
    expect(certificate.issuer || undefined).toBe(subject);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    expect(Math.abs(Date.now() - from)).toBeLessThan(60_000);
    expect((to - from) / DAY).toBe(50 * 365);
    expect(certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test('openssl agrees', () => {
    const verify = ['verify', '-x509_strict', '-check_ss_sig', '-CAfile', file, file];
    expect(openssl(verify).toString()).toBe(`${file}: OK\n`);
    const text = openssl(['x509', '-in', file, '-noout', '-text']).toString();
    expect(text).toContain('Version: 3 (0x2)');
    expect(text.split(`Signature Algorithm: ${algorithm}`)).toHaveLength(3);
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:TRUE/);
    const identifier = /X509v3 Subject Key Identifier: \s+(\S+)/.exec(text)?.[1];
    // What openssl would have made of the same key.
    const keyFile = path.join(folder, 'key.pem');
    writeFileSync(keyFile, pair.privateKey);
    const theirs = openssl(['req', '-x509', '-key', keyFile, '-subj', '/', '-noout', '-text']).toString();
    expect(/X509v3 Subject Key Identifier: \s+(\S+)/.exec(theirs)?.[1]).toBe(identifier);
    expect(openssl(['rsa', '-in', keyFile, '-check', '-noout']).toString()).toBe('RSA key ok\n');
  });
});

test('two pairs share neither key nor serial number', async () => {
  const [one, two] = await Promise.all([createKeyPair(DEFAULTS), createKeyPair(DEFAULTS)]);
  expect(one.privateKey).not.toBe(two.privateKey);
  const [serial, other] = [one, two].map(({ certificate }) => new X509Certificate(certificate).serialNumber);
  expect(serial).not.toBe(other);
});

test.each([
  ...[0, 1024, 2047, 4097, 8192, 2048.5, -2048, Number.NaN, Number.POSITIVE_INFINITY].map((bits) => ({ bits })),
  ...['MD5', 'SHA1', 'SHA', '', 'SHA256withRSA', 'constructor'].map((digest) => ({ digest })),
  ...['', 'eyaml', '/CN=', '/C=DEU'].map((subject) => ({ subject })),
])('%o is refused, before a key is made', async (wrong) => {
  const options = { ...DEFAULTS, ...wrong };
  expect((await eyamlErrorOf(() => checkKeyPairOptions(options))).code).toBe('USAGE');
  expect((await eyamlErrorOf(() => createKeyPair(options))).code).toBe('USAGE');
});
