import { EyamlError } from '../../errors.js';
import type { Keystore } from '../../keys/keystore.js';
import type { KeyId } from '../../openpgp/identifiers.js';
import { readHead } from '../../openpgp/inspect.js';
import type { Recipient } from '../../recipients/match.js';
import { createComparison, readerOf } from '../drift.js';
import type { Sealer } from '../encryptor.js';

type Encrypt = Sealer['encrypt'];

/** Makes a {@link Sealer}. Each message is read back: it must be for exactly these recipients, in the form that every GnuPG can read. */
export async function createSealer(
  source: string,
  recipients: readonly Recipient[],
  keystore: Keystore,
): Promise<Sealer> {
  const encrypt = await createEncrypt(recipients, keystore);
  const driftOf = createComparison(recipients);
  const wanted = recipients.map(({ encryptionSubkey }) => encryptionSubkey.keyId);
  return {
    source,
    readers: recipients.map(({ publicKey }) => readerOf(publicKey)),
    encrypt: async (plaintext) => {
      const ciphertext = await encrypt(plaintext);
      const { readers, protection, hasPassword } = readHead(ciphertext);
      if (!sameMembers(readers, wanted) || protection !== 'mdc' || hasPassword)
        throw new EyamlError('ENCRYPT_FAILED', `the message made for ${source} is not for exactly its recipients`);
      return ciphertext;
    },
    compare: (ciphertext) => driftOf(readHead(ciphertext)),
  };
}

async function createEncrypt(recipients: readonly Recipient[], keystore: Keystore): Promise<Encrypt> {
  const { encryptMessage, loadKeys } = await import('../../openpgp/message.js');
  const keys = await loadKeys(
    await keystore.exportKeys(recipients.map(({ publicKey }) => publicKey.primaryKey.fingerprint)),
  );
  const targets = recipients.flatMap(({ publicKey, encryptionSubkey }) => {
    const loaded = keys.get(publicKey.primaryKey.fingerprint);
    return loaded ? [{ publicKey: loaded, encryptionSubkey: encryptionSubkey.keyId }] : [];
  });
  let needsGpg = targets.length < recipients.length;
  return async (plaintext) => {
    if (!needsGpg) {
      try {
        return await encryptMessage(plaintext, targets);
      } catch {
        // A key that openpgp.js cannot encrypt to, such as DSA/ElGamal or Brainpool: GnuPG can, or says why not.
        needsGpg = true;
      }
    }
    return keystore.encrypt(
      plaintext,
      recipients.map(({ encryptionSubkey }) => encryptionSubkey.fingerprint),
    );
  };
}

function sameMembers(a: readonly KeyId[], b: readonly KeyId[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === new Set(b).size && new Set(a).size === new Set(b).size;
}
