import pLimit from 'p-limit';
import { requireEncryptor } from '../context/methods.js';
import type { Encryptors, ReaderId } from '../encryptors/encryptor.js';
import { asEyamlError, type EyamlError, type Problem } from '../errors.js';
import type { EyamlText } from '../eyaml/text.js';
import { idOf, type SuspectToken, type ValueToken } from '../eyaml/token.js';

/** The result of opening one value; in a review, also which of the user's own key IDs in it the user's keys do not open. */
export type Opened = ({ readonly plaintext: Uint8Array } | { readonly error: EyamlError }) & {
  readonly mislabelled?: readonly ReaderId[];
};

// Enough to keep the agent busy while other values are unpacked; each waiting value costs memory.
const AT_ONCE = 16;

/**
 * Opens values of a file, `target`, and remembers them: each distinct ciphertext is opened once. Rejects only if the user interrupts
 * a question.
 */
export type Opener = (value: Sealed, target?: string) => Promise<Opened>;

/** An encrypted value, wherever it stands. */
export type Sealed = Pick<ValueToken, 'tag' | 'payload'>;

/**
 * Makes an {@link Opener} that works on some values at once.
 *
 * @param reviews - whether it also finds the user's own key IDs that hide another reader.
 */
export function createOpener(encryptors: Encryptors, reviews = false): Opener {
  const limit = pLimit(AT_ONCE);
  const distinct = new Map<string, Promise<Opened>>();
  return (value, target) => {
    const id = idOf(value);
    const result = distinct.get(id) ?? limit(() => open(value, encryptors, reviews, target));
    distinct.set(id, result);
    return result;
  };
}

/** Opens values. One that cannot be opened does not stop the others. */
export async function openValues(
  values: readonly ValueToken[],
  opener: Opener,
  target?: string,
): Promise<ReadonlyMap<ValueToken, Opened>> {
  return new Map(await Promise.all(values.map(async (value) => [value, await opener(value, target)] as const)));
}

async function open(
  { tag, payload }: Sealed,
  encryptors: Encryptors,
  reviews: boolean,
  target?: string,
): Promise<Opened> {
  const mislabelled: ReaderId[] = [];
  const onMislabelled = reviews ? (id: ReaderId) => void mislabelled.push(id) : undefined;
  try {
    const octets = Buffer.from(payload, 'base64');
    return { plaintext: await requireEncryptor(encryptors, tag).decrypt(octets, onMislabelled, target), mislabelled };
  } catch (error) {
    return { error: asEyamlError(error), mislabelled };
  }
}

/** The plaintext of an opened value, or undefined when it could not be opened. */
export function plaintextOf(opened: ReadonlyMap<ValueToken, Opened>, value: ValueToken): Uint8Array | undefined {
  const result = opened.get(value);
  return result && 'plaintext' in result ? result.plaintext : undefined;
}

/** The problems of values that could not be opened, or are not valid, each with its place. */
export async function problemsOf(
  { yaml }: EyamlText,
  failed: readonly (ValueToken | SuspectToken)[],
  name: string,
  opened: ReadonlyMap<ValueToken, Opened>,
): Promise<readonly Problem[]> {
  if (failed.length === 0) return [];
  const { keyPathAt } = await yaml();
  return failed.map((token) => {
    const result = token.kind === 'value' ? opened.get(token) : undefined;
    const message =
      token.kind === 'suspect'
        ? `this looks like an encrypted value, but ${token.reason}`
        : result && 'error' in result
          ? result.error.message
          : '';
    return { place: { file: name, line: token.line }, keyPath: keyPathAt(token.offset), message };
  });
}
