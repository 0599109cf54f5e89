import type { Methods } from '../../context/context.js';
import type { Encryptors, ReaderId } from '../../encryptors/encryptor.js';
import { EyamlError } from '../../errors.js';
import type { ValueToken } from '../../eyaml/token.js';
import { digestOf } from '../../files/durable.js';
import { keyOf, valuesOf, createVersionReader } from '../log/version.js';

/** A distinct ciphertext, however often it stands in files. Two values are the same object if they are equal. */
export interface Value {
  readonly tag: string;
  readonly ciphertext: Buffer;
  /** SHA-256 of the ciphertext, in hex digits. */
  readonly digest: string;
  /** Whom it names as its readers; undefined if it is damaged or does not name them. */
  readonly readers: readonly ReaderId[] | undefined;
  /** A file that holds it, from the top folder. */
  readonly file: string;
}

/** The values of a version of a file by their keys, as messages show these; the empty one for values without a key. */
export type Contents = ReadonlyMap<string, readonly Value[]>;

/** A file that is not there, or has no values. */
export const NOTHING: Contents = new Map();

/** Reads the values of versions of files. Nothing of the text is kept but the ciphertexts, each once. */
export type ContentsReader = (octets: Uint8Array, file: string) => Promise<Contents>;

/** Makes a {@link ContentsReader}. */
export function createContentsReader({ encryptors, untagged }: Methods): ContentsReader {
  const readVersion = createVersionReader(untagged);
  const known = new Map<string, Value>();
  const valueOf = async ({ tag, payload }: ValueToken, file: string): Promise<Value> => {
    const ciphertext = Buffer.from(payload, 'base64');
    const digest = digestOf(ciphertext);
    const id = `${tag},${digest}`;
    const found = known.get(id);
    if (found) return found;
    const value = { tag, ciphertext, digest, readers: await readersIn(tag, ciphertext, encryptors), file };
    known.set(id, value);
    return value;
  };
  return async (octets, file) => {
    const { slots } = await readVersion(octets);
    const contents = new Map<string, readonly Value[]>();
    for (const slot of slots.values()) {
      const key = keyOf(slot) ?? '';
      const values = [...(contents.get(key) ?? [])];
      for (const token of valuesOf(slot)) values.push(await valueOf(token, file));
      contents.set(key, values);
    }
    return contents;
  };
}

async function readersIn(
  tag: string,
  ciphertext: Buffer,
  encryptors: Encryptors,
): Promise<readonly ReaderId[] | undefined> {
  try {
    return await encryptors.get(tag)?.readersIn?.(ciphertext);
  } catch (error) {
    if (error instanceof EyamlError) return undefined;
    throw error;
  }
}

/** Whether two lists hold the same values in the same order. */
export function isSame(some: readonly Value[], others: readonly Value[]): boolean {
  return some.length === others.length && some.every((value, i) => value === others[i]);
}
