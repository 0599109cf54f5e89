import { EyamlError } from '../../errors.js';
import type { Keystore } from '../../keys/keystore.js';
import type { KeyId } from '../../openpgp/identifiers.js';
import { readHead } from '../../openpgp/inspect.js';
import type { SealRecipient } from '../../openpgp/write-message.js';
import type { Recipient } from '../../recipients/match.js';
import { createComparison, readerOf } from '../drift.js';
import type { Sealer } from '../encryptor.js';
import { numbersFor } from './numbers.js';

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
  const { canSeal, sealMessage } = await import('../../openpgp/write-message.js');
  const targets = await sealRecipients(recipients, keystore);
  let needsKeystore = targets.length < recipients.length || !targets.every(({ numbers }) => canSeal(numbers));
  return async (plaintext) => {
    if (!needsKeystore) {
      try {
        return sealMessage(plaintext, targets);
      } catch {
        // A key that is damaged, or on a curve that this OpenSSL lacks: GnuPG can encrypt to it, or says why not. It also
        // encrypts to types that are not written here, such as ElGamal.
        needsKeystore = true;
      }
    }
    return keystore.encrypt(
      plaintext,
      recipients.map(({ encryptionSubkey }) => encryptionSubkey.fingerprint),
    );
  };
}

/** The numbers of the recipients' subkeys; those that cannot be read are left out. */
async function sealRecipients(recipients: readonly Recipient[], keystore: Keystore): Promise<readonly SealRecipient[]> {
  const parts = recipients.map(({ encryptionSubkey: part, publicKey }) => ({
    part,
    primary: publicKey.primaryKey.fingerprint,
  }));
  const known = await numbersFor(parts, keystore);
  return recipients.flatMap(({ encryptionSubkey: { fingerprint, keyId } }) => {
    const numbers = known.get(fingerprint);
    return numbers ? [{ keyId, numbers }] : [];
  });
}

function sameMembers(a: readonly KeyId[], b: readonly KeyId[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === new Set(b).size && new Set(a).size === new Set(b).size;
}
