import { PLAINTEXTS, type Plaintext, type Style } from './hiera-cases.js';

/** One key of a data file: a style, and what its values hold. */
export interface HieraCase {
  readonly key: string;
  readonly style: Style;
  readonly plaintexts: readonly [Plaintext, Plaintext];
}

/** A place for a value in a data file. */
export interface Slot {
  readonly hieraCase: HieraCase;
  /** Its number in the file, from 1, as edit counts. */
  readonly id: number;
  readonly text: string;
  /** Set when it is alone under a block header. */
  readonly blockIndent: string | undefined;
}

const BLOCK_WIDTH = 60;
const PLACEHOLDER = /(?:(?<=\n)( +)@block|@)([12])/g;

const plaintextAt = (i: number) => PLAINTEXTS.at(i % PLAINTEXTS.length) ?? { name: '', text: '' };

/** Each style with so many plaintexts; the next styles take the next ones. */
export function casesOf(file: string, styles: readonly Style[], perStyle: number): readonly HieraCase[] {
  const prefix = file.replace('.yaml', '').replace('-', '::').toLowerCase();
  return styles.flatMap((style, i) =>
    Array.from({ length: perStyle }, (_, j): HieraCase => {
      const first = plaintextAt(i * perStyle + j);
      return { key: `${prefix}::${style.name}::${first.name}`, style, plaintexts: [first, plaintextAt(i + j + 1)] };
    }),
  );
}

/** The same key with other content. */
export function withOtherPlaintexts(hieraCase: HieraCase): HieraCase {
  const other = (plaintext: Plaintext) => plaintextAt(PLAINTEXTS.indexOf(plaintext) + 1);
  const [first, second] = hieraCase.plaintexts;
  return { ...hieraCase, plaintexts: [other(first), other(second)] };
}

/** A data file, each slot filled by `fill`. */
export function hieraFile(cases: readonly HieraCase[], fill: (slot: Slot) => string): string {
  let id = 0;
  const entry = (hieraCase: HieraCase) =>
    hieraCase.style.yaml.replace(PLACEHOLDER, (_, blockIndent: string | undefined, which: string) => {
      id += 1;
      const { text } = hieraCase.plaintexts[which === '1' ? 0 : 1];
      return (blockIndent ?? '') + fill({ hieraCase, id, text, blockIndent });
    });
  return `---\n${cases.map((hieraCase) => `${hieraCase.key}:${entry(hieraCase)}\n`).join('')}`;
}

/** The places for values in such a file. */
export function slotsOf(cases: readonly HieraCase[]): readonly Slot[] {
  const slots: Slot[] = [];
  hieraFile(cases, (slot) => {
    slots.push(slot);
    return '';
  });
  return slots;
}

/** What Puppet is to give for a case. */
export function expectedOf({ style, plaintexts }: HieraCase): unknown {
  const [first, second] = plaintexts.map(({ text }) => text);
  const fill = (seen: unknown): unknown => {
    if (Array.isArray(seen)) return seen.map(fill);
    if (typeof seen === 'object' && seen !== null) {
      return Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, fill(value)]));
    }
    if (typeof seen !== 'string' || !seen.includes('@')) return seen;
    return chomp(seen.replace(/@([12])/g, (_, which) => (which === '1' ? first : second) ?? ''));
  };
  return fill(style.seen);
}

/** One line end less, as Ruby counts line ends; Puppet does so to the whole scalar, after decryption. */
function chomp(text: string): string {
  return text.replace(/(?:\r\n|\n|\r)$/, '');
}

/** The marker for a slot, as a careful person would write it. */
export function markerFor({ id, text, blockIndent }: Slot, tag: string, isNew: boolean): string {
  const head = `DEC${isNew ? '' : `(${id})`}::${tag}`;
  const isSpoilable = /[\u2028\ufeff]|[^\P{Cc}\t\n]/u.test(text);
  if (isSpoilable || (text.includes('\n') && blockIndent === undefined)) {
    return `${head}:base64[${Buffer.from(text).toString('base64')}]!`;
  }
  const escaped = text.replace(/\](\\*)!/g, ']\\$1!');
  return `${head}[${escaped.replace(/\n(?!\n)/g, `\n${blockIndent ?? ''}`)}]!`;
}

/** A value, `ENC[TAG,…]` on one line, as it stood in a file before the tool came to it. */
export function valueAsFound({ hieraCase: { style }, blockIndent }: Slot, value: string): string {
  const text = style.opening ? value.replace(/^ENC\[(\w+),/, (_, tag: string) => style.opening?.(tag) ?? '') : value;
  if (style.keepsLines) return text;
  const separator = style.separator ?? (blockIndent === undefined ? '' : `\n${blockIndent}`);
  const pieces = text.match(new RegExp(`.{1,${BLOCK_WIDTH}}`, 'g')) ?? [];
  return pieces.join(separator);
}
