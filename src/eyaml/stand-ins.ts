import { randomBytes } from 'node:crypto';
import { blockAt, type Block } from './layout.js';
import { parseYaml } from './document.js';
import { formatKeyPath } from './key-path.js';
import type { EyamlText } from './text.js';
import { idOf, type ValueToken } from './token.js';

/** A stand-in for a value in a text: where it is, so that it is found again in another text. */
export interface Occurrence {
  /** Equal for equal plaintexts. */
  readonly group: number;
  /** The key path of the scalar that it is in or comes after; its line where the text is not YAML. */
  readonly place: string;
  /** The line, its end included. */
  readonly line: string;
  readonly block: Block | undefined;
}

/**
 * Words of one line that stand for values, so that texts can be merged line by line and a value is never merged inside: equal words for
 * equal plaintexts as far as they are known, else for equal ciphertexts. A word says nothing about the value.
 */
export interface StandIns {
  /** The text with a word for each value. */
  readonly standIn: (eyaml: Pick<EyamlText, 'tokens'>) => string;
  /** The words in a text, in their order. */
  readonly occurrencesIn: (text: string) => Promise<readonly Occurrence[]>;
  /** The text with something else for each word, in their order; without that, with a value that it stands for. */
  readonly fill: (text: string, next: () => string | undefined) => string;
  /** Takes what values hold; undefined for one that cannot be opened. */
  readonly tell: (plaintexts: ReadonlyMap<ValueToken, Uint8Array | undefined>) => void;
}

/** Makes {@link StandIns}. */
export function createStandIns(): StandIns {
  const mark = randomBytes(16).toString('hex');
  const word = new RegExp(`v${mark}n(\\d+)v`, 'g');
  const values: ValueToken[] = [];
  const numbers = new Map<string, number>();
  const told = new Map<string, number>();
  const byPlaintext = new Map<string, number>();

  function numberOf(value: ValueToken): number {
    const id = idOf(value);
    const number = numbers.get(id) ?? values.push(value) - 1;
    numbers.set(id, number);
    return told.get(id) ?? number;
  }

  return {
    standIn: ({ tokens }) =>
      tokens.map((token) => (token.kind === 'value' ? `v${mark}n${numberOf(token)}v` : token.text)).join(''),
    occurrencesIn: async (text) => {
      const { spans } = await parseYaml(text);
      let i = -1;
      const placeAt = (index: number) => {
        while ((spans[i + 1]?.start ?? Infinity) <= index) i += 1;
        return spans[i] && formatKeyPath(spans[i]?.path ?? []);
      };
      return Array.from(text.matchAll(word), ({ 1: number, index }) => {
        const end = text.indexOf('\n', index);
        const line = text.slice(text.lastIndexOf('\n', index) + 1, end === -1 ? text.length : end + 1);
        return { group: Number(number), place: placeAt(index) ?? line, line, block: blockAt(text, index) };
      });
    },
    fill: (text, next) => text.replace(word, (_, number) => next() ?? values[Number(number)]?.text ?? ''),
    tell: (plaintexts) => {
      for (const [value, plaintext] of plaintexts) {
        const number = numberOf(value);
        const text = plaintext && Buffer.from(plaintext).toString('base64');
        const group = text === undefined ? number : (byPlaintext.get(text) ?? number);
        if (text !== undefined) byPlaintext.set(text, group);
        told.set(idOf(value), group);
      }
    },
  };
}
