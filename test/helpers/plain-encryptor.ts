import type { Methods } from '../../src/context/methods.js';
import { NO_DRIFT, type Encryptor } from '../../src/encryptors/encryptor.js';
import { EyamlError } from '../../src/errors.js';

/** Methods whose ciphertext is a number and the plaintext, to test what is done with values; and what was opened, and encrypted. */
export interface PlainMethods extends Methods {
  readonly opened: string[];
  readonly encrypted: string[];
}

const LENGTH = 8;

export function plainMethods(): PlainMethods {
  const [opened, encrypted]: string[][] = [[], []];
  const encryptor = (tag: string): Encryptor => ({
    tag,
    whoReads: () => Promise.resolve(new Map()),
    isAvailable: () => Promise.resolve(true),
    prepare: () =>
      Promise.resolve({
        source: 'nobody',
        readers: [],
        encrypt: (plaintext) => {
          encrypted?.push(Buffer.from(plaintext).toString());
          return Promise.resolve(Buffer.from(plainPayload(plaintext, encrypted?.length), 'base64'));
        },
        compare: () => NO_DRIFT,
      }),
    decrypt: (ciphertext) => {
      const plaintext = Buffer.from(ciphertext).subarray(LENGTH);
      if (plaintext.toString() === 'closed') return Promise.reject(new EyamlError('NO_SECRET_KEY', 'it is for others'));
      opened?.push(plaintext.toString());
      return Promise.resolve(plaintext);
    },
  });
  const encryptors = new Map(['GPG', 'PKCS7'].map((tag) => [tag, encryptor(tag)]));
  return { encryptors, opened: opened ?? [], encrypted: encrypted ?? [] };
}

/** The payload of a value with a plaintext; two with other numbers differ. */
export function plainPayload(plaintext: string | Uint8Array, number = 0): string {
  const head = Buffer.from(String(number).padStart(LENGTH, '0'));
  return Buffer.concat([head, Buffer.from(plaintext as Uint8Array)]).toString('base64');
}

/** A value with a plaintext. */
export function plainValue(plaintext: string | Uint8Array, number = 0, tag = 'GPG'): string {
  return `ENC[${tag},${plainPayload(plaintext, number)}]`;
}
