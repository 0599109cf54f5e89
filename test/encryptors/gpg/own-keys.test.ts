import { expect, test } from 'vitest';
import { createOwnKeys } from '../../../src/encryptors/gpg/own-keys.js';
import { EyamlError } from '../../../src/errors.js';
import type { Keystore, OwnSubkey } from '../../../src/keys/keystore.js';
import { WILDCARD_KEY_ID, type KeyId } from '../../../src/openpgp/identifiers.js';
import { eyamlErrorOf } from '../../helpers/errors.js';

const [MINE, ALSO_MINE, ANNS, ZOES] = [1, 2, 3, 4].map((n) => String(n).padStart(16, '0')) as [
  KeyId,
  KeyId,
  KeyId,
  KeyId,
];
const OWN = [MINE, ALSO_MINE].map((keyId) => ({ keyId }) as OwnSubkey);

/** Two keys, and a note of what was asked about them. */
function ownKeys(ownAmong?: Keystore['ownAmong']) {
  const asked: string[] = [];
  const keystore = {
    ownSubkeys: () => {
      asked.push('all');
      return Promise.resolve(OWN);
    },
    ownAmong: (ids: readonly KeyId[]) => {
      asked.push(`among ${ids.map(Number).join(' ')}`);
      return ownAmong?.(ids) ?? Promise.resolve(OWN.filter(({ keyId }) => ids.includes(keyId)));
    },
  } as unknown as Keystore;
  const { forReaders, expect } = createOwnKeys(keystore);
  return { asked, expect, idsFor: async (...ids: KeyId[]) => (await forReaders(ids)).map(({ keyId }) => keyId) };
}

test('only the readers of the messages are asked about, once', async () => {
  const { asked, idsFor } = ownKeys();
  expect(await Promise.all([idsFor(MINE, ANNS), idsFor(ANNS, MINE), idsFor(MINE)])).toEqual([[MINE], [MINE], [MINE]]);
  expect(asked).toEqual(['among 1 3']);
});

test.each([
  ['other readers', [MINE, ZOES], ['among 1 3', 'all']],
  ['a hidden reader', [MINE, WILDCARD_KEY_ID], ['among 1 3', 'all']],
  ['no reader', [], ['among 1 3', 'all']],
])('all keys are asked about for a message with %s', async (_, ids, wanted) => {
  const { asked, idsFor } = ownKeys();
  expect(await idsFor(MINE, ANNS)).toEqual([MINE]);
  expect(await idsFor(...ids)).toEqual([MINE, ALSO_MINE]);
  expect(asked).toEqual(wanted);
});

test('all keys are asked about when none is among the readers, to say so with certainty', async () => {
  const { asked, idsFor } = ownKeys();
  expect(await idsFor(ANNS)).toEqual([MINE, ALSO_MINE]);
  expect(asked).toEqual(['among 3', 'all']);
});

test('all keys are asked about after a fault, and tell it if it is still there', async () => {
  const fault = new EyamlError('GPG_FAILED', 'no');
  const { asked, idsFor } = ownKeys(() => Promise.reject(fault));
  expect(await idsFor(MINE)).toEqual([MINE, ALSO_MINE]);
  expect(asked).toEqual(['among 1', 'all']);
  const broken = { ownSubkeys: () => Promise.reject(fault), ownAmong: () => Promise.reject(fault) };
  const error = await eyamlErrorOf(() => createOwnKeys(broken as unknown as Keystore).forReaders([MINE]));
  expect(error).toBe(fault);
});

test('octets that are no message are not searched for readers', () => {
  const own = ownKeys();
  own.expect(Buffer.from('no message'));
  expect(own.asked).toEqual([]);
});
