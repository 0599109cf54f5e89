import fc from 'fast-check';

/** A value, or a plain text, in a random file. */
interface Leaf {
  readonly key: string;
  readonly style: keyof typeof STYLES;
  readonly plaintext: number;
  readonly ciphertext: number;
  /** A comment on the line above. */
  readonly note: string;
}

/** An entry of a random file: a leaf, or a mapping or list of leaves. */
interface Entry extends Leaf {
  readonly below: { readonly leaves: readonly Leaf[]; readonly isList: boolean } | undefined;
}

export interface RandomFile {
  readonly entries: readonly Entry[];
  readonly step: number;
}

/** A change of a random file; numbers choose what is there. */
type Change =
  | { readonly what: 'add' | 'replace'; readonly at: number; readonly entry: Entry }
  | { readonly what: 'remove' | 'swap' | 'step'; readonly at: number }
  | { readonly what: 'recrypt'; readonly at: number; readonly ciphertext: number }
  | { readonly what: 'change'; readonly at: number; readonly plaintext: number; readonly ciphertext: number }
  | { readonly what: 'note'; readonly at: number; readonly note: string };

/** What stands for a value: one line of text. */
export type Shown = (plaintext: number, ciphertext: number) => string;

export const PLAINTEXTS: readonly string[] = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
export const CIPHERTEXTS_OF_EACH = 4;

const INDENT = ' '.repeat(8);
// A ciphertext is broken into lines in a block, a plaintext is not.
const inBlock = (text: string) => (text.match(/.{1,60}/g) ?? []).join(`\n${INDENT}`);
const STYLES = {
  word: (text: string) => text,
  quotes: (text: string) => `"${text}"`,
  block: (text: string) => `>\n${INDENT}${inBlock(text)}`,
  flow: (text: string) => `["${text}", 1]`,
  within: (text: string) => `postgres://db:${text}@host`,
  twice: (text: string) => `${text} ${text}`,
  commented: (text: string) => `1 # ${text}`,
  plain: () => 'text',
};

const numbers = { plaintext: fc.nat(PLAINTEXTS.length - 1), ciphertext: fc.nat(CIPHERTEXTS_OF_EACH - 1) };
const leaf: fc.Arbitrary<Leaf> = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g::h', '"i.j"'),
  style: fc.constantFrom<keyof typeof STYLES>('word', 'word', ...(Object.keys(STYLES) as (keyof typeof STYLES)[])),
  ...numbers,
  note: fc.constantFrom('', '', '', '# note', '# other'),
});
const someOf = <T extends Leaf>(one: fc.Arbitrary<T>, maxLength: number) =>
  fc.uniqueArray(one, { selector: ({ key }) => key, minLength: 1, maxLength });
const below = fc.record({ leaves: someOf(leaf, 3), isList: fc.boolean() });
const entry: fc.Arbitrary<Entry> = fc
  .tuple(leaf, fc.option(below, { freq: 2, nil: undefined }))
  .map(([one, below]) => ({ ...one, below }));

const at = fc.nat(30);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ what: fc.constantFrom('add' as const, 'add' as const, 'replace' as const), at, entry }),
  fc.record({ what: fc.constantFrom('remove' as const, 'swap' as const, 'step' as const), at }),
  { weight: 2, arbitrary: fc.record({ what: fc.constant('recrypt' as const), at, ciphertext: numbers.ciphertext }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('change' as const), at, ...numbers }) },
  fc.record({ what: fc.constant('note' as const), at, note: fc.constantFrom('', '# new') }),
);

/** A file, and what two branches made of it. */
export const anyMerge = fc
  .record({
    base: fc.record({ entries: someOf(entry, 8), step: fc.constantFrom(2, 4) }),
    ours: fc.array(change, { maxLength: 4 }),
    theirs: fc.array(change, { maxLength: 4 }),
    // Somebody who encrypts everything again changes every value.
    recrypted: fc.constantFrom('nobody', 'ours', 'theirs', 'both'),
  })
  .map(({ base, ours, theirs, recrypted }) => {
    const side = (changes: readonly Change[], name: string, by: number) => {
      const changed = changes.reduce(changedBy, base);
      return recrypted === name || recrypted === 'both' ? everyLeaf(changed, (one) => recryptedBy(one, by)) : changed;
    };
    return { base, ours: side(ours, 'ours', 1), theirs: side(theirs, 'theirs', 2) };
  });

const recryptedBy = <T extends Leaf>(one: T, by: number): T => ({
  ...one,
  ciphertext: (one.ciphertext + by) % CIPHERTEXTS_OF_EACH,
});

function everyLeaf({ entries, step }: RandomFile, map: <T extends Leaf>(one: T) => T): RandomFile {
  const mapped = entries.map((one): Entry => {
    const below = one.below && { ...one.below, leaves: one.below.leaves.map((leaf) => map(leaf)) };
    return { ...map(one), below };
  });
  return { entries: mapped, step };
}

function changedBy(file: RandomFile, change: Change): RandomFile {
  const { entries, step } = file;
  if (change.what === 'step') return { entries, step: step === 2 ? 4 : 2 };
  if (entries.length === 0) return change.what === 'add' ? { entries: [change.entry], step } : file;
  const index = change.at % entries.length;
  const isKnown = 'entry' in change && entries.some(({ key }, i) => key === change.entry.key && i !== index);
  if (change.what === 'remove') return { entries: entries.filter((_, i) => i !== index), step };
  if (change.what === 'swap') {
    const [one, ...rest] = [...entries.slice(index), ...entries.slice(0, index)];
    return { entries: [...rest, ...(one ? [one] : [])], step };
  }
  if (change.what === 'add') {
    if (isKnown || entries[index]?.key === change.entry.key) return file;
    return { entries: entries.toSpliced(change.at % (entries.length + 1), 0, change.entry), step };
  }
  if (change.what === 'replace') return isKnown ? file : { entries: entries.with(index, change.entry), step };
  // The others change one leaf.
  let count = 0;
  const all = entries.reduce((sum, { below }) => sum + 1 + (below?.leaves.length ?? 0), 0);
  return everyLeaf(file, (one) => (count++ === change.at % all ? { ...one, ...change } : one));
}

/** The text of a random file. */
export function textOfFile({ entries, step }: RandomFile, shown: Shown): string {
  const leafText = ({ style, plaintext, ciphertext }: Leaf) => STYLES[style](shown(plaintext, ciphertext));
  const lines = entries.flatMap((one): string[] => {
    const note = one.note === '' ? [] : [one.note];
    if (one.below === undefined) return [...note, `${one.key}: ${leafText(one)}`];
    const pad = ' '.repeat(step);
    const { leaves, isList } = one.below;
    const items = leaves.flatMap((leaf) => [
      ...(leaf.note === '' ? [] : [`${pad}${leaf.note}`]),
      `${pad}${isList ? '-' : `${leaf.key}:`} ${leafText(leaf)}`,
    ]);
    return [...note, `${one.key}:`, ...items];
  });
  return ['---', ...lines, ''].join('\n');
}
