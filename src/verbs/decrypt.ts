import pLimit from 'p-limit';
import { requireEncryptor, type Methods } from '../context/context.js';
import type { Encryptors, ReaderId } from '../encryptors/encryptor.js';
import { asEyamlError, EyamlError, type Problem } from '../errors.js';
import { showBuffer } from '../eyaml/buffer.js';
import { renderReadable, type Style } from '../eyaml/readable.js';
import { scan } from '../eyaml/scan.js';
import { isAboutOneValue } from './about-one-value.js';
import { createEyamlText, type EyamlText } from '../eyaml/text.js';
import { isValue, type SuspectToken, type ValueToken } from '../eyaml/token.js';

/** The result of opening one value; in a review, also which of the user's own key IDs in it the user's keys do not open. */
export type Opened = ({ readonly plaintext: Uint8Array } | { readonly error: EyamlError }) & {
  readonly mislabelled?: readonly ReaderId[];
};

// Enough to keep the agent busy while other values are unpacked; each waiting value costs memory.
const AT_ONCE = 16;

/**
 * Opens values of a file, `target`, and remembers them: each distinct ciphertext is opened once. Rejects only if the user interrupts
 * a question.
 */
export type Opener = (value: ValueToken, target?: string) => Promise<Opened>;

/**
 * Makes an {@link Opener} that works on some values at once.
 *
 * @param reviews - whether it also finds the user's own key IDs that hide another reader.
 */
export function createOpener(encryptors: Encryptors, reviews = false): Opener {
  const limit = pLimit(AT_ONCE);
  const distinct = new Map<string, Promise<Opened>>();
  return (value, target) => {
    const id = idOf(value);
    const result = distinct.get(id) ?? limit(() => open(value, encryptors, reviews, target));
    distinct.set(id, result);
    return result;
  };
}

/** Opens values. One that cannot be opened does not stop the others. */
export async function openValues(
  values: readonly ValueToken[],
  opener: Opener,
  target?: string,
): Promise<ReadonlyMap<ValueToken, Opened>> {
  return new Map(await Promise.all(values.map(async (value) => [value, await opener(value, target)] as const)));
}

function idOf({ tag, payload }: Pick<ValueToken, 'tag' | 'payload'>): string {
  return `${tag},${payload}`;
}

async function open(
  { tag, payload }: ValueToken,
  encryptors: Encryptors,
  reviews: boolean,
  target?: string,
): Promise<Opened> {
  const mislabelled: ReaderId[] = [];
  const onMislabelled = reviews ? (id: ReaderId) => void mislabelled.push(id) : undefined;
  try {
    const octets = Buffer.from(payload, 'base64');
    return { plaintext: await requireEncryptor(encryptors, tag).decrypt(octets, onMislabelled, target), mislabelled };
  } catch (error) {
    return { error: asEyamlError(error), mislabelled };
  }
}

/**
 * Replaces each value of a text by its plaintext: byte for byte, or as YAML that loads to what Puppet sees.
 *
 * @param name - the file's name, for messages.
 * @throws {@link EyamlError} `VALUE_UNREADABLE` that names every value that cannot be decrypted.
 */
export async function decryptText(
  text: string,
  name: string,
  { encryptors, untagged }: Methods,
  style: Style = 'yaml',
): Promise<Buffer> {
  const eyaml = createEyamlText(text, untagged);
  const plaintextOf = await openAll(eyaml, name, encryptors);
  const byPayload = new Map(eyaml.values.map((value) => [idOf(value), plaintextOf(value)]));
  return renderReadable(eyaml, (value) => byPayload.get(idOf(value)) ?? new Uint8Array(), style);
}

// The header of a block scalar, its key left out.
const BARE_HEADER = /^\s*[|>][-+0-9]{0,2}[ \t]*\r?\n\s*$/;

/**
 * The part of a pasted text to decrypt: if the text is just one block, with or without the header above it, the value; else the whole
 * text.
 */
export function pastedText(text: string): string {
  const [value, ...others] = scan(text).filter(isValue);
  if (value === undefined || others.length > 0) return text;
  const before = text.slice(0, value.offset);
  const after = text.slice(value.offset + value.text.length);
  const hasHeader = BARE_HEADER.test(before);
  const isLoneBlock = before.trim() === '' && value.text.includes('\n');
  return after.trim() === '' && (hasHeader || isLoneBlock) ? value.text : text;
}

/**
 * Shows the values of a file as unnumbered markers, `DEC::TAG[…]!`, for `encrypt -e` to turn back.
 *
 * @throws as {@link decryptText}.
 */
export async function decryptToMarkers(text: string, name: string, { encryptors, untagged }: Methods): Promise<string> {
  const eyaml = createEyamlText(text, untagged);
  return showBuffer(eyaml.tokens, await openAll(eyaml, name, encryptors), 'unnumbered').text;
}

/**
 * Opens the values of a text, all or those that are wanted.
 *
 * @throws as {@link decryptText}.
 */
export async function openAll(
  eyaml: EyamlText,
  name: string,
  encryptors: Encryptors,
  isWanted: (token: ValueToken | SuspectToken) => boolean = () => true,
): Promise<(value: ValueToken) => Uint8Array> {
  const values = eyaml.values.filter(isWanted);
  const opened = await openValues(values, createOpener(encryptors), name);
  const unopened = values.filter((value) => !plaintextOf(opened, value));
  const failed = [...unopened, ...(await eyaml.suspects()).filter((suspect) => isWanted(suspect))];
  if (failed.length > 0) throw await unreadable(eyaml, failed, name, opened);
  return (value: ValueToken): Uint8Array => plaintextOf(opened, value) ?? new Uint8Array();
}

/** The plaintext of an opened value, or undefined when it could not be opened. */
export function plaintextOf(opened: ReadonlyMap<ValueToken, Opened>, value: ValueToken): Uint8Array | undefined {
  const result = opened.get(value);
  return result && 'plaintext' in result ? result.plaintext : undefined;
}

async function unreadable(
  eyaml: EyamlText,
  failed: readonly (ValueToken | SuspectToken)[],
  name: string,
  opened: ReadonlyMap<ValueToken, Opened>,
): Promise<EyamlError> {
  const errors = [...opened.values()].flatMap((result) => ('error' in result ? [result.error] : []));
  const common = errors.find((error) => !isAboutOneValue(error));
  if (common) return common;
  const problems = await problemsOf(eyaml, failed, name, opened);
  const count = failed.length === 1 ? 'a value' : `${failed.length} values`;
  const suggestions = new Set(errors.flatMap((error) => error.suggestions));
  return new EyamlError('VALUE_UNREADABLE', `cannot decrypt ${count} of ${name}`, {
    problems,
    suggestions: [...suggestions],
  });
}

/** The problems of values that could not be opened, or are not valid, each with its place. */
export async function problemsOf(
  { yaml }: EyamlText,
  failed: readonly (ValueToken | SuspectToken)[],
  name: string,
  opened: ReadonlyMap<ValueToken, Opened>,
): Promise<readonly Problem[]> {
  if (failed.length === 0) return [];
  const { keyPathAt } = await yaml();
  return failed.map((token) => {
    const result = token.kind === 'value' ? opened.get(token) : undefined;
    const message =
      token.kind === 'suspect'
        ? `this looks like an encrypted value, but ${token.reason}`
        : result && 'error' in result
          ? result.error.message
          : '';
    return { place: { file: name, line: token.line }, keyPath: keyPathAt(token.offset), message };
  });
}
