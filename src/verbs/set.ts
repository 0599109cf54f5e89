import type { Context } from '../context/context.js';
import { requireEncryptor } from '../context/methods.js';
import { hasDrifted, type Encryptor, type Sealer } from '../encryptors/encryptor.js';
import { EyamlError } from '../errors.js';
import { placeOf, writeValue } from '../eyaml/change.js';
import { openEyamlFile } from '../eyaml/file.js';
import type { KeyPath } from '../eyaml/key-path.js';
import type { EyamlText } from '../eyaml/text.js';
import type { ValueToken } from '../eyaml/token.js';
import { checkWritable } from '../files/snapshot.js';
import { changeFile } from './change-file.js';
import { encryptValue } from './encrypt.js';
import { NEW_FILE } from './new-file.js';
import { newReaders, type OnNewReaders } from './new-readers.js';

/** How a value is set. */
export interface SetOptions {
  /** The tag of the method that the user asked for; undefined keeps that of a value that is there. */
  readonly tag: string | undefined;
  /** Whether it is written as a block, unless it has a style already. */
  readonly block: boolean;
  /** Called when everything else is ready: a person may be asked. */
  readonly plaintext: () => Promise<Uint8Array>;
  readonly onNewReaders: OnNewReaders;
}

/** How a value was set. */
export interface SetOutcome {
  readonly kind: 'written' | 'unchanged';
  readonly isNewFile: boolean;
  readonly tag: string;
  /** What names the recipients. */
  readonly source: string;
}

/**
 * Sets one value in a file, which may be new: encrypts it, and changes nothing else. Needs only public keys. A value that is known to have
 * this plaintext, for the right readers, keeps its ciphertext. If the file changes meanwhile, the value is put into what it is then.
 *
 * @throws {@link EyamlError} `YAML_INVALID`, `KEY_NOT_FOUND` for `a.b` where only a key `"a.b"` is there, `KEY_UNUSABLE`, and for
 * everything that prevents encryption. The file is then unchanged.
 */
export async function setValue(
  file: string,
  path: KeyPath,
  { tag, block, plaintext, onNewReaders }: SetOptions,
  context: Context,
): Promise<SetOutcome> {
  const eyaml = await openEyamlFile(file, context.untagged, NEW_FILE);
  await checkWritable(eyaml.snapshot);
  const place = await placeOf(eyaml, file, path);
  const { value } = place;
  const encryptor = await encryptorFor(file, tag ?? value?.tag, context);
  const sealer = await encryptor.prepare(file);
  const others = eyaml.values.filter((other) => other.tag === encryptor.tag && other !== value);
  const readers = newReaders(others, sealer);
  if (readers.length > 0) await onNewReaders(readers, encryptor.tag);
  const wanted = await plaintext();
  const outcome = { isNewFile: eyaml.snapshot.octets === undefined, tag: encryptor.tag, source: sealer.source };
  const isBlock = value?.layout.blockIndent !== undefined;
  const mayStay = value && (isBlock || !block) && !(await eyaml.passedOver()).has(value);
  if (mayStay && (await isSame(value, wanted, { encryptor, sealer, file }))) return { ...outcome, kind: 'unchanged' };
  const payload = await encryptValue(wanted, sealer);
  const written = { tag: encryptor.tag, payload, block };
  const placeIn = (now: EyamlText) => (now === eyaml ? place : placeOf(now, file, path));
  await changeFile(eyaml, async (now) => writeValue(now, await placeIn(now), written), NEW_FILE);
  return { ...outcome, kind: 'written' };
}

async function encryptorFor(file: string, tag: string | undefined, context: Context): Promise<Encryptor> {
  if (tag === undefined || !context.encryptors.has(tag)) return context.encryptorForNew(file);
  return requireEncryptor(context.encryptors, tag);
}

// Only what is known without a question counts: who sets a value need not be able to read it.
async function isSame(
  value: ValueToken,
  wanted: Uint8Array,
  { encryptor, sealer, file }: { encryptor: Encryptor; sealer: Sealer; file: string },
): Promise<boolean> {
  if (value.tag !== encryptor.tag) return false;
  const ciphertext = Buffer.from(value.payload, 'base64');
  try {
    if (hasDrifted(sealer.compare(ciphertext))) return false;
    const plaintext = await encryptor.decryptUnasked?.(ciphertext, file);
    return plaintext !== undefined && Buffer.compare(plaintext, wanted) === 0;
  } catch (error) {
    // What is damaged is replaced.
    if (error instanceof EyamlError) return false;
    throw error;
  }
}
