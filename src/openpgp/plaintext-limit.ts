import { EyamlError } from '../errors.js';

/** One megabyte, as the option counts it. */
export const MEGABYTE = 1024 * 1024;

/** How many octets one value may hold unless the user says otherwise. */
export const DEFAULT_MAX_PLAINTEXT = 64 * MEGABYTE;

// The limit for all values that one command opens, as a multiple of the limit for one: all of them are in memory at once.
const TOGETHER = 4;

/** The error for a value above the limit: a few compressed octets can expand to fill any memory. */
export function tooLarge(maxPlaintext: number): EyamlError {
  return tooMuch(`it holds more than ${maxPlaintext / MEGABYTE} MB`);
}

/** What opens values. */
interface Decryptor {
  decrypt(ciphertext: Uint8Array, onMislabelled?: (id: string) => void, target?: string): Promise<Uint8Array>;
}

/**
 * Makes encryptors share one allowance: each value that one of them decrypts may hold the given number of octets, and all together four times
 * as many.
 *
 * @returns a function that turns an encryptor into one that throws {@link EyamlError} `MESSAGE_TOO_LARGE`.
 */
export function limitPlaintext(maxPlaintext: number): <T extends Decryptor>(encryptor: T) => T {
  let left = maxPlaintext * TOGETHER;
  return (encryptor) => ({
    ...encryptor,
    decrypt: async (...given) => {
      if (left <= 0) throw tooMuchTogether(maxPlaintext);
      const plaintext = await encryptor.decrypt(...given);
      if (plaintext.length > maxPlaintext) throw tooLarge(maxPlaintext);
      left -= plaintext.length;
      if (left < 0) throw tooMuchTogether(maxPlaintext);
      return plaintext;
    },
  });
}

function tooMuchTogether(maxPlaintext: number): EyamlError {
  return tooMuch(
    `the values opened so far hold more than ${(maxPlaintext * TOGETHER) / MEGABYTE} MB in total; no more are opened`,
  );
}

function tooMuch(message: string): EyamlError {
  return new EyamlError('MESSAGE_TOO_LARGE', message, {
    suggestions: ['values are rarely this large; if this is intended, raise the limit: --max-plaintext-size MB'],
  });
}
