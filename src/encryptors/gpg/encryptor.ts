import type { Approve } from '../../recipients/approval.js';
import { noRecipients, type RecipientsSearch } from '../../recipients/source.js';
import type { Encryptor } from '../encryptor.js';
import { readHead } from '../../openpgp/inspect.js';
import { createDecrypt, createDecryptUnasked, type DecryptOptions } from './decrypt.js';
import { createPrepare, type PrepareOptions } from './prepare.js';
import { createWhoReads } from './readers.js';
import { createReview } from './review.js';

/** What the GPG encryptor works with. */
export interface GpgEncryptorOptions extends PrepareOptions, DecryptOptions, RecipientsSearch {
  /** Decides whether values in a file may be encrypted for its recipients; without it, they may. */
  readonly approve?: Approve | undefined;
}

/** Encrypts and decrypts `ENC[GPG,…]` values. Each list of recipients is resolved once, each of the user's keys loaded once. */
export function createGpgEncryptor(options: GpgEncryptorOptions): Encryptor {
  const { keystore, governing, recipientsOf, keysFolderFor, approve } = options;
  const prepare = createPrepare(options);
  const whoReads = createWhoReads(keystore, keysFolderFor);
  return {
    tag: 'GPG',
    whoReads,
    isAvailable: async (target) => (await options.recipientsFor(target)) !== undefined,
    prepare: async (target, again = false) => {
      const found = await governing(target);
      if (found === undefined) throw noRecipients(target);
      const { recipients, sealer } = await prepare(await recipientsOf(found, target), again);
      await approve?.([{ found, recipients, target }]);
      return sealer;
    },
    decrypt: createDecrypt(options, whoReads),
    decryptUnasked: createDecryptUnasked(options, whoReads),
    readersIn: (ciphertext) => Promise.resolve(readHead(ciphertext).readers),
    review: createReview(options),
  };
}
