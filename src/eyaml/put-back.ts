import { resolved, type Conflict, type Merged, type Side } from './conflicts.js';
import { groupBy } from '../text/group-by.js';
import { renderValue } from './render.js';
import type { Occurrence, StandIns } from './stand-ins.js';
import type { EyamlText } from './text.js';
import { idOf, type ValueToken } from './token.js';

/** Something of each of the three texts of a merge. */
export type Sides<T> = Readonly<Record<Side, T>>;

/** A merged text with its values. */
export interface PutBack {
  readonly merged: Merged;
  /** How many values both sides encrypted again; those of `ours` were kept. */
  readonly recrypted: number;
}

/** A value of one of the texts, and the word that stands for it there. */
interface Placed extends Occurrence {
  readonly value: ValueToken;
}

/**
 * Puts the values back into a text that was merged with words in their place. Every ciphertext is one of the three texts'. In a
 * conflict, each side has its own values. Elsewhere, where both sides have a value, the one that was encrypted again counts.
 */
export async function putBack(merged: Merged, texts: Sides<EyamlText>, standIns: StandIns): Promise<PutBack> {
  const { standIn, occurrencesIn, fill } = standIns;
  const placed = await ofSides(async (side) => {
    const occurrences = await occurrencesIn(standIn(texts[side]));
    return texts[side].values.flatMap((value, i): Placed[] => (occurrences[i] ? [{ ...occurrences[i], value }] : []));
  });
  const wanted = await ofSides((side) => occurrencesIn(resolved(merged, side)));
  const own = await ofSides((side) => match(wanted[side], placed[side]));
  const [before, others] = [match(wanted.ours, placed.base), match(wanted.ours, placed.theirs)];
  const choices = wanted.ours.map((occurrence, i) => {
    const candidates = { ours: own.ours[i], base: before[i], theirs: others[i] };
    const { chosen, isDrift } = choose(candidates);
    return { text: chosen && textAt(occurrence, chosen, candidates), isDrift };
  });

  const at = { ours: 0, base: 0, theirs: 0 };
  let recrypted = 0;
  const fillSide = (text: string, side: Side) => fill(text, () => own[side][at[side]++]?.value.text);
  const fillBoth = (text: string) =>
    fill(text, () => {
      const choice = choices[at.ours];
      at.ours += 1;
      at.base += 1;
      at.theirs += 1;
      if (choice?.isDrift) recrypted += 1;
      return choice?.text;
    });
  const filled = merged.map((piece): string | Conflict => {
    if (typeof piece === 'string') return fillBoth(piece);
    const { ours, base, theirs, offset } = piece;
    const filledBase = base === undefined ? undefined : fillSide(base, 'base');
    return { ours: fillSide(ours, 'ours'), base: filledBase, theirs: fillSide(theirs, 'theirs'), offset };
  });
  return { merged: filled, recrypted };
}

/** Makes something for each of the three texts of a merge. */
export async function ofSides<T>(make: (side: Side) => T | Promise<T>): Promise<Sides<T>> {
  const [ours, base, theirs] = await Promise.all([make('ours'), make('base'), make('theirs')]);
  return { ours, base, theirs };
}

// Which of the values that a text holds each word of a merged text stands for: the one at the same place, else the next one that is equal.
function match(wanted: readonly Occurrence[], placed: readonly Placed[]): readonly (Placed | undefined)[] {
  const found = new Map<Occurrence, Placed>();
  const used = new Set<Placed>();
  for (const keyOf of [({ group, place }: Occurrence) => `${group} ${place}`, ({ group }: Occurrence) => `${group}`]) {
    const waiting = groupBy(
      placed.filter((one) => !used.has(one)),
      keyOf,
    );
    for (const occurrence of wanted) {
      const next = found.has(occurrence) ? undefined : waiting.get(keyOf(occurrence))?.shift();
      if (next === undefined) continue;
      found.set(occurrence, next);
      used.add(next);
    }
  }
  return wanted.map((occurrence) => found.get(occurrence));
}

type Candidates = Sides<Placed | undefined>;

function choose({ ours, base, theirs }: Candidates): {
  readonly chosen: Placed | undefined;
  readonly isDrift: boolean;
} {
  const isNew = ({ value }: Placed) => base === undefined || idOf(value) !== idOf(base.value);
  if (ours === undefined || theirs === undefined) return { chosen: ours ?? theirs ?? base, isDrift: false };
  if (idOf(ours.value) === idOf(theirs.value)) {
    return { chosen: ours.value.text === base?.value.text ? theirs : ours, isDrift: false };
  }
  return isNew(ours) ? { chosen: ours, isDrift: isNew(theirs) } : { chosen: theirs, isDrift: false };
}

// A value whose own place differs from the one in the result is written like the value that stood there.
function textAt({ line, block }: Occurrence, chosen: Placed, { ours, theirs }: Candidates): string {
  const fits = (one: Placed) =>
    one.line === line && one.block?.indent === block?.indent && one.block?.keepsLines === block?.keepsLines;
  const { tag, payload, text } = chosen.value;
  if (fits(chosen)) return text;
  const like = [ours, theirs].find((one) => one && fits(one));
  const bare = {
    blockIndent: block?.indent,
    wrapping: undefined,
    ...(block?.keepsLines && { keepsLines: true as const }),
  };
  return renderValue(tag, payload, like?.value.layout ?? bare);
}
