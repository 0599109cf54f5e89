import type { Reader, Sealer } from '../encryptors/encryptor.js';
import { EyamlError } from '../errors.js';
import type { ValueToken } from '../eyaml/token.js';

/** A reader of what is encrypted now who cannot read other values of the same file. */
export interface NewReader {
  readonly reader: Reader;
  /** How many of the file's values are not encrypted to them. */
  readonly values: number;
}

/**
 * Called with new readers before anything is encrypted for them, once for each method; never with an empty list.
 *
 * @throws `EyamlError` `ABORTED` if the user does not want to go on.
 */
export type OnNewReaders = (readers: readonly NewReader[], tag: string) => Promise<void>;

/**
 * Finds the readers of a sealer who cannot read all existing values. So a line that somebody added to a recipients file is noticed,
 * although its key is accepted. A damaged value says nothing about its readers.
 *
 * @param values - those of the sealer's method.
 */
export function newReaders(values: readonly ValueToken[], sealer: Sealer): readonly NewReader[] {
  const found = new Map<string, NewReader>();
  for (const value of values) {
    for (const reader of missingFrom(value, sealer)) {
      const known = found.get(reader.fingerprint)?.values ?? 0;
      found.set(reader.fingerprint, { reader, values: known + 1 });
    }
  }
  return [...found.values()];
}

function missingFrom({ payload }: ValueToken, sealer: Sealer): readonly Reader[] {
  try {
    return sealer.compare(Buffer.from(payload, 'base64')).missing;
  } catch (error) {
    if (error instanceof EyamlError) return [];
    throw error;
  }
}
