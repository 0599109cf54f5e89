import type { Methods } from '../context/methods.js';
import { showBuffer } from '../eyaml/buffer.js';
import { renderReadable, type Style } from '../eyaml/readable.js';
import { scan } from '../eyaml/scan.js';
import { createEyamlText } from '../eyaml/text.js';
import { idOf, isValue } from '../eyaml/token.js';
import { openAll, type OnKept } from './open-all.js';

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
  onKept?: OnKept,
): Promise<Buffer> {
  const eyaml = createEyamlText(text, untagged);
  const plaintextOf = await openAll(eyaml, name, encryptors, { onKept });
  const byPayload = new Map(eyaml.values.map((value) => [idOf(value), plaintextOf(value)]));
  return renderReadable(eyaml, (value) => byPayload.get(idOf(value)), style);
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
export async function decryptToMarkers(
  text: string,
  name: string,
  { encryptors, untagged }: Methods,
  onKept?: OnKept,
): Promise<string> {
  const eyaml = createEyamlText(text, untagged);
  return showBuffer(eyaml.tokens, await openAll(eyaml, name, encryptors, { onKept }), 'unnumbered').text;
}
