import { describe, expect, test } from 'vitest';
import { unknownSettings } from '../../src/cli/notices.js';
import { optionsFrom } from '../../src/cli/settings.js';
import { eyamlErrorOf } from '../helpers/errors.js';

const KNOWN = {
  'encrypt-method': { type: 'option' },
  'gpg-always-trust': { type: 'boolean' },
  'gpg-recipients': { type: 'option' },
  quiet: { type: 'boolean' },
  'expiry-days': { type: 'option' },
  'max-plaintext-size': { type: 'option' },
  'pkcs7-keysize': { type: 'option' },
  'gpg-trust': { type: 'option', options: ['wot', 'pinned', 'always'] },
  'gpg-private-key': { type: 'option', multiple: true },
  password: { type: 'option' },
  file: { type: 'option' },
} as const;

const settings = (values: Readonly<Record<string, unknown>>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, file: 'config.yaml', line: 3 }]));
const options = (values: Readonly<Record<string, unknown>>) => optionsFrom(settings(values), KNOWN, '/home/me');

describe('what a configuration file may set', () => {
  test.each([
    [{ encrypt_method: 'gpg' }, { 'encrypt-method': 'gpg' }],
    [{ encrypt_method: 5 }, { 'encrypt-method': '5' }],
    [{ encrypt_method: '~/x' }, { 'encrypt-method': '/home/me/x' }],
    [{ gpg_recipients: ['a', 'b'] }, { 'gpg-recipients': ['a', 'b'] }],
    [
      { expiry_days: 10, max_plaintext_size: '256' },
      { 'expiry-days': 10, 'max-plaintext-size': 256 },
    ],
    [{ staged: true }, {}],
    [{ gpg_recipients: 'a,b' }, { 'gpg-recipients': ['a', 'b'] }],
    [{ gpg_always_trust: true }, { 'gpg-always-trust': true }],
    [
      { gpg_always_trust: 'false', quiet: 'true' },
      { 'gpg-always-trust': false, quiet: true },
    ],
    [{ unknown: 1 }, {}],
    [{ password: 'secret', file: 'f' }, {}],
    [{ 'encrypt-method': 'gpg' }, {}],
  ])('%j', (values, wanted) => expect(options(values)).toEqual(wanted));

  test.each([
    [{ gpg_always_trust: 'maybe' }, 'config.yaml:3: gpg_always_trust must be true or false'],
    [{ gpg_always_trust: 1 }, 'config.yaml:3: gpg_always_trust must be true or false'],
    [{ expiry_days: 'soon' }, 'config.yaml:3: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: -5 }, 'config.yaml:3: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: 1.5 }, 'config.yaml:3: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: '' }, 'config.yaml:3: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: ' 5' }, 'config.yaml:3: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: true }, 'config.yaml:3: expiry_days must be text'],
    [
      { max_plaintext_size: 257 },
      'config.yaml:3: max_plaintext_size must be a whole number of megabytes from 1 to 256',
    ],
    [{ pkcs7_keysize: 1024 }, 'config.yaml:3: pkcs7_keysize must be a whole number of bits from 2048 to 4096'],
    [{ gpg_trust: 'tofu' }, 'config.yaml:3: gpg_trust must be one of wot, pinned, always'],
    [{ gpg_private_key: [1] }, 'config.yaml:3: gpg_private_key must be text'],
    [{ encrypt_method: true }, 'config.yaml:3: encrypt_method must be text'],
    [{ encrypt_method: null }, 'config.yaml:3: encrypt_method must be text'],
    [{ gpg_recipients: ['a', 1] }, 'config.yaml:3: gpg_recipients must be text'],
    [{ gpg_recipients: { a: 1 } }, 'config.yaml:3: gpg_recipients must be text'],
  ])('%j is refused', async (values, message) => {
    expect(await eyamlErrorOf(() => options(values))).toMatchObject({ code: 'CONFIG_INVALID', message });
  });
});

test('warns of settings that nothing knows, each with its file, and of none that the old tool has', () => {
  const values = {
    encrypt_method: 'gpg',
    gpg_recipeints: 'a',
    plugins: ['p.mjs'],
    string: 'x',
  };
  expect(unknownSettings(settings(values), Object.keys(KNOWN))).toEqual([
    'config.yaml: unknown option gpg_recipeints',
    'config.yaml: string is for the command line only and is ignored',
  ]);
});
