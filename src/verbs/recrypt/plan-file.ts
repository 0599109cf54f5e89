import { requireEncryptor, type Context } from '../../context/context.js';
import { hasDrifted, NO_DRIFT, type Drift, type Encryptors, type Sealer } from '../../encryptors/encryptor.js';
import { asEyamlError, EyamlError, hasCode, type Problem } from '../../errors.js';
import { openEyamlFile, type EyamlFile } from '../../eyaml/file.js';
import type { ValueToken } from '../../eyaml/token.js';
import { problemsOf } from '../decrypt.js';

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
  /** Whether Puppet does not see it where it stands. */
  readonly isPassedOver: boolean;
}

/** Values of one method that cannot be used here, and why not. */
export interface LeftAlone {
  readonly tag: string;
  readonly values: number;
  readonly reason: string;
}

/** What recrypt will do with one file. */
export interface PlannedFile {
  readonly file: string;
  readonly eyaml: EyamlFile;
  /** What encrypts for its recipients, as they were when the plan was made, by tag. */
  readonly sealers: ReadonlyMap<string, Sealer>;
  /** Where it is written who may read, by tag. */
  readonly sources: readonly string[];
  readonly changes: readonly PlannedValue[];
  readonly upToDate: number;
  readonly leftAlone: ReadonlyMap<string, LeftAlone>;
  /** What is not done in this file, and why; the rest of it is. */
  readonly problems: readonly Problem[];
}

/**
 * The pure part of planning: which values of a file are to be encrypted again.
 *
 * @param passedOver - those that Puppet does not see.
 */
export function planValues(
  values: readonly ValueToken[],
  sealers: ReadonlyMap<string, Sealer>,
  { all, changeTo }: RecryptOptions,
  passedOver: ReadonlySet<ValueToken> = new Set(),
): readonly PlannedValue[] {
  return values.flatMap((value): PlannedValue | readonly [] => {
    const tag = changeTo ?? value.tag;
    const isPassedOver = passedOver.has(value);
    if (tag !== value.tag) return { value, tag, drift: undefined, isPassedOver };
    const drift = sealers.get(tag)?.compare(Buffer.from(value.payload, 'base64')) ?? NO_DRIFT;
    return all || hasDrifted(drift) || isPassedOver ? { value, tag, drift, isPassedOver } : [];
  });
}

/**
 * Plans the recrypt of one file, which follows its own recipients.
 *
 * @throws {@link EyamlError} for what keeps the file from being handled as a whole.
 */
export async function planFile(
  file: string,
  options: RecryptOptions,
  { encryptors, untagged }: Context,
): Promise<PlannedFile> {
  const eyaml = await openEyamlFile(file, untagged);
  if (eyaml.snapshot.octets === undefined) throw new EyamlError('FILE_NOT_FOUND', `there is no file ${file}`);
  const { values } = eyaml;
  const sealers = new Map<string, Sealer>();
  const reasons = new Map<string, string>();
  for (const tag of new Set(values.map(({ tag }) => tag))) {
    const reason = await prepareFor(file, tag, options.changeTo, encryptors, sealers);
    if (reason !== undefined) reasons.set(tag, reason);
  }
  const handled = values.filter(({ tag }) => !reasons.has(tag));
  const changes = await planWithPlaces(eyaml, handled, sealers, options);
  const count = (wanted: string) => values.filter(({ tag }) => tag === wanted).length;
  return {
    file,
    eyaml,
    sealers,
    sources: [...sealers.values()].map(({ source }) => source),
    changes,
    leftAlone: new Map([...reasons].map(([tag, reason]) => [tag, { tag, values: count(tag), reason }])),
    upToDate: handled.length - changes.length,
    problems: [
      ...(await problemsOf(eyaml, await eyaml.suspects(), file, new Map())),
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
  if (!encryptors.has(tag)) return 'unknown method';
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

function notChanged(file: string, tag: string, reason: string): Problem {
  return { place: { file }, message: `its ${tag} values keep their method: ${reason}` };
}

// A damaged value can be neither judged nor opened, so its file cannot be mended as a whole: it is named with its line.
async function planWithPlaces(
  { path, passedOver }: EyamlFile,
  values: readonly ValueToken[],
  sealers: ReadonlyMap<string, Sealer>,
  options: RecryptOptions,
) {
  const hidden = await passedOver();
  const changes: PlannedValue[] = [];
  const damaged: Problem[] = [];
  for (const value of values) {
    try {
      changes.push(...planValues([value], sealers, options, hidden));
    } catch (error) {
      damaged.push({ place: { file: path, line: value.line }, message: asEyamlError(error).message });
    }
  }
  if (damaged.length > 0) throw new EyamlError('VALUE_UNREADABLE', 'the file is unchanged', { problems: damaged });
  return changes;
}
