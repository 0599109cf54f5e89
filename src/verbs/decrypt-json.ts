import { requireEncryptor, type Methods } from '../context/methods.js';
import type { Reader } from '../encryptors/encryptor.js';
import { EyamlError } from '../errors.js';
import { formatKeyPath } from '../eyaml/key-path.js';
import { lineCounter, normalizeText } from '../eyaml/lines.js';
import { createEyamlText } from '../eyaml/text.js';
import type { ValueToken } from '../eyaml/token.js';
import { octetsAsJson } from '../text/octets-json.js';
import { openAll, type OnKept } from './open-all.js';

/** One value of a file, for programs. */
export interface DescribedValue {
  readonly file: string;
  /** Counted from 1, as the column is. */
  readonly line: number;
  readonly column: number;
  /** Where it stands in the YAML; null in a comment, and in text that is not YAML. */
  readonly key: string | null;
  readonly tag: string;
  /** Who can read it, as far as the value says; null for a method that does not. */
  readonly readers: readonly { readonly id: string; readonly fingerprint?: string; readonly userId?: string }[] | null;
  /** Null for a value that cannot be opened. */
  readonly plaintext: string | { readonly base64: string } | null;
}

/**
 * Opens the values of a file, and says of each where it stands and who can read it.
 *
 * @throws as `decryptText`.
 */
export async function describeValues(
  text: string,
  file: string,
  { encryptors, untagged }: Methods,
  onKept?: OnKept,
): Promise<readonly DescribedValue[]> {
  const eyaml = createEyamlText(normalizeText(text).text, untagged);
  const plaintextOf = await openAll(eyaml, file, encryptors, { onKept });
  const { spanAt } = await eyaml.yaml();
  const lineAt = lineCounter(eyaml.text);
  const described: DescribedValue[] = [];
  for (const value of eyaml.values) {
    const plaintext = plaintextOf(value);
    described.push({
      file,
      line: lineAt(value.offset),
      column: value.offset - eyaml.text.lastIndexOf('\n', value.offset - 1),
      key: formatKeyPath(spanAt(value.offset)?.path ?? []) || null,
      tag: value.tag,
      readers: (await readersOf(value, file, encryptors)) ?? null,
      plaintext: plaintext === undefined ? null : octetsAsJson(plaintext),
    });
  }
  return described;
}

async function readersOf({ tag, payload }: ValueToken, file: string, encryptors: Methods['encryptors']) {
  if (!encryptors.has(tag)) return undefined;
  const encryptor = requireEncryptor(encryptors, tag);
  try {
    const ids = await encryptor.readersIn?.(Buffer.from(payload, 'base64'));
    const known = ids && (await encryptor.whoReads(ids, file));
    return ids?.map((id) => ({ id, ...shown(known?.get(id)) }));
  } catch (error) {
    if (error instanceof EyamlError) return undefined;
    throw error;
  }
}

function shown(reader: Reader | undefined) {
  return reader && { fingerprint: reader.fingerprint, userId: reader.userId };
}
