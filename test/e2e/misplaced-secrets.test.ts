import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURES } from '../helpers/gnupg.js';
import { keyFile, toolsWithoutGpg } from '../helpers/key-homes.js';
import { createScene } from '../helpers/scene.js';

// A key or a passphrase, given where the name of its file or variable is wanted, is not repeated: logs of CI systems are read by many.
const PEM = readFileSync(path.join(FIXTURES, 'keys/pkcs7/private_key.pkcs7.pem'), 'utf8');
const BASE64 = Buffer.from(PEM).toString('base64');
const ARMOR = readFileSync(keyFile('alice', 'sec'), 'utf8');
const PASSPHRASE = 'hunter2';
const PKCS7 = ['decrypt', '-f', 'pkcs7/untagged.eyaml'];
const GPG = ['decrypt', '-f', 'production/role.eyaml'];

/** Any part of a secret that is long enough to be of use. */
function partsOf(secret: string): readonly string[] {
  return secret.split('\n').flatMap((line) => (line.length > 20 ? [line.slice(0, 20), line.slice(-20)] : []));
}

function expectNothingOf(secret: string, shown: string): void {
  const parts = secret === PASSPHRASE ? [secret] : partsOf(secret).filter((part) => !part.startsWith('-----'));
  expect(parts.filter((part) => shown.includes(part))).toEqual([]);
}

describe.each([
  ['pkcs7-private-key', PEM, PKCS7],
  ['pkcs7-private-key', BASE64, PKCS7],
  ['pkcs7-private-key-env-var', PEM, PKCS7],
  ['pkcs7-b64-private-key-env-var', BASE64, PKCS7],
  ['pkcs7-public-key', PEM, ['encrypt', '-n', 'pkcs7', '-s', 'x']],
  ['gpg-private-key', ARMOR, GPG],
  ['gpg-private-key-env-var', ARMOR, GPG],
  ['gpg-passphrase-env-var', PASSPHRASE, GPG],
  ['gpg-passphrase-file', PASSPHRASE, GPG],
])('--%s', (option, secret, args) => {
  test.each([
    ['on the command line', (text: string) => ({ given: [`--${option}`, text], settings: {} })],
    ['in a configuration file', (text: string) => ({ given: [], settings: { [option.replaceAll('-', '_')]: text } })],
  ])('%s', async (_, place) => {
    const it = createScene({ tree: true });
    const { given, settings } = place(secret);
    const bob = option.includes('passphrase') ? { gpg_private_key: [keyFile('bob', 'sec')] } : {};
    it.write(path.join(it.homeFolder, '.eyaml/config.yaml'), JSON.stringify({ ...settings, ...bob }));
    const env = { PATH: toolsWithoutGpg(it.homeFolder) };
    const { code, stdout, stderr } = await it.run([...args, ...given, '-t', '-v'], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^error: /m);
    expectNothingOf(secret, stderr);
  });
});

test('createkeys makes no folders named after a key', async () => {
  for (const key of [PEM, BASE64]) {
    const it = createScene();
    const { code, stderr } = await it.run(['createkeys', '--pkcs7-private-key', key]);
    expect(code).not.toBe(0);
    expectNothingOf(key, stderr);
  }
});
