import type { Encryptor, Notify } from './encryptor.js';

/** An encryptor that reports each value that it decrypts or encrypts, in the words of Ruby eyaml's `--trace`. */
export function traced(encryptor: Encryptor, trace: Notify): Encryptor {
  const { tag } = encryptor;
  return {
    ...encryptor,
    prepare: async (...given) => {
      const sealer = await encryptor.prepare(...given);
      return {
        ...sealer,
        encrypt: (plaintext) => {
          trace(`${tag} encrypt`);
          return sealer.encrypt(plaintext);
        },
      };
    },
    decrypt: (...given) => {
      trace(`${tag} decrypt`);
      return encryptor.decrypt(...given);
    },
  };
}
