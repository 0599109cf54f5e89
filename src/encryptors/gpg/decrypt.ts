import pLimit from 'p-limit';
import { EyamlError, hasCode, type ErrorCode } from '../../errors.js';
import type { Keystore, OwnSubkey } from '../../keys/keystore.js';
import { WILDCARD_KEY_ID } from '../../openpgp/identifiers.js';
import type { EncryptedMessage } from '../../openpgp/encrypted-message.js';
import { PUBLIC_KEY, type Pkesk } from '../../openpgp/packets.js';
import type { Encryptor, Reader, ReaderId } from '../encryptor.js';
import { mislabelledIn, type Attempt } from './labels.js';
import { createOwnKeys } from './own-keys.js';
import { createOpenSessionKey } from './session-keys.js';

/** What decrypting works with. */
export interface DecryptOptions {
  readonly keystore: Keystore;
  /** How many octets one value may hold. */
  readonly maxPlaintext?: number | undefined;
}

/** Makes the decryption with the user's own keys. `whoReads` names the readers of messages for others. */
export function createDecrypt(
  { keystore, maxPlaintext }: DecryptOptions,
  whoReads: Encryptor['whoReads'],
): Encryptor['decrypt'] {
  // Many values are decrypted at once, and each may expand to a large plaintext.
  const unpacking = pLimit(1);
  const openSessionKey = createOpenSessionKey(keystore);
  const ownKeys = createOwnKeys(keystore);

  async function tryKeys({ pkesks }: EncryptedMessage, mine: readonly OwnSubkey[]) {
    const failures: unknown[] = [];
    const tried: OwnSubkey[] = [];
    for (const subkey of await keystore.byCost(mine)) {
      tried.push(subkey);
      for (const pkesk of pkesks.filter((pkesk) => mayOpen(subkey, pkesk))) {
        const sessionKey = await openSessionKey(subkey, pkesk).catch((error: unknown) => {
          // A hidden recipient's packet is tried with every key, so most keys do not match.
          if (!isHidden(pkesk) || passphraseRefused(error)) failures.push(error);
          return undefined;
        });
        if (sessionKey) return { tried, failures, opened: { pkesk, sessionKey } satisfies Attempt['opened'] };
      }
    }
    return { tried, failures, opened: undefined };
  }

  async function notForYou({ pkesks }: EncryptedMessage, isWithoutKeys: boolean, target?: string): Promise<EyamlError> {
    const ids = pkesks.map(({ keyId }) => keyId);
    const readers = `it is encrypted for ${namesOf(pkesks, await whoReads(ids, target)).join(', ')}`;
    return isWithoutKeys
      ? new EyamlError('NO_SECRET_KEY', `${readers}, and your keyring holds no secret key at all`, {
          suggestions: [keystore.hints().own],
        })
      : new EyamlError('NO_SECRET_KEY', `${readers}: none of your secret keys is among them`);
  }

  return async (ciphertext, onMislabelled, target) => {
    // gpg runs while the modules are loaded.
    ownKeys.expect(ciphertext);
    const { readMessage } = await import('../../openpgp/message.js');
    const message = await readMessage(ciphertext);
    const { pkesks, hasPassword } = message;
    const own = await ownKeys.forReaders(pkesks.map(({ keyId }) => keyId));
    const mine = own.filter((subkey) => pkesks.some((pkesk) => mayOpen(subkey, pkesk)));
    if (mine.length === 0 && !hasPassword) throw await notForYou(message, own.length === 0, target);
    const { tried, failures, opened } = await tryKeys(message, mine);
    if (onMislabelled)
      (await mislabelledIn({ pkesks, mine, tried, opened, openSessionKey }, keystore)).forEach(onMislabelled);
    if (opened)
      return (await unpacking(() => message.open(opened.sessionKey, maxPlaintext))) ?? keystore.decrypt(ciphertext);
    if (failures.length > 0) throw failures[0];
    if (isForGpg(mine, pkesks) || hasPassword) return keystore.decrypt(ciphertext).catch(unlessUsed(pkesks, tried));
    throw await notForYou(message, own.length === 0, target);
  };
}

/** Makes the decryption that asks nothing: only with keys that need no interaction now. Without any, a value is not opened. */
export function createDecryptUnasked(
  options: DecryptOptions,
  whoReads: Encryptor['whoReads'],
): NonNullable<Encryptor['decryptUnasked']> {
  const { keystore } = options;
  const unasked = async (own: readonly OwnSubkey[]) => {
    const asks = await Promise.all(own.map((subkey) => keystore.needsInteraction(subkey)));
    return own.filter((_, i) => !asks[i]);
  };
  const ownSubkeys = async () => unasked(await keystore.ownSubkeys(PATIENCE));
  const ownAmong: Keystore['ownAmong'] = async (keyIds) => unasked(await keystore.ownAmong(keyIds, PATIENCE));
  // gpg itself would ask.
  const decrypt = () => Promise.reject(new EyamlError('NO_SECRET_KEY', 'no secret key can be used without a question'));
  const open = createDecrypt({ ...options, keystore: { ...keystore, ownSubkeys, ownAmong, decrypt } }, whoReads);
  return async (ciphertext) => {
    try {
      return await open(ciphertext);
    } catch (error) {
      if (error instanceof EyamlError) return undefined;
      throw error;
    }
  };
}

// How long to wait for an agent that does not answer, in milliseconds: encrypting works without it.
const PATIENCE = 1500;

// If one of the user's keys should open a message but did not, GnuPG tries: it supports more algorithms, or says what is wrong.
function isForGpg(mine: readonly OwnSubkey[], pkesks: readonly Pkesk[]): boolean {
  return mine.some(
    ({ algorithm, keyId }) => algorithm === PUBLIC_KEY.elgamal || pkesks.some((pkesk) => pkesk.keyId === keyId),
  );
}

function namesOf(pkesks: readonly Pkesk[], known: ReadonlyMap<ReaderId, Reader>): readonly string[] {
  return pkesks.map((pkesk) => {
    const reader = known.get(pkesk.keyId);
    return isHidden(pkesk) ? 'a hidden recipient' : reader ? `${pkesk.keyId} (${reader.userId})` : pkesk.keyId;
  });
}

function isHidden({ keyId }: Pkesk): boolean {
  return keyId === WILDCARD_KEY_ID;
}

function mayOpen(subkey: OwnSubkey, pkesk: Pkesk): boolean {
  if (!isHidden(pkesk)) return subkey.keyId === pkesk.keyId;
  const family = (algorithm: number) => (algorithm === PUBLIC_KEY.rsaEncryptOnly ? PUBLIC_KEY.rsa : algorithm);
  return family(subkey.algorithm) === family(pkesk.algorithm);
}

const PASSPHRASE_REFUSED: readonly ErrorCode[] = [
  'PASSPHRASE_MISSING',
  'PASSPHRASE_UNREADABLE',
  'PASSPHRASE_CANCELLED',
  'PASSPHRASE_WRONG',
  'PINENTRY_UNAVAILABLE',
];

function passphraseRefused(error: unknown): boolean {
  return hasCode(error, ...PASSPHRASE_REFUSED);
}

/**
 * Corrects an error of gpg by what the agent could do: gpg-sq reports a missing secret key when a session key is damaged, although the
 * agent has used that key without an error.
 */
function unlessUsed(pkesks: readonly Pkesk[], used: readonly OwnSubkey[]): (error: unknown) => never {
  return (error) => {
    const isUsed = used.some(({ keyId }) => pkesks.some((pkesk) => pkesk.keyId === keyId && pkesk.fields));
    if (!isUsed || !hasCode(error, 'NO_SECRET_KEY')) throw error;
    throw new EyamlError('MESSAGE_INVALID', 'the message cannot be read: its session key is damaged');
  };
}
