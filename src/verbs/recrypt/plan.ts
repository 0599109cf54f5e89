import { requireEncryptor, type Context } from '../../context/context.js';
import {
  hasDrifted,
  NO_DRIFT,
  type Drift,
  type Encryptors,
  type Reader,
  type ReaderId,
  type Sealer,
} from '../../encryptors/encryptor.js';
import { asEyamlError, EyamlError, hasCode, problemsOfFile, type Problem } from '../../errors.js';
import { normalizeText, type NormalizedText } from '../../eyaml/lines.js';
import { markPassedOver } from '../../eyaml/puppet-visibility.js';
import { scan } from '../../eyaml/scan.js';
import { isValue, type Token, type ValueToken } from '../../eyaml/token.js';
import { readSnapshot, textOf, type Snapshot } from '../../files/snapshot.js';
import { outsideComments, problemsOf } from '../decrypt.js';

/** What recrypt is asked to do beside mending drift. */
export interface RecryptOptions {
  /** Encrypts values again that are as they should be, too. */
  readonly all: boolean;
  /** The tag of the method that every value is to have; undefined lets each keep its own. */
  readonly changeTo: string | undefined;
}

/** A value that is to be encrypted again, and why; no drift for one that is renewed or changes its method. */
export interface PlannedValue {
  readonly value: ValueToken;
  readonly tag: string;
  readonly drift: Drift | undefined;
}

/** What recrypt will do with one file. */
export interface PlannedFile {
  readonly file: string;
  readonly snapshot: Snapshot;
  readonly original: NormalizedText;
  readonly tokens: readonly Token[];
  /** What encrypts for its recipients, as they were when the plan was made, by tag. */
  readonly sealers: ReadonlyMap<string, Sealer>;
  /** Where it is written who may read, by tag. */
  readonly sources: readonly string[];
  readonly changes: readonly PlannedValue[];
  readonly upToDate: number;
  /** What is not done in this file, and why; the rest of it is. */
  readonly problems: readonly Problem[];
}

/** Values of one method that cannot be used here, and why not. */
export interface LeftAlone {
  readonly tag: string;
  readonly values: number;
  readonly reason: string;
}

/** What recrypt will do. Making it needs no secret key and writes nothing. */
export interface RecryptPlan {
  /** The files that hold values to encrypt again. */
  readonly files: readonly PlannedFile[];
  /** How many values are as they should be, in these files and others. */
  readonly upToDate: number;
  /** Values whose method cannot be used here; they stay as they are. */
  readonly leftAlone: readonly LeftAlone[];
  /** Files that are left alone, and why. */
  readonly problems: readonly Problem[];
  /** Who those are that can read values and should not, as far as that is known. */
  readonly owners: ReadonlyMap<ReaderId, Reader>;
}

/** The pure part of planning: which values of a file are to be encrypted again. */
export function planValues(
  values: readonly ValueToken[],
  sealers: ReadonlyMap<string, Sealer>,
  { all, changeTo }: RecryptOptions,
): readonly PlannedValue[] {
  return values.flatMap((value): PlannedValue | readonly [] => {
    const tag = changeTo ?? value.tag;
    if (tag !== value.tag) return { value, tag, drift: undefined };
    const drift = sealers.get(tag)?.compare(Buffer.from(value.payload, 'base64')) ?? NO_DRIFT;
    return all || hasDrifted(drift) || value.isPassedOver ? { value, tag, drift } : [];
  });
}

/**
 * Plans a recrypt of files: each follows its own recipients. A file with a problem is left out and does not stop the others.
 *
 * @param progress - told after each file.
 */
export async function planRecrypt(
  files: readonly string[],
  options: RecryptOptions,
  context: Context,
  progress: () => void,
): Promise<RecryptPlan> {
  const { encryptors } = context;
  const planned: PlannedFile[] = [];
  const problems: Problem[] = [];
  const leftAlone = new Map<string, LeftAlone>();
  let upToDate = 0;
  if (options.changeTo !== undefined) requireEncryptor(encryptors, options.changeTo);
  for (const file of files) {
    try {
      const plan = await planFile(file, options, context);
      upToDate += plan.upToDate;
      for (const problem of plan.problems) problems.push(problem);
      for (const [tag, { values, reason }] of plan.leftAlone) {
        leftAlone.set(tag, { tag, values: values + (leftAlone.get(tag)?.values ?? 0), reason });
      }
      if (plan.changes.length > 0) planned.push(plan);
    } catch (error) {
      for (const problem of problemsOfFile(file, error)) problems.push(problem);
    }
    progress();
  }
  const owners = await ownersOf(planned, encryptors);
  return { files: planned, upToDate, leftAlone: [...leftAlone.values()], problems: distinct(problems), owners };
}

// The keys of strangers may lie beside one file and not beside another.
async function ownersOf(files: readonly PlannedFile[], encryptors: Encryptors) {
  const owners = new Map<ReaderId, Reader>();
  for (const { file, changes } of files) {
    for (const tag of new Set(changes.map(({ value }) => value.tag))) {
      const theirs = changes.filter(({ value }) => value.tag === tag);
      const extra = new Set(theirs.flatMap(({ drift }) => drift?.extra ?? []));
      const found = (await encryptors.get(tag)?.whoReads([...extra], file)) ?? [];
      for (const [id, reader] of found) owners.set(id, reader);
    }
  }
  return owners;
}

// A recipients file with a mistake is named once, however many files follow it.
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

async function planFile(file: string, options: RecryptOptions, { encryptors, untagged }: Context) {
  const snapshot = await readSnapshot(file);
  if (snapshot.octets === undefined) throw new EyamlError('FILE_NOT_FOUND', `there is no file ${file}`);
  const original = normalizeText(textOf(snapshot.octets, file));
  const tokens = await markPassedOver(original.text, scan(original.text, untagged));
  const values = tokens.filter(isValue);
  const sealers = new Map<string, Sealer>();
  const reasons = new Map<string, string>();
  for (const tag of new Set(values.map(({ tag }) => tag))) {
    const reason = await prepareFor(file, tag, options.changeTo, encryptors, sealers);
    if (reason !== undefined) reasons.set(tag, reason);
  }
  const handled = values.filter(({ tag }) => !reasons.has(tag));
  const changes = planWithPlaces(file, handled, sealers, options);
  const count = (wanted: string) => values.filter(({ tag }) => tag === wanted).length;
  return {
    file,
    snapshot,
    original,
    tokens,
    sealers,
    sources: [...sealers.values()].map(({ source }) => source),
    changes,
    leftAlone: new Map([...reasons].map(([tag, reason]) => [tag, { tag, values: count(tag), reason }])),
    upToDate: handled.length - changes.length,
    problems: [
      ...(await suspectProblems(file, original.text, tokens)),
      ...(options.changeTo === undefined ? [] : [...reasons].map(([tag, reason]) => notChanged(file, tag, reason))),
    ],
  };
}

// Makes ready what values of a tag are encrypted with from now on; the answer is what keeps them from being handled here, if so.
async function prepareFor(
  file: string,
  tag: string,
  changeTo: string | undefined,
  encryptors: Encryptors,
  sealers: Map<string, Sealer>,
): Promise<string | undefined> {
  if (!encryptors.has(tag)) return 'nothing here knows this method';
  const wanted = changeTo ?? tag;
  try {
    if (!sealers.has(wanted)) sealers.set(wanted, await requireEncryptor(encryptors, wanted).prepare(file));
    return undefined;
  } catch (error) {
    // Who has no key of a method may still look after the values of another.
    if (hasCode(error, 'METHOD_UNAVAILABLE') && changeTo === undefined) return error.message;
    throw error;
  }
}

async function suspectProblems(file: string, text: string, tokens: readonly Token[]): Promise<readonly Problem[]> {
  const suspects = tokens.filter((token) => token.kind === 'suspect');
  if (suspects.length === 0) return [];
  return problemsOf(text, await outsideComments(text, suspects), file, new Map());
}

function notChanged(file: string, tag: string, reason: string): Problem {
  return { place: { file }, message: `its ${tag} values keep their method: ${reason}` };
}

// A damaged value can be neither judged nor opened, so its file cannot be mended as a whole: it is named with its line.
function planWithPlaces(
  file: string,
  values: readonly ValueToken[],
  sealers: ReadonlyMap<string, Sealer>,
  options: RecryptOptions,
) {
  const changes: PlannedValue[] = [];
  const damaged: Problem[] = [];
  for (const value of values) {
    try {
      changes.push(...planValues([value], sealers, options));
    } catch (error) {
      damaged.push({ place: { file, line: value.line }, message: asEyamlError(error).message });
    }
  }
  if (damaged.length > 0) throw new EyamlError('VALUE_UNREADABLE', 'the file is left as it is', { problems: damaged });
  return changes;
}
