import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasKey, loadPrivateKey, loadPublicKey, type KeySource } from '../../src/pkcs7/keys.js';
import { certificateIdOf, NO_CERTIFICATE } from '../../src/pkcs7/names.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';
import {
  CERTIFICATE,
  CERTIFICATE_FILE,
  CERTIFICATE_PEM,
  keySource,
  openssl,
  PRIVATE_KEY,
  PRIVATE_KEY_FILE,
  PRIVATE_PEM,
} from '../helpers/pkcs7.js';

const isRoot = process.getuid?.() === 0;
const PUBLIC_KEY = CERTIFICATE.publicKey;
const BARE = {
  'PUBLIC KEY': PUBLIC_KEY.export({ type: 'spki', format: 'pem' }).toString(),
  'RSA PUBLIC KEY': PUBLIC_KEY.export({ type: 'pkcs1', format: 'pem' }).toString(),
};
const PKCS8 = PRIVATE_KEY.export({ type: 'pkcs8', format: 'pem' }).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A source for a file with the given text, and one for a variable. */
function sourcesOf(kind: 'public' | 'private', pem: string) {
  const file = path.join(scratchFolder(), 'key.pem');
  writeFileSync(file, pem);
  const nowhere = { file: '/nonexistent/key.pem' };
  const variables = { PLAIN: pem, BASE64: base64(pem) };
  return [
    { source: keySource(kind, { file }), environment: {}, name: file },
    { source: keySource(kind, { ...nowhere, variable: 'PLAIN' }), environment: variables, name: 'PLAIN' },
    { source: keySource(kind, { ...nowhere, base64Variable: 'BASE64' }), environment: variables, name: 'BASE64' },
  ];
}

/** What is wrong with a key in a file; the same wherever it comes from. */
async function faultOf(kind: 'public' | 'private', pem: string) {
  const load = kind === 'public' ? loadPublicKey : loadPrivateKey;
  const errors = [];
  for (const { source, environment, name } of sourcesOf(kind, pem)) {
    const error = await eyamlErrorOf(() => load(source, environment));
    expect(error.message).toContain(name);
    expect(error.message).toContain(`(--pkcs7-${kind}-key)`);
    expect(error.cause).toBeUndefined();
    errors.push({ code: error.code, message: error.message.replace(/^.*?(?=\b(?:is|has|holds)\b)/, '') });
  }
  expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1);
  expect(errors[0]?.code).toBe('KEY_FILE_INVALID');
  return errors[0]?.message;
}

describe('a public key is read', () => {
  test.each([
    ['a certificate', CERTIFICATE_PEM],
    ['a certificate with text before it', `Certificate:\n    Data:\n${CERTIFICATE_PEM}`],
    ['a certificate with CRLF', CERTIFICATE_PEM.replaceAll('\n', '\r\n')],
    ['a certificate before its private key', CERTIFICATE_PEM + PRIVATE_PEM],
    ['a certificate behind its private key', PRIVATE_PEM + CERTIFICATE_PEM],
    ...Object.entries(BARE),
  ])('%s', async (_, pem) => {
    for (const { source, environment, name } of sourcesOf('public', pem)) {
      const key = await loadPublicKey(source, environment);
      expect(key.publicKey.equals(PUBLIC_KEY)).toBe(true);
      const hasCertificate = pem.includes('CERTIFICATE');
      expect(key.hasCertificate).toBe(hasCertificate);
      expect(key.certificate).toEqual(hasCertificate ? certificateIdOf(CERTIFICATE.raw) : NO_CERTIFICATE);
      expect(key.name).toBe(name.startsWith('/') ? name : `the environment variable ${name}`);
    }
  });
});

describe('a private key is read', () => {
  test.each([
    ['PKCS #1', PRIVATE_PEM],
    ['PKCS #8', PKCS8],
    ['behind its certificate', CERTIFICATE_PEM + PKCS8],
    ['of 1024 bits', undefined],
  ])('%s', async (_, pem) => {
    const key = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    const text = pem ?? key.export({ type: 'pkcs8', format: 'pem' }).toString();
    for (const { source, environment } of sourcesOf('private', text)) {
      const loaded = await loadPrivateKey(source, environment);
      if (!('privateKey' in loaded)) throw new Error('it is locked');
      expect(loaded.privateKey.equals(pem ? PRIVATE_KEY : key)).toBe(true);
    }
  });
});

describe('a private key with a passphrase is opened by it alone', () => {
  test.each([['PKCS #8'], ['PKCS #1', '-traditional']])('%s', async (_, ...form) => {
    const protect = ['rsa', ...form, '-aes256', '-passout', 'pass:right', '-in', PRIVATE_KEY_FILE];
    for (const { source, environment, name } of sourcesOf('private', openssl(protect).toString())) {
      const locked = await loadPrivateKey(source, environment);
      if (!('unlock' in locked)) throw new Error('it is not locked');
      expect(name).toContain(locked.name.replace('the environment variable ', ''));
      expect(locked.unlock(Buffer.from('wrong'))).toBeUndefined();
      expect(locked.unlock(Buffer.from(''))).toBeUndefined();
      expect(locked.unlock(Buffer.from('right'))?.privateKey.equals(PRIVATE_KEY)).toBe(true);
    }
  });
});

describe('which one', () => {
  const variables = { PLAIN: BARE['PUBLIC KEY'], BASE64: base64(BARE['PUBLIC KEY']), EMPTY: '', BROKEN: 'x' };
  const nameOf = async (more: Partial<KeySource>) => (await loadPublicKey(keySource('public', more), variables)).name;

  test('the plain variable goes first, then the base64 one, then the file', async () => {
    expect(await nameOf({ variable: 'PLAIN', base64Variable: 'BROKEN' })).toBe('the environment variable PLAIN');
    expect(await nameOf({ base64Variable: 'BASE64', file: '/nonexistent' })).toBe('the environment variable BASE64');
    expect(await nameOf({})).toBe(CERTIFICATE_FILE);
  });

  test.each([
    ['UNSET', 'not set'],
    ['EMPTY', 'empty'],
  ])('a variable that is %s is an error that names it: no other key is taken', async (name, how) => {
    for (const [which, option] of [
      [{ base64Variable: name }, 'pkcs7-b64-public-key-env-var'],
      [{ variable: name, base64Variable: 'BASE64' }, 'pkcs7-public-key-env-var'],
    ] as const) {
      const error = await eyamlErrorOf(() => nameOf(which));
      expect(error.code).toBe('KEY_FILE_MISSING');
      expect(error.message).toBe(`there is no PKCS7 key: the environment variable ${name} (--${option}) is ${how}`);
    }
  });

  test('one that holds no key is an error, not passed over', async () => {
    for (const which of [{ variable: 'BROKEN' }, { base64Variable: 'BROKEN' }]) {
      expect((await eyamlErrorOf(() => nameOf(which))).code).toBe('KEY_FILE_INVALID');
    }
  });

  test('hasKey says whether there is one, whatever it holds', async () => {
    const missing = { file: '/nonexistent/key.pem' };
    expect(await hasKey(keySource('public'), {})).toBe(true);
    expect(await hasKey(keySource('public', missing), {})).toBe(false);
    expect(await hasKey(keySource('public', { file: `${CERTIFICATE_FILE}/key.pem` }), {})).toBe(false);
    expect(await hasKey(keySource('public', { ...missing, variable: 'BROKEN' }), variables)).toBe(true);
  });

  test('hasKey takes a key that is there and cannot be read for no absent one', async () => {
    const folder = scratchFolder();
    symlinkSync('nowhere', path.join(folder, 'dangling.pem'));
    for (const [which, code] of [
      [{ file: path.join(folder, 'dangling.pem') }, 'KEY_FILE_UNREADABLE'],
      [{ file: folder }, 'KEY_FILE_UNREADABLE'],
      [{ base64Variable: 'EMPTY' }, 'KEY_FILE_MISSING'],
    ] as const) {
      expect((await eyamlErrorOf(() => hasKey(keySource('public', which), variables))).code).toBe(code);
    }
  });
});

describe('no key', () => {
  const missing = { file: './keys/none.pem' };

  test('a public key that nobody named means that there is no such method', async () => {
    const error = await eyamlErrorOf(() => loadPublicKey(keySource('public', missing), {}));
    expect(error.code).toBe('METHOD_UNAVAILABLE');
    expect(error.message).toContain('./keys/none.pem (--pkcs7-public-key)');
    expect(error.suggestions.join()).toContain('eyaml createkeys');
  });

  test('one that somebody named is missing', async () => {
    const error = await eyamlErrorOf(() => loadPublicKey(keySource('public', { ...missing, isDefault: false }), {}));
    expect(error.code).toBe('KEY_FILE_MISSING');
  });

  test.each([true, false])('a private key is missing in any case', async (isDefault) => {
    for (const [which, message] of [
      [{}, 'there is no file ./keys/none.pem (--pkcs7-private-key)'],
      [{ variable: 'ONE' }, 'the environment variable ONE (--pkcs7-private-key-env-var) is empty'],
      [{ base64Variable: 'TWO' }, 'the environment variable TWO (--pkcs7-b64-private-key-env-var) is not set'],
    ] as const) {
      const source = keySource('private', { ...missing, isDefault, ...which });
      const error = await eyamlErrorOf(() => loadPrivateKey(source, { ONE: '' }));
      expect(error.code).toBe('KEY_FILE_MISSING');
      expect(error.message).toContain(message);
      expect(error.suggestions.join()).not.toContain('createkeys');
    }
  });
});

describe('what will not do', () => {
  const generated = (type: 'rsa' | 'rsa-pss' | 'ec') => {
    if (type === 'ec') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    if (type === 'rsa-pss') return generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
    return generateKeyPairSync('rsa', { modulusLength: 1024 });
  };
  const publicPem = (type: 'rsa' | 'rsa-pss' | 'ec') =>
    generated(type).publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const privatePem = (type: 'rsa-pss' | 'ec') =>
    generated(type).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const damage = (pem: string) => pem.replace(/(?<=-----\n)[^-]{100}/, (text) => 'A'.repeat(text.length));
  const cut = (pem: string) => pem.slice(0, 400);

  test.each([
    ['\n', 'holds no key in PEM'],
    ['x', 'holds no key in PEM'],
    ['-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n', 'holds no key in PEM'],
    [CERTIFICATE.raw.toString('latin1'), 'holds no key in PEM'],
    [PRIVATE_PEM, 'is a private key; a public key or certificate is needed'],
    [PKCS8, 'is a private key; a public key or certificate is needed'],
    [publicPem('ec'), 'is not an RSA key'],
    [publicPem('rsa-pss'), 'is not an RSA key'],
    [publicPem('rsa'), 'is too small: 1024 bits (minimum: 2048)'],
    ...[CERTIFICATE_PEM, BARE['PUBLIC KEY'], BARE['RSA PUBLIC KEY']].flatMap((pem) => [
      [damage(pem), 'is damaged'] as const,
      [cut(pem), 'is damaged'] as const,
    ]),
  ] as const)('as a public key (%#)', async (pem, fault) => {
    expect(await faultOf('public', pem)).toContain(fault);
  });

  test.each([
    ['\n', 'holds no key in PEM'],
    ['x', 'holds no key in PEM'],
    [CERTIFICATE_PEM, 'is a public key or certificate'],
    [BARE['PUBLIC KEY'], 'is a public key or certificate'],
    [BARE['RSA PUBLIC KEY'], 'is a public key or certificate'],
    [privatePem('ec'), 'is not an RSA key'],
    [openssl(['ecparam', '-genkey', '-name', 'prime256v1']).toString(), 'is not an RSA key'],
    [privatePem('rsa-pss'), 'is not an RSA key'],
    [
      generateKeyPairSync('rsa', { modulusLength: 768 }).privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      'is too small: 768 bits (minimum: 1024)',
    ],
    [damage(PRIVATE_PEM), 'is damaged'],
    [cut(PKCS8), 'is damaged'],
    ['-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n', 'is damaged'],
  ])('as a private key (%#)', async (pem, fault) => {
    expect(await faultOf('private', pem)).toContain(fault);
  });

  test('a certificate for a key that is none of RSA’s, or too small', async () => {
    const folder = scratchFolder();
    const keyFile = path.join(folder, 'key.pem');
    for (const [algorithm, fault] of [
      [['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], 'is not an RSA key'],
      [['-newkey', 'ed25519'], 'is not an RSA key'],
      [['-newkey', 'rsa:1024'], 'is too small: 1024 bits'],
    ] as const) {
      const pem = openssl(['req', '-x509', '-noenc', ...algorithm, '-keyout', keyFile, '-subj', '/CN=x']).toString();
      expect(await faultOf('public', pem)).toContain(fault);
    }
  });

  test('a folder, or a file that is not to be read', async () => {
    const folder = scratchFolder();
    const locked = path.join(folder, 'locked.pem');
    writeFileSync(locked, PRIVATE_PEM);
    chmodSync(locked, 0);
    mkdirSync(path.join(folder, 'folder.pem'));
    const errorOf = (name: string) =>
      eyamlErrorOf(() => loadPrivateKey(keySource('private', { file: path.join(folder, name) }), {}));
    expect(await errorOf('folder.pem')).toMatchObject({ code: 'KEY_FILE_UNREADABLE' });
    // The Puppet server's private key is no reason not to edit the GPG values beside.
    if (!isRoot) expect(await errorOf('locked.pem')).toMatchObject({ code: 'KEY_FILE_UNREADABLE' });
  });

  test('a key given where its file or variable is to be named is not told', async () => {
    for (const given of [
      { file: PRIVATE_PEM },
      { variable: 'a'.repeat(500) },
      { base64Variable: PRIVATE_PEM },
      { base64Variable: base64(PRIVATE_PEM).slice(0, 60) },
    ]) {
      const { message } = await eyamlErrorOf(() => loadPrivateKey(keySource('private', given), {}));
      expect(message).not.toMatch(/BEGIN|a{100}/);
    }
  });

  test('no error quotes the key', async () => {
    const error = await eyamlErrorOf(() => loadPrivateKey(keySource('private', { variable: 'V' }), { V: cut(PKCS8) }));
    expect(JSON.stringify([error.message, error.suggestions, error.stack])).not.toContain(PKCS8.slice(40, 60));
  });
});
