import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createGpg, type Gpg } from '../../../src/keys/gnupg/gpg.js';
import { listPublicKeys } from '../../../src/keys/gnupg/keyring.js';
import { decryptWithGpg } from '../../../src/keys/gnupg/messages.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { scratchFolder } from '../../helpers/files.js';

// Status lines of gpg-sq 0.13.1, where GnuPG has others. `npm run test:gnupgs` runs the program itself.
const SIGNED_ONLY = [
  'PLAINTEXT 62 0 ',
  'GOODSIG F06891CB0871B647 Alice',
  'DECRYPTION_OKAY',
  'GOODMDC',
  'END_DECRYPTION',
];
const NO_PASSWORD = ['NEED_PASSPHRASE_SYM 9 3 8', 'PINENTRY_LAUNCHED 3   ', 'DECRYPTION_FAILED', 'END_DECRYPTION'];

/** A gpg that says the given status lines, and writes a text. */
function saying(status: readonly string[], exitCode: number): Gpg {
  const result = {
    ...{ exitCode, signal: null, status, lastWords: '', wroteTooMuch: false },
    stdout: Buffer.from('plain'),
  };
  const run = () => Promise.resolve(result);
  return { home: undefined, run, conf: run, place: run, usualSocket: () => undefined };
}

test.each([
  [
    'a message that is signed and not encrypted, of which it says that decryption went well',
    SIGNED_ONLY,
    0,
    'MESSAGE_INVALID',
  ],
  ['a password that nobody gave', NO_PASSWORD, 2, 'PASSPHRASE_CANCELLED'],
])('%s', async (_, status, exitCode, code) => {
  expect((await eyamlErrorOf(() => decryptWithGpg(saying(status, exitCode), Buffer.from('message')))).code).toBe(code);
});

test('a password that was given and is wrong', async () => {
  const options = { passphrase: Buffer.from('not it') };
  const error = await eyamlErrorOf(() => decryptWithGpg(saying(NO_PASSWORD, 2), Buffer.from('message'), options));
  expect(error.code).toBe('PASSPHRASE_WRONG');
});

test.each([
  ['without end', 'exec yes "gpg: because: EOF" >&2'],
  ['and is ended in the middle of a line', 'printf "gpg: because: EOF\\ngpg:" >&2; kill -9 $$'],
])('a gpg that tells of a damaged keyring, %s', async (_, does) => {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, 'gpg'), `#!/bin/sh\n${does}\n`);
  chmodSync(path.join(folder, 'gpg'), 0o755);
  const gpg = createGpg(undefined, { PATH: `${folder}:${process.env.PATH ?? ''}` });
  const error = await eyamlErrorOf(() => listPublicKeys(gpg, [{ kind: 'hex', hex: '0'.repeat(40) }]));
  const words: unknown = expect.stringMatching(/\(ended by SIGKILL\): gpg: because: EOF$/);
  expect([error.code, error.message]).toEqual(['GPG_FAILED', words]);
});
