import type { Encryptors } from '../encryptors/encryptor.js';
import { EyamlError, type Problem } from '../errors.js';
import type { EyamlText } from '../eyaml/text.js';
import type { SuspectToken, ValueToken } from '../eyaml/token.js';
import { isAboutOneValue } from './about-one-value.js';
import { createOpener, openValues, plaintextOf, problemsOf, type Opened } from './opener.js';

/** Called with what cannot be opened, and why. It then stays as it is; without such a function it is an error. */
export type OnKept = (problems: readonly Problem[]) => void;

/** Which values {@link openAll} opens, and what happens to those that it cannot. */
export interface OpenAllOptions {
  readonly isWanted?: (token: ValueToken | SuspectToken) => boolean;
  readonly onKept?: OnKept | undefined;
}

/**
 * Opens the values of a text.
 *
 * @returns the plaintexts; undefined for a value that stays as it is.
 * @throws {@link EyamlError} `VALUE_UNREADABLE` that names every value that cannot be opened.
 */
export async function openAll(
  eyaml: EyamlText,
  name: string,
  encryptors: Encryptors,
  { isWanted = () => true, onKept }: OpenAllOptions = {},
): Promise<(value: ValueToken) => Uint8Array | undefined> {
  const values = eyaml.values.filter(isWanted);
  const opened = await openValues(values, createOpener(encryptors), name);
  const unopened = values.filter((value) => !plaintextOf(opened, value));
  const failed = [...unopened, ...(await eyaml.suspects()).filter((suspect) => isWanted(suspect))];
  if (failed.length > 0) {
    const common = commonError(opened);
    if (common) throw common;
    if (!onKept) throw await unreadable(eyaml, failed, name, opened);
    failed.sort((a, b) => a.offset - b.offset);
    onKept(await problemsOf(eyaml, failed, name, opened));
  }
  return (value) => plaintextOf(opened, value);
}

// An error that does not concern one value.
function commonError(opened: ReadonlyMap<ValueToken, Opened>): EyamlError | undefined {
  return errorsOf(opened).find((error) => !isAboutOneValue(error));
}

function errorsOf(opened: ReadonlyMap<ValueToken, Opened>): readonly EyamlError[] {
  return [...opened.values()].flatMap((result) => ('error' in result ? [result.error] : []));
}

async function unreadable(
  eyaml: EyamlText,
  failed: readonly (ValueToken | SuspectToken)[],
  name: string,
  opened: ReadonlyMap<ValueToken, Opened>,
): Promise<EyamlError> {
  const problems = await problemsOf(eyaml, failed, name, opened);
  const count = failed.length === 1 ? 'a value' : `${failed.length} values`;
  const suggestions = new Set(errorsOf(opened).flatMap((error) => error.suggestions));
  return new EyamlError('VALUE_UNREADABLE', `cannot decrypt ${count} of ${name}`, {
    problems,
    suggestions: [...suggestions],
  });
}
