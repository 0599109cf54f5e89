import path from 'node:path';
import type { Opener } from '../opener.js';
import type { Value } from './values.js';
import type { OnStep } from './walk.js';

/** What two values have in common if their plaintexts are equal: a number without a meaning, or, of one that was not opened, itself. */
export type Sameness = number | Value;

/** Compares plaintexts. Nothing of a plaintext leaves it. */
export interface Plaintexts {
  /** Opens values, each once. */
  readonly open: (values: Iterable<Value>) => Promise<void>;
  readonly samenessOf: (value: Value) => Sameness;
  /** Why a value could not be opened; undefined if it was. */
  readonly faultOf: (value: Value) => string | undefined;
}

/**
 * Makes {@link Plaintexts}.
 *
 * @param top - the top folder, from which a value's file finds its keys.
 */
export function createPlaintexts(opener: Opener, top: string, onStep?: OnStep): Plaintexts {
  const numbers = new Map<string, number>();
  const opened = new Map<Value, number | string>();
  let expected = 0;
  const openOne = async (value: Value): Promise<void> => {
    const { tag, ciphertext, file } = value;
    const result = await opener({ tag, payload: Buffer.from(ciphertext).toString('base64') }, path.join(top, file));
    onStep?.('values', expected);
    if ('error' in result) {
      opened.set(value, result.error.message);
      return;
    }
    const plaintext = Buffer.from(result.plaintext).toString('latin1');
    const number = numbers.get(plaintext) ?? numbers.size;
    numbers.set(plaintext, number);
    opened.set(value, number);
  };
  return {
    open: async (values) => {
      const closed = [...new Set(values)].filter((value) => !opened.has(value));
      expected = opened.size + closed.length;
      await Promise.all(closed.map(openOne));
    },
    samenessOf: (value) => {
      const found = opened.get(value);
      return typeof found === 'number' ? found : value;
    },
    faultOf: (value) => {
      const found = opened.get(value);
      return typeof found === 'number' ? undefined : (found ?? 'it was not opened');
    },
  };
}
