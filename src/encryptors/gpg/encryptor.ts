import { noRecipients, type RecipientsSearch } from '../../recipients/source.js';
import type { Encryptor } from '../encryptor.js';
import { readHead } from '../../openpgp/inspect.js';
import { createDecrypt, createDecryptUnasked, type DecryptOptions } from './decrypt.js';
import { createPrepare, type PrepareOptions } from './prepare.js';
import { createWhoReads } from './readers.js';
import { createReview } from './review.js';

/** What the GPG encryptor works with. */
export interface GpgEncryptorOptions
  extends PrepareOptions, DecryptOptions, Pick<RecipientsSearch, 'recipientsFor' | 'recipientsIn' | 'keysFolderFor'> {}

/** Encrypts and decrypts `ENC[GPG,…]` values. Each list of recipients is resolved once, each of the user's keys loaded once. */
export function createGpgEncryptor(options: GpgEncryptorOptions): Encryptor {
  const { keystore, recipientsFor, keysFolderFor } = options;
  const prepare = createPrepare(options);
  const whoReads = createWhoReads(keystore, keysFolderFor);
  return {
    tag: 'GPG',
    whoReads,
    isAvailable: async (target) => (await recipientsFor(target)) !== undefined,
    prepare: async (target, again = false) => {
      const list = await recipientsFor(target);
      if (list === undefined) throw noRecipients(target);
      return prepare(list, again);
    },
    decrypt: createDecrypt(options, whoReads),
    decryptUnasked: createDecryptUnasked(options, whoReads),
    readersIn: (ciphertext) => Promise.resolve(readHead(ciphertext).readers),
    review: createReview(options),
  };
}
