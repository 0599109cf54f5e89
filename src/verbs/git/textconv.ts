import pLimit from 'p-limit';
import type { Encryptors } from '../../encryptors/encryptor.js';
import type { Methods } from '../../context/methods.js';
import { showComparable } from '../../eyaml/comparable.js';
import { normalizeText } from '../../eyaml/lines.js';
import { createEyamlText } from '../../eyaml/text.js';
import { idOf, type ValueToken } from '../../eyaml/token.js';
import { decodeUtf8 } from '../../text/utf8.js';

const AT_ONCE = 16;

/**
 * The octets of a file as `git diff` shows them: values as their plaintexts, as far as they can be opened without a question; see
 * {@link showComparable}. Git starts this once for each version of a file, beside its pager, which reads the keyboard: a question would
 * come again and again, and a passphrase that is typed might reach the pager. What is not UTF-8 stays as it is.
 *
 * @param target - the file, or where it would be: rules for files may name keys.
 */
export async function textconv(
  octets: Uint8Array,
  target: string,
  { encryptors, untagged }: Partial<Methods>,
): Promise<Uint8Array> {
  const content = decodeUtf8(octets);
  if (content === undefined) return octets;
  const { text, restore } = normalizeText(content);
  const { tokens, values } = createEyamlText(text, untagged);
  if (values.length === 0) return octets;
  const plaintexts = await openUnasked(values, target, encryptors ?? new Map());
  return Buffer.from(restore(showComparable(tokens, (value) => plaintexts.get(idOf(value)))));
}

/** The plaintexts of values by {@link idOf}, of those that open without a question. */
async function openUnasked(
  values: readonly ValueToken[],
  target: string,
  encryptors: Encryptors,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const limit = pLimit(AT_ONCE);
  const distinct = new Map(values.map((value) => [idOf(value), value]));
  const open = async ({ tag, payload }: ValueToken) =>
    // Whatever is wrong with one value, the others are shown.
    encryptors
      .get(tag)
      ?.decryptUnasked?.(Buffer.from(payload, 'base64'), target)
      .catch(() => undefined);
  const opened = await Promise.all(
    [...distinct].map(([id, value]) => limit(async () => ({ id, plaintext: await open(value) }))),
  );
  return new Map(opened.flatMap(({ id, plaintext }) => (plaintext === undefined ? [] : [[id, plaintext] as const])));
}
