import type { Methods } from '../../context/methods.js';
import type { Encryptors, ReaderId } from '../../encryptors/encryptor.js';
import { EyamlError } from '../../errors.js';
import type { ValueToken } from '../../eyaml/token.js';
import { digestOf } from '../../files/durable.js';
import { keyOf, valuesOf, createVersionReader } from '../log/version.js';

/** A distinct ciphertext, however often it stands in files. Two values are the same object if they are equal. */
export interface Value {
  readonly tag: string;
  readonly ciphertext: Uint8Array;
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
export type ContentsReader = (octets: Buffer, file: string) => Promise<Contents>;

/** Makes a {@link ContentsReader}. */
export function createContentsReader({ encryptors, untagged }: Methods): ContentsReader {
  const readVersion = createVersionReader(untagged);
  // Each value in a list of its own, which is that of most keys.
  const known = new Map<string, readonly [Value]>();
  const valueOf = async ({ tag, payload }: ValueToken, file: string): Promise<readonly [Value]> => {
    const octets = Buffer.from(payload, 'base64');
    const digest = digestOf(octets);
    const id = `${tag},${digest}`;
    const found = known.get(id);
    if (found) return found;
    // A copy: a small buffer keeps others alive, with which it shares its memory.
    const ciphertext = Uint8Array.from(octets);
    const value = [{ tag, ciphertext, digest, readers: await readersIn(tag, ciphertext, encryptors), file }] as const;
    known.set(id, value);
    return value;
  };
  const keys = new Map<string, string>();
  return async (octets, file) => {
    // Most YAML has no values, and need not be parsed.
    if (!octets.includes('ENC[')) return NOTHING;
    const { slots } = await readVersion(octets);
    const contents = new Map<string, readonly Value[]>();
    for (const [name, slot] of slots) {
      const key = keys.get(name) ?? keyOf(slot) ?? '';
      keys.set(name, key);
      for (const token of valuesOf(slot)) {
        const value = await valueOf(token, file);
        const others = contents.get(key);
        contents.set(key, others ? [...others, ...value] : value);
      }
    }
    return contents;
  };
}

async function readersIn(
  tag: string,
  ciphertext: Uint8Array,
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
