import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../src/openpgp/message.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { FIXTURES } from '../helpers/gnupg.js';

const ALICE = '618FFB1B4D739FFF';
const HIDDEN = '0000000000000000';
const PUPPETMASTER = 'C625998B892677F8';
const vector = (name: string) => readFileSync(path.join(FIXTURES, 'vectors', name));

describe('who a message is for, read without any key', () => {
  test.each([
    ['hidden-recipient.gpg', [HIDDEN], false],
    ['one-hidden-one-named.gpg', [HIDDEN, PUPPETMASTER], false],
    ['compressed-zlib.gpg', [ALICE], false],
    ['compressed-bzip2.gpg', [ALICE], false],
    ['armored.asc', [ALICE], false],
    ['signed-and-encrypted.gpg', [ALICE], false],
    ['password-and-key.gpg', [ALICE], true],
    ['camellia256.gpg', [ALICE], false],
    ['3des.gpg', [ALICE], false],
    ['aead-ocb-packet20.gpg', [ALICE], false],
    ['aead-eax-packet20.gpg', [ALICE], false],
    ['bad-mdc.gpg', [HIDDEN], false],
  ])('%s', async (name, keyIds, hasPassword) => {
    const message = await readMessage(vector(name));
    expect(message.pkesks.map(({ keyId }) => keyId as string).sort()).toEqual(keyIds);
    expect(message.hasPassword).toBe(hasPassword);
  });
});

describe('what is no encrypted message', () => {
  const key = () => readFileSync(path.join(FIXTURES, 'keys/alice.pub.asc'));
  test.each([
    ['nothing', () => Buffer.alloc(0)],
    ['text', () => Buffer.from('hello')],
    ['zeros', () => Buffer.alloc(100)],
    ['a truncated message', () => vector('truncated.gpg')],
    ['a key', key],
    ['armor that is broken', () => Buffer.from('-----BEGIN PGP MESSAGE-----\n\nxxxx\n')],
  ])('%s', async (_, octets) => {
    expect((await eyamlErrorOf(() => readMessage(octets()))).code).toBe('MESSAGE_INVALID');
  });

  test('law: a message that is cut or has an octet changed is read or is MESSAGE_INVALID, never a foreign error', async () => {
    const whole = vector('one-hidden-one-named.gpg');
    const damaged = [...whole.keys()].flatMap((at) => {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ (at % 2 ? 0x41 : 0x80);
      return [whole.subarray(0, at), changed];
    });
    const outcomes = await Promise.allSettled(damaged.map((octets) => readMessage(octets)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    expect(failures.length).toBeGreaterThan(100);
    for (const failure of failures) expect(failure).toMatchObject({ name: 'EyamlError', code: 'MESSAGE_INVALID' });
  });
});

describe('opening', () => {
  test('a wrong session key is MESSAGE_INVALID', async () => {
    const message = await readMessage(vector('compressed-zlib.gpg'));
    const error = await eyamlErrorOf(() => message.open({ algorithm: 9, data: Buffer.alloc(32) }));
    expect(error.code).toBe('MESSAGE_INVALID');
  });

  test('a cipher that only GnuPG knows is left to it', async () => {
    const message = await readMessage(vector('camellia256.gpg'));
    expect(await message.open({ algorithm: 13, data: Buffer.alloc(32) })).toBeUndefined();
  });
});
