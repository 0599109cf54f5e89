import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cleanEnvironment, MAIN } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { FIXTURES } from '../helpers/gnupg.js';
import { PKCS7_FLAGS } from '../helpers/pkcs7.js';

// Versions of Node.js differ in how they decrypt with RSA, so PKCS7 is tried with each that people have. EYAML_NODES lists their
// programs, separated by colons.
const NODES = (process.env.EYAML_NODES ?? '').split(':').filter(Boolean);
if (NODES.length === 0 && process.env.CI === 'true') throw new Error('CI must have other versions of Node.js');

test.skipIf(NODES.length === 0).each(NODES.length === 0 ? ['no other Node.js'] : NODES)('PKCS7 with %s', (node) => {
  const cwd = scratchFolder();
  const eyaml = (program: string, args: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync(program, [MAIN, ...args], { cwd, env: cleanEnvironment(), input });
    return { status, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  expect(spawnSync(node, ['--version']).stdout.toString().trim()).not.toBe(process.version);
  expect(eyaml(node, ['createkeys', '-q'])).toEqual({ status: 0, stdout: '', stderr: '' });
  for (const [writer, reader] of [
    [node, process.execPath],
    [process.execPath, node],
  ] as const) {
    const value = eyaml(writer, ['encrypt', '-n', 'pkcs7', '-o', 'string', '--stdin'], 'żółw').stdout;
    expect(value).toMatch(/^ENC\[PKCS7,/);
    expect(eyaml(reader, ['decrypt', '--stdin'], value)).toEqual({ status: 0, stdout: 'żółw', stderr: '' });
  }
  const decrypt = ['decrypt', '-f', path.join(FIXTURES, 'tree/pkcs7/untagged.eyaml')];
  expect(eyaml(node, [...decrypt, ...PKCS7_FLAGS]).stdout).toBe('---\nuntagged: pkcs7 string\n');
  // A wrong key is told as one, and gives no octets at random.
  const { status, stdout, stderr } = eyaml(node, decrypt);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toContain('the private key in ./keys/private_key.pkcs7.pem does not open it');
});

test.skipIf(NODES.length === 0).each(NODES.length === 0 ? ['no other Node.js'] : NODES)(
  'key files with %s, without a warning from Node.js',
  (node) => {
    const cwd = scratchFolder();
    const env = cleanEnvironment({ PATH: '/nonexistent' });
    const eyaml = (program: string, ...args: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync(program, [MAIN, ...args], {
        cwd,
        env: { ...env, PATH: '/nonexistent' },
      });
      return { status, stdout: stdout.toString(), stderr: stderr.toString() };
    };
    for (const type of ['cv25519', 'rsa2048']) {
      const keys = ['--gpg-private-key', `${type}.sec.asc`, '--gpg-public-key', `${type}.asc`];
      const made = eyaml(
        node,
        'createkeys',
        '-q',
        '--gpg-user-id',
        type,
        '--gpg-key-type',
        type,
        '--no-passphrase',
        ...keys,
      );
      const [fingerprint = ''] = made.stdout.split(' ');
      expect(made).toMatchObject({ status: 0, stderr: '' });
      const own = ['--gpg-private-key', `${type}.sec.asc`];
      const encrypt = ['encrypt', '-s', 'żółw', '-o', 'string', '--gpg-recipients', fingerprint, ...own];
      for (const [writer, reader] of [
        [node, process.execPath],
        [process.execPath, node],
      ] as const) {
        const { stdout: value, stderr } = eyaml(writer, ...encrypt);
        expect(stderr).toBe('');
        expect(eyaml(reader, 'decrypt', '-s', value, ...own)).toEqual({ status: 0, stdout: 'żółw', stderr: '' });
      }
    }
  },
);
