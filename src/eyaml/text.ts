import { parseYaml, type Yaml } from './document.js';
import { passedOver } from './puppet-visibility.js';
import { render, renderValue } from './render.js';
import { pkcs7ByForm, scan, type UntaggedTag } from './scan.js';
import { isValue, type SuspectToken, type Token, type ValueToken } from './token.js';

/**
 * Text that may hold encrypted values: of a file, of git's index, or given as it is. It is scanned at once; its YAML is parsed when
 * something first depends on it, and once.
 */
export interface EyamlText {
  readonly text: string;
  /** Joined they are the text. */
  readonly tokens: readonly Token[];
  readonly values: readonly ValueToken[];
  /** Which method a value without a tag has. */
  readonly untagged: UntaggedTag;
  readonly yaml: () => Promise<Yaml>;
  /** What was meant as a value and cannot be one. In a comment it is nobody's secret, and Puppet never sees it: there it is text. */
  readonly suspects: () => Promise<readonly SuspectToken[]>;
  /** The values that Puppet does not see where they stand. */
  readonly passedOver: () => Promise<ReadonlySet<ValueToken>>;
  /** The text with tokens replaced; a value among the new texts is put where Puppet sees it, as {@link joinPieces} does. */
  readonly splice: (changes: ReadonlyMap<Token, string>) => Promise<string>;
}

/** Reads text. */
export function createEyamlText(text: string, untagged: UntaggedTag = pkcs7ByForm): EyamlText {
  const tokens = scan(text, untagged);
  const values = tokens.filter(isValue);
  let parsed: Promise<Yaml> | undefined;
  const yaml = () => (parsed ??= parseYaml(text));
  return {
    text,
    tokens,
    values,
    untagged,
    yaml,
    suspects: async () => {
      const suspects = tokens.filter((token) => token.kind === 'suspect');
      if (suspects.length === 0) return suspects;
      const { faults, spanAt } = await yaml();
      return faults.length > 0 ? suspects : suspects.filter(({ offset }) => spanAt(offset));
    },
    passedOver: () => passedOver(values, yaml),
    splice: async (changes) => {
      const pieces = tokens.map((token) => {
        const changed = changes.get(token);
        return { text: changed ?? token.text, isNew: changed !== undefined };
      });
      return (await joinPieces(pieces, untagged)).whole.text;
    },
  };
}

/** A piece of a text to be. */
export interface Piece {
  readonly text: string;
  /** Whether it is a value that need not keep its bytes. */
  readonly isNew: boolean;
}

/** What pieces of a text became. */
export interface Joined {
  /** Of each piece. */
  readonly texts: readonly string[];
  readonly whole: EyamlText;
}

/**
 * Joins the pieces of a text. New values that Puppet would pass over where they stand are put on one line: below which header a block
 * keeps its line ends depends on the YAML around it.
 */
export async function joinPieces(pieces: readonly Piece[], untagged?: UntaggedTag): Promise<Joined> {
  const whole = createEyamlText(render(pieces), untagged);
  const hidden = new Map(Array.from(await whole.passedOver(), (value) => [value.offset, value]));
  let end = 0;
  const texts = pieces.map(({ text, isNew }) => {
    const value = hidden.get(end);
    end += text.length;
    return value && isNew ? renderValue(value.tag, value.payload, { ...value.layout, wrapping: ONE_LINE }) : text;
  });
  const text = texts.join('');
  return { texts, whole: text === whole.text ? whole : createEyamlText(text, untagged) };
}

const ONE_LINE = { separator: '', first: Infinity, rest: Infinity };
