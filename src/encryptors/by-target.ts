import type { CompleteEncryptor } from './encryptor.js';

/**
 * One encryptor whose keys depend on the file. For each different set of keys one encryptor is made.
 *
 * @param keysFor - finds the keys for a file; without a file, those that apply in general.
 */
export function encryptorByTarget<Keys>(
  tag: string,
  keysFor: (target: string | undefined) => Promise<Keys>,
  create: (keys: Keys) => CompleteEncryptor,
): CompleteEncryptor {
  const made = new Map<string, CompleteEncryptor>();
  const encryptorFor = async (target: string | undefined) => {
    const keys = await keysFor(target);
    const id = JSON.stringify(keys);
    const encryptor = made.get(id) ?? create(keys);
    made.set(id, encryptor);
    return encryptor;
  };
  return {
    tag,
    whoReads: async (ids, target) => (await encryptorFor(target)).whoReads(ids, target),
    isAvailable: async (target) => (await encryptorFor(target)).isAvailable(target),
    prepare: async (target, again) => (await encryptorFor(target)).prepare(target, again),
    decrypt: async (ciphertext, onMislabelled, target) =>
      (await encryptorFor(target)).decrypt(ciphertext, onMislabelled, target),
    decryptUnasked: async (ciphertext, target) => (await encryptorFor(target)).decryptUnasked(ciphertext, target),
    readersIn: async (ciphertext) => (await encryptorFor(undefined)).readersIn(ciphertext),
    review: async (target, expiringBefore) => (await encryptorFor(target)).review(target, expiringBefore),
  };
}
