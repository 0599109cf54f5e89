import { describe, expect, test } from 'vitest';
import { optionsFrom, unknownSettings } from '../../src/cli/settings.js';
import { eyamlErrorOf } from '../helpers/errors.js';

const KNOWN = {
  'encrypt-method': { type: 'option' },
  'gpg-always-trust': { type: 'boolean' },
  'gpg-recipients': { type: 'option' },
  quiet: { type: 'boolean' },
  'expiry-days': { type: 'option', min: 0 },
  'some-size': { type: 'option', min: 1, max: 256 },
  password: { type: 'option' },
  file: { type: 'option' },
} as const;

const settings = (values: Readonly<Record<string, unknown>>) =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, file: 'config.yaml' }]));
const options = (values: Readonly<Record<string, unknown>>) => optionsFrom(settings(values), KNOWN, '/home/me');

describe('what a configuration file may set', () => {
  test.each([
    [{ encrypt_method: 'gpg' }, { 'encrypt-method': 'gpg' }],
    [{ encrypt_method: 5 }, { 'encrypt-method': '5' }],
    [{ encrypt_method: '~/x' }, { 'encrypt-method': '/home/me/x' }],
    [{ gpg_recipients: ['a', 'b'] }, { 'gpg-recipients': 'a,b' }],
    [
      { expiry_days: 10, some_size: '256' },
      { 'expiry-days': '10', 'some-size': '256' },
    ],
    [{ staged: true }, {}],
    [{ gpg_recipients: 'a,b' }, { 'gpg-recipients': 'a,b' }],
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
    [{ gpg_always_trust: 'maybe' }, 'config.yaml: gpg_always_trust must be true or false'],
    [{ gpg_always_trust: 1 }, 'config.yaml: gpg_always_trust must be true or false'],
    [{ expiry_days: 'soon' }, 'config.yaml: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: -5 }, 'config.yaml: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: 1.5 }, 'config.yaml: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: '' }, 'config.yaml: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: ' 5' }, 'config.yaml: expiry_days must be a whole number, 0 or more'],
    [{ expiry_days: true }, 'config.yaml: expiry_days must be text'],
    [{ some_size: 257 }, 'config.yaml: some_size must be a whole number from 1 to 256'],
    [{ encrypt_method: true }, 'config.yaml: encrypt_method must be text'],
    [{ encrypt_method: null }, 'config.yaml: encrypt_method must be text'],
    [{ gpg_recipients: ['a', 1] }, 'config.yaml: gpg_recipients must be text'],
    [{ gpg_recipients: { a: 1 } }, 'config.yaml: gpg_recipients must be text'],
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
