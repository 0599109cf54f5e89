import { parseYaml, type Yaml } from './document.js';
import { passedOver } from './puppet-visibility.js';
import { render, renderValue } from './render.js';
import { pkcs7ByForm, scan, type UntaggedTag } from './scan.js';
import { isValue, type SuspectToken, type Token, type ValueToken } from './token.js';

/**
 * Text that may hold encrypted values: from a file, from git's index, or given directly. It is scanned at once; its YAML is parsed
 * when it is first needed, and only once.
 */
export interface EyamlText {
  readonly text: string;
  /** Joined they are the text. */
  readonly tokens: readonly Token[];
  readonly values: readonly ValueToken[];
  /** The method of a value without a tag. */
  readonly untagged: UntaggedTag;
  readonly yaml: () => Promise<Yaml>;
  /** Text that was meant as a value but is not valid. In a comment, which Puppet never sees, it is ordinary text. */
  readonly suspects: () => Promise<readonly SuspectToken[]>;
  /** The values that Puppet does not see at their places. */
  readonly passedOver: () => Promise<ReadonlySet<ValueToken>>;
  /** The text with tokens replaced; Puppet sees each new value, as with {@link joinPieces}. */
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

/** A piece of a new text. */
export interface Piece {
  readonly text: string;
  /** Whether it is a value whose layout may change. */
  readonly isNew: boolean;
}

/** The result of joining pieces. */
export interface Joined {
  /** Of each piece. */
  readonly texts: readonly string[];
  readonly whole: EyamlText;
}

/**
 * Joins the pieces of a text. New values that Puppet would pass over at their places are put on one line: whether a block keeps its
 * line ends depends on its header and on the YAML around it.
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
