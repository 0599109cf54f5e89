import { hasDrifted, type Drift, type Reader, type Sealer } from './encryptors/encryptor.js';
import { EyamlError, type Problem } from './errors.js';
import { normalizeText, type NormalizedText } from './eyaml/lines.js';
import { scan } from './eyaml/scan.js';
import { isValue, type Token, type ValueToken } from './eyaml/token.js';
import { readSnapshot, textOf, type Snapshot } from './files.js';
import type { KeyId } from './identifiers.js';
import { requireEncryptor, type Toolbox } from './toolbox.js';

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
}

/** What recrypt will do. Making it needs no secret key and writes nothing. */
export interface RecryptPlan {
  /** The files that hold values to encrypt again. */
  readonly files: readonly PlannedFile[];
  /** How many values are as they should be, in these files and others. */
  readonly upToDate: number;
  /** How many values have a method that this version cannot handle; they are left alone. */
  readonly foreign: number;
  /** Files that are left alone, and why. */
  readonly problems: readonly Problem[];
  /** Whose the key IDs are that can read values and should not, as far as that is known. */
  readonly owners: ReadonlyMap<KeyId, Reader>;
}

/** The pure part of planning: which values of a file are to be encrypted again. */
export function planValues(
  values: readonly ValueToken[],
  sealers: ReadonlyMap<string, Sealer>,
  { all, changeTo }: RecryptOptions,
): { readonly changes: readonly PlannedValue[]; readonly foreign: number } {
  const planned = values.map((value): PlannedValue | 'foreign' | undefined => {
    const tag = changeTo ?? value.tag;
    const sealer = sealers.get(value.tag);
    if (tag !== value.tag) return { value, tag, drift: undefined };
    if (sealer === undefined) return 'foreign';
    const drift = sealer.compare(Buffer.from(value.payload, 'base64'));
    return all || hasDrifted(drift) ? { value, tag, drift } : undefined;
  });
  return {
    changes: planned.filter((plan): plan is PlannedValue => typeof plan === 'object'),
    foreign: planned.filter((plan) => plan === 'foreign').length,
  };
}

/**
 * Plans a recrypt of files: each follows its own recipients. A file with a problem is left out and does not stop the others.
 *
 * @param progress - told after each file.
 */
export async function planRecrypt(
  files: readonly string[],
  options: RecryptOptions,
  { encryptors }: Toolbox,
  progress: () => void,
): Promise<RecryptPlan> {
  const planned: PlannedFile[] = [];
  const problems: Problem[] = [];
  let upToDate = 0;
  let foreign = 0;
  if (options.changeTo !== undefined) requireEncryptor(encryptors, options.changeTo);
  for (const file of files) {
    try {
      const plan = await planFile(file, options, encryptors);
      upToDate += plan.upToDate;
      foreign += plan.foreign;
      if (plan.changes.length > 0) planned.push(plan);
    } catch (error) {
      if (!(error instanceof EyamlError)) throw error;
      problems.push({ place: file, message: error.message, suggestion: error.suggestions[0] }, ...error.problems);
    }
    progress();
  }
  const extra = new Set(planned.flatMap(({ changes }) => changes.flatMap(({ drift }) => drift?.extra ?? [])));
  const owners = new Map<KeyId, Reader>();
  for (const encryptor of encryptors.values()) {
    for (const [keyId, reader] of await encryptor.whoReads([...extra])) owners.set(keyId, reader);
  }
  return { files: planned, upToDate, foreign, problems: distinct(problems), owners };
}

// A recipients file with a mistake is named once, however many files follow it.
function distinct(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

async function planFile(file: string, options: RecryptOptions, encryptors: Toolbox['encryptors']) {
  const snapshot = await readSnapshot(file);
  if (snapshot.octets === undefined) throw new EyamlError('FILE_NOT_FOUND', `there is no file ${file}`);
  const original = normalizeText(textOf(snapshot.octets, file));
  const tokens = scan(original.text);
  const values = tokens.filter(isValue);
  const tags = new Set([
    ...values.map(({ tag }) => tag),
    ...(options.changeTo && values.length > 0 ? [options.changeTo] : []),
  ]);
  const sealers = new Map<string, Sealer>();
  for (const tag of tags) {
    const sealer = await encryptors.get(tag)?.prepare(file);
    if (sealer) sealers.set(tag, sealer);
  }
  const { changes, foreign } = planWithPlaces(file, values, sealers, options);
  const sources = [...sealers.values()].map(({ source }) => source);
  return {
    file,
    snapshot,
    original,
    tokens,
    sealers,
    sources,
    changes,
    foreign,
    upToDate: values.length - changes.length - foreign,
  };
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
  let foreign = 0;
  for (const value of values) {
    try {
      const plan = planValues([value], sealers, options);
      changes.push(...plan.changes);
      foreign += plan.foreign;
    } catch (error) {
      if (!(error instanceof EyamlError)) throw error;
      damaged.push({ place: `${file}:${value.line}`, message: error.message });
    }
  }
  if (damaged.length > 0) throw new EyamlError('VALUE_UNREADABLE', 'the file is left as it is', { problems: damaged });
  return { changes, foreign };
}
