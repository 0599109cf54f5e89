import { groupBy } from '../text/group-by.js';
import { keepAdditions } from './additions.js';
import { conflictsIn, resolved, withMarkers, type Merged } from './conflicts.js';
import { settleDuplicates } from './duplicates.js';
import { ofSides, putBack, type Sides } from './put-back.js';
import { createStandIns, type StandIns } from './stand-ins.js';
import type { UntaggedTag } from './scan.js';
import { createEyamlText, type EyamlText } from './text.js';
import { idOf, type ValueToken } from './token.js';

/** How git shows conflicts: always with what stood there before, or as the user set it. */
export type ConflictStyle = 'diff3' | 'configured';

/** What a merge works with. */
export interface MergeTools {
  /** Merges three texts line by line, as git does. */
  readonly mergeLines: (texts: Sides<string>, style: ConflictStyle) => Promise<Merged>;
  /** Opens values; undefined for one that cannot be opened. */
  readonly open: (values: readonly ValueToken[]) => Promise<ReadonlyMap<ValueToken, Uint8Array | undefined>>;
  readonly untagged: UntaggedTag;
  /** The length of conflict markers. */
  readonly markerSize: number;
}

/** A merged text, perhaps with conflict markers. */
export interface MergedText {
  readonly text: string;
  readonly conflicts: number;
  /** How many values both sides encrypted again; those of `ours` were kept. */
  readonly recrypted: number;
}

/**
 * Merges three texts that hold encrypted values. Lines are merged with a word in place of each value, so that a value is never merged
 * inside, and equal plaintexts are no conflict. Nothing is encrypted, and values are opened only if lines conflict without that. In YAML,
 * different entries that both sides added to one mapping are both kept; a key that both added with different values is a conflict.
 */
export async function mergeTexts(texts: Sides<string>, tools: MergeTools): Promise<MergedText> {
  const { mergeLines, open, untagged, markerSize } = tools;
  const eyaml = await ofSides((side) => createEyamlText(texts[side], untagged));
  const standIns = createStandIns();
  let attempt = await mergeWords(eyaml, standIns, mergeLines);
  if (conflictsIn(attempt.merged).length > 0) {
    standIns.tell(await open(await differentValues(attempt, eyaml, standIns)));
    attempt = await mergeWords(eyaml, standIns, mergeLines);
  }
  const { merged, recrypted } = await putBack(await shown(attempt, mergeLines), eyaml, standIns);
  return { text: withMarkers(merged, markerSize), conflicts: conflictsIn(merged).length, recrypted };
}

/** The values, each ciphertext once, that do not stand at the same places in all three texts. */
async function differentValues(
  { texts }: Attempt,
  eyaml: Sides<EyamlText>,
  { occurrencesIn }: StandIns,
): Promise<readonly ValueToken[]> {
  const sides = await ofSides(async (side) => {
    const places = (await occurrencesIn(texts[side])).map(({ place }) => place);
    return eyaml[side].values.map((value, i) => ({ value, at: `${idOf(value)} ${places[i] ?? ''}` }));
  });
  const all = Object.values(sides);
  const counts = all.map((values) => groupBy(values, ({ at }) => at));
  const isEverywhere = (at: string) => new Set(counts.map((count) => count.get(at)?.length)).size === 1;
  const different = all.flat().filter(({ at }) => !isEverywhere(at));
  return [...new Map(different.map(({ value }) => [idOf(value), value])).values()];
}

/** A merge of texts with words in place of their values. */
interface Attempt {
  readonly texts: Sides<string>;
  /** As git merged them. */
  readonly found: Merged;
  readonly merged: Merged;
}

async function mergeWords(
  eyaml: Sides<EyamlText>,
  { standIn }: StandIns,
  mergeLines: MergeTools['mergeLines'],
): Promise<Attempt> {
  const texts = await ofSides((side) => standIn(eyaml[side]));
  const found = await mergeLines(texts, 'diff3');
  return { texts, found, merged: await settle(found, texts) };
}

// Conflicts that are left are shown by git, as the user is used to.
async function shown({ texts, found, merged }: Attempt, mergeLines: MergeTools['mergeLines']): Promise<Merged> {
  if (conflictsIn(merged).length === 0) return merged;
  const isAsFound = withMarkers(merged, 1) === withMarkers(found, 1);
  return mergeLines(isAsFound ? texts : await ofSides((side) => resolved(merged, side)), 'configured');
}

/** Does what only the YAML of a merged text can say; text that is not YAML on both sides stays as it is. */
async function settle(merged: Merged, stood: Sides<string>): Promise<Merged> {
  const areSound = await Promise.all([stood.ours, stood.theirs].map(isSound));
  if (areSound.includes(false)) return merged;
  const settled = await settleDuplicates(await keepAdditions(merged, stood.base), stood.ours, stood.theirs);
  if (settled && (conflictsIn(settled).length > 0 || (await isSound(resolved(settled, 'ours'))))) return settled;
  // Everything in which the two differ; without a base, git decides none of it.
  return [{ ours: stood.ours, base: '', theirs: stood.theirs, offset: 0 }];
}

/** Whether a text is YAML in which no mapping has a key twice, and each alias its anchor. */
async function isSound(text: string): Promise<boolean> {
  const { faults, equalKeys, looseAliases } = await createEyamlText(text).yaml();
  return faults.length + equalKeys.length + looseAliases.length === 0;
}
