import type { Context } from '../../context/context.js';
import { requireEncryptor } from '../../context/methods.js';
import type { Sealer } from '../../encryptors/encryptor.js';
import { EyamlError, hasCode, type ErrorCode } from '../../errors.js';
import type { ValueToken } from '../../eyaml/token.js';
import { detailLines } from '../../text/problems.js';
import { newReaders, type OnNewReaders } from '../new-readers.js';

/** The {@link Sealer}s for a file that is being edited, and messages about methods that cannot encrypt. */
export interface Sealers {
  /** The methods that new values can have, the default first. */
  readonly tags: readonly string[];
  /** Which other methods new values cannot have although their keys exist, and why. */
  readonly leftOut: readonly string[];
  /** What cannot be encrypted now and why, as lines for the user. */
  readonly warnings: readonly string[];
  /**
   * The sealer of a method. One that could not be prepared is tried again, since the user may have fixed the problem.
   *
   * @throws {@link EyamlError} for everything that prevents the method from encrypting.
   */
  readonly sealerFor: (tag: string) => Promise<Sealer>;
}

// Errors about what the user asked for or answered end the edit; others matter only when a value has to be encrypted.
const DECIDES: readonly ErrorCode[] = [
  ...(['USAGE', 'CONFIG_INVALID', 'ABORTED', 'PASSPHRASE_CANCELLED'] as const),
  ...(['RECIPIENTS_ADDED', 'RECIPIENTS_UNSIGNED', 'MEMORY_UNUSABLE'] as const),
];

/**
 * Prepares the sealers for a file, for the methods of its values and of new ones, and reports new readers. If a method cannot
 * encrypt, the rest can still be edited, so that is a warning.
 *
 * @throws {@link EyamlError} if the usage is wrong, or the user does not want to go on.
 */
export async function prepareSealers(
  file: string,
  values: readonly ValueToken[],
  context: Context,
  onNewReaders: OnNewReaders,
): Promise<Sealers> {
  const { encryptors } = context;
  const ready = new Map<string, Sealer>();
  const told = new Map<string, readonly string[]>();
  const warn = (what: string, error: EyamlError) => {
    if (!told.has(error.message)) told.set(error.message, [`${what}: ${error.message}`, ...detailLines(error)]);
  };

  async function prepare(tag: string, again: boolean): Promise<Sealer> {
    const sealer = await requireEncryptor(encryptors, tag).prepare(file, again);
    const readers = newReaders(
      values.filter((value) => value.tag === tag),
      sealer,
    );
    if (readers.length > 0) await onNewReaders(readers, tag);
    ready.set(tag, sealer);
    return sealer;
  }

  const forNew = await orWarning(context.encryptorForNew(file), (error) =>
    warn('warning: no new values can be added', error),
  );
  for (const tag of new Set([...(forNew ? [forNew.tag] : []), ...values.map(({ tag }) => tag)])) {
    const what = tag === forNew?.tag ? 'added or changed' : 'changed';
    if (encryptors.has(tag)) {
      await orWarning(prepare(tag, false), (error) => warn(`warning: ${tag} values cannot be ${what}`, error));
    } else told.set(tag, [`warning: values of the method ${tag} stay as they are: unknown method`]);
  }
  const leftOut: string[] = [];
  const tags = await tagsForNew(file, forNew?.tag, context, (tag, { message }) => {
    if (!told.has(message)) leftOut.push(`warning: no new values of ${tag} can be added: ${message}`);
  });
  return {
    tags,
    leftOut,
    warnings: [...told.values()].flat(),
    sealerFor: async (tag) => ready.get(tag) ?? prepare(tag, true),
  };
}

async function orWarning<T>(work: Promise<T>, warn: (error: EyamlError) => void): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EyamlError) || hasCode(error, ...DECIDES)) throw error;
    warn(error);
    return undefined;
  }
}

async function tagsForNew(
  file: string,
  first: string | undefined,
  { encryptors }: Context,
  onLeftOut: (tag: string, error: EyamlError) => void,
): Promise<readonly string[]> {
  const tags = first === undefined ? [] : [first];
  for (const encryptor of encryptors.values()) {
    const { tag } = encryptor;
    if (tag === first) continue;
    const isNamed = await orWarning(encryptor.isAvailable(file), (error) => onLeftOut(tag, error));
    // If the method of new values is unknown because of an error, the method with the error is the one.
    if (isNamed ?? first === undefined) tags.push(tag);
  }
  return tags;
}
