import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { resolveConfig, type GivenOptions } from '../../src/config/config.js';
import { expandTilde, readConfiguration } from '../../src/config/configuration.js';
import type { KeySource } from '../../src/pkcs7/keys.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
beforeEach(() => {
  top = scratchFolder();
});

/** Writes configuration files below a scratch folder and reads them; `named` is EYAML_CONFIG. */
async function read(files: Readonly<Record<string, string>>, named?: string) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(top, name)), { recursive: true });
    writeFileSync(path.join(top, name), content);
  }
  const environment = named === undefined ? {} : { EYAML_CONFIG: named };
  const { settings } = await readConfiguration({
    environment,
    cwd: path.join(top, 'cwd'),
    homeFolder: path.join(top, 'home'),
  });
  return Object.fromEntries([...settings].map(([name, { value, file }]) => [name, [value, path.relative(top, file)]]));
}

describe('configuration files', () => {
  const HOME = 'home/.eyaml/config.yaml';
  const CWD = 'cwd/.eyaml/config.yaml';

  test('need not exist', async () => expect(await read({})).toEqual({}));

  test('add to each other, and later ones win', async () => {
    const files = { [HOME]: 'a: home\nb: home\nc: home\n', [CWD]: 'b: cwd\nc: cwd\n', 'named.yaml': 'c: named\n' };
    expect(await read(files, path.join(top, 'named.yaml'))).toEqual({
      a: ['home', HOME],
      b: ['cwd', CWD],
      c: ['named', 'named.yaml'],
    });
  });

  test('keep the types of YAML', async () => {
    const text = '---\ngpg_always_trust: true\npkcs7_keysize: 2048\ngpg_recipients: [a, b]\nencrypt_method: gpg\n';
    const values = Object.values(await read({ [HOME]: text })).map(([value]) => value);
    expect(values).toEqual([true, 2048, ['a', 'b'], 'gpg']);
  });

  test.each(['', '---\n', '# nothing\n'])('may be empty: %j', async (text) =>
    expect(await read({ [HOME]: text })).toEqual({}),
  );

  test.each([
    ['a list', '- a\n'],
    ['a word', 'gpg\n'],
    ['no YAML', 'a: [\n'],
    ['a key twice', 'a: 1\na: 2\n'],
  ])('that hold %s are CONFIG_INVALID and named, their content is not', async (_, text) => {
    const error = await eyamlErrorOf(() => read({ [CWD]: text }));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe(`the configuration file ${path.join(top, CWD)} is not a YAML mapping`);
  });

  test('that cannot be read are CONFIG_UNREADABLE', async () => {
    const error = await eyamlErrorOf(() => read({ [`${CWD}/in the way`]: '' }));
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toContain('it is a folder');
  });

  test('that EYAML_CONFIG names may start with ~', async () => {
    expect(await read({ 'home/mine.yaml': 'a: 1\n' }, '~/mine.yaml')).toEqual({ a: [1, 'home/mine.yaml'] });
  });

  test.each(['/nonexistent/config.yaml', '~/missing.yaml'])('that EYAML_CONFIG names must exist: %s', async (named) => {
    expect((await eyamlErrorOf(() => read({}, named))).code).toBe('CONFIG_MISSING');
  });

  test('an empty EYAML_CONFIG is an error, not no file', async () => {
    const error = await eyamlErrorOf(() => read({}, ''));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toBe('the environment variable EYAML_CONFIG is empty: unset it, or name a file');
  });

  test('that are devices, or too large, are not read; one that EYAML_CONFIG names may be a pipe', async () => {
    expect((await eyamlErrorOf(() => read({}, '/dev/zero'))).message).toContain('it is not a regular file');
    const large = await eyamlErrorOf(() => read({ [CWD]: '#'.repeat(1 + (1 << 20)) }));
    expect(large.message).toContain('it is larger than 1 MiB, the largest size allowed');
  });
});

describe('putting options and environment together', () => {
  const around = (HIERA_EYAML_GPG_GNUPGHOME?: string) => ({
    environment: HIERA_EYAML_GPG_GNUPGHOME === undefined ? {} : { HIERA_EYAML_GPG_GNUPGHOME },
    cwd: process.cwd(),
    homeFolder: '/home/me',
  });
  const resolve = (options: GivenOptions, environment?: string, homeFromFile = false) =>
    resolveConfig(options, around(environment), homeFromFile);

  test('nothing was said', () => {
    expect(resolve({})).toEqual({
      maxPlaintext: 64 * 1024 * 1024,
      cwd: process.cwd(),
      homeFolder: '/home/me',
      outranking: new Set(),
      encryptMethod: undefined,
      gnupgHome: undefined,
      trust: undefined,
      recipients: undefined,
      recipientsFile: undefined,
      keyfiles: {
        publicKeys: [],
        privateKeys: [],
        keyHome: '/home/me/.eyaml/keys',
        privateKeyVariable: undefined,
        passphraseFile: undefined,
        passphraseVariable: undefined,
      },
      pkcs7: {
        publicKey: keyAt('public', './keys/public_key.pkcs7.pem', { isDefault: true }),
        privateKey: keyAt('private', './keys/private_key.pkcs7.pem', { isDefault: true }),
      },
    });
  });

  test('relative paths start from the folder that is given', () => {
    const { pkcs7, keyfiles } = resolveConfig(
      { 'gpg-public-keys': ['keys', '/abs', '~/k'] },
      { environment: {}, cwd: '/elsewhere', homeFolder: '/home/me' },
      false,
    );
    expect(pkcs7.publicKey.file).toBe('/elsewhere/keys/public_key.pkcs7.pem');
    expect(keyfiles.publicKeys).toEqual(['/elsewhere/keys', '/abs', '/home/me/k']);
  });

  const keyAt = (kind: 'public' | 'private', file: string, more: Partial<KeySource>): KeySource => ({
    option: `pkcs7-${kind}-key`,
    file,
    isDefault: false,
    variable: undefined,
    base64Variable: undefined,
    ...more,
  });

  test.each([
    ['the command line before the environment', '/option', '/env', false, '/option'],
    ['the environment before a configuration file', '/file', '/env', true, '/env'],
    ['a configuration file before nothing', '/file', undefined, true, '/file'],
    ['the environment alone', undefined, '/env', true, '/env'],
    ['~ in an option', '~/gnupg', undefined, false, '/home/me/gnupg'],
    ['~ in the environment', undefined, '~/gnupg', true, '/home/me/gnupg'],
    ['neither', undefined, undefined, true, undefined],
  ])('GnuPG home: %s', (_, option, environment, homeFromFile, wanted) => {
    expect(resolve({ 'gpg-gnupghome': option }, environment, homeFromFile).gnupgHome).toBe(wanted);
  });

  test('recipients', () => {
    expect(resolve({ 'gpg-recipients': ['a', 'b'] }).recipients).toEqual(['a', 'b']);
    expect(() => resolve({ 'gpg-recipients': [] })).toThrow('--gpg-recipients is empty');
  });

  test.each(['gpg-recipients', 'gpg-recipients-file'])(
    'an empty --%s is an error, not the people of the nearest file',
    (option) => {
      expect(() => resolve({ [option]: '' })).toThrow(`--${option} is empty`);
    },
  );

  test.each([
    ...['encrypt-method', 'gpg-gnupghome', 'gpg-trust', 'gpg-private-key-env-var'],
    ...['gpg-passphrase-file', 'gpg-passphrase-env-var', 'pkcs7-private-key', 'pkcs7-public-key'],
    ...['pkcs7-private-key-env-var', 'pkcs7-public-key-env-var'],
    ...['pkcs7-b64-private-key-env-var', 'pkcs7-b64-public-key-env-var'],
  ])('an empty --%s is an error, not the default', (option) => {
    expect(() => resolve({ [option]: '' })).toThrow(`--${option} is empty`);
  });

  test.each(['gpg-public-keys', 'gpg-private-key'])('an empty --%s among others is an error', (option) => {
    expect(() => resolve({ [option]: ['one', ''] })).toThrow(`--${option} is empty`);
  });

  test('an empty HIERA_EYAML_GPG_GNUPGHOME is an error, not the home by default', () => {
    for (const given of [{}, { 'gpg-gnupghome': '/file' }]) {
      expect(() => resolve(given, '', true)).toThrow('HIERA_EYAML_GPG_GNUPGHOME is empty');
    }
    expect(resolve({ 'gpg-gnupghome': '/option' }, '', false).gnupgHome).toBe('/option');
  });

  test('method, trust and recipients file', () => {
    const options = { 'encrypt-method': 'gpg', 'gpg-always-trust': true, 'gpg-recipients-file': '~/team' };
    expect(resolve(options)).toMatchObject({
      encryptMethod: 'GPG',
      trust: 'always',
      recipientsFile: '/home/me/team',
    });
  });
});

test.each([
  ['~', '/home/me'],
  ['~/a/b', '/home/me/a/b'],
  ['~other/a', '~other/a'],
  ['a/~/b', 'a/~/b'],
  ['/a', '/a'],
])('%s is %s', (file, expanded) => expect(expandTilde(file, '/home/me')).toBe(expanded));
