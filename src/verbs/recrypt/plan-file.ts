import type { Context } from '../../context/context.js';
import { requireEncryptor } from '../../context/methods.js';
import { hasDrifted, NO_DRIFT, type Drift, type Encryptors, type Sealer } from '../../encryptors/encryptor.js';
import { asEyamlError, EyamlError, hasCode, type Problem } from '../../errors.js';
import { openEyamlFile, type EyamlFile } from '../../eyaml/file.js';
import type { ValueToken } from '../../eyaml/token.js';
import { problemsOf } from '../opener.js';

/** What recrypt does besides fixing drift. */
export interface RecryptOptions {
  /** Also re-encrypts values that are up to date. */
  readonly all: boolean;
  /** The tag of the new method for every value; undefined keeps their methods. */
  readonly changeTo: string | undefined;
}

/** A value to re-encrypt, and why; without drift if its method changes. */
export interface PlannedValue {
  readonly value: ValueToken;
  readonly tag: string;
  readonly drift: Drift | undefined;
  /** Whether Puppet does not see it at its place. */
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
  /** The sealers by tag, for the recipients at the time of the plan. */
  readonly sealers: ReadonlyMap<string, Sealer>;
  /** What names the recipients, for each sealer. */
  readonly sources: readonly string[];
  readonly changes: readonly PlannedValue[];
  readonly upToDate: number;
  readonly leftAlone: ReadonlyMap<string, LeftAlone>;
  /** What is not done in this file, and why; the rest is done. */
  readonly problems: readonly Problem[];
}

/**
 * The pure part of planning: which values of a file to re-encrypt.
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
 * Plans the recrypt of one file, for its own recipients.
 *
 * @throws {@link EyamlError} for everything that concerns the whole file.
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

// Prepares the sealer for values of a tag. Returns why these values cannot be processed here, or undefined if they can.
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
    // Without the key of one method, values of other methods can still be re-encrypted.
    if (hasCode(error, 'METHOD_UNAVAILABLE') && changeTo === undefined) return error.message;
    throw error;
  }
}

function notChanged(file: string, tag: string, reason: string): Problem {
  return { place: { file }, message: `its ${tag} values keep their method: ${reason}` };
}

// A damaged value can be neither compared nor decrypted, so the whole file cannot be re-encrypted: the value is reported with its line.
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
