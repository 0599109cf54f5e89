import { readBuffer, renderNewValue, showBuffer, type EditBuffer, type ReadBuffer } from '../../src/eyaml/buffer.js';
import { scan } from '../../src/eyaml/scan.js';
import { isValue, type ValueToken } from '../../src/eyaml/token.js';

export const KNOWN_TAGS = ['GPG', 'PKCS7'] as const;

/** Base64 that stands for a ciphertext: no two numbers give the same, and it starts as EnvelopedData in DER does. */
export function fakePayload(number: number, length = 120): string {
  const octets = Buffer.alloc(Math.max(length, 8), `ciphertext ${number} `);
  octets.set([0x30, 0x82]);
  octets.writeUInt32BE(number, 2);
  return octets.toString('base64');
}

/** A value on one line. */
export function oneLine(payload: string, tag = 'GPG'): string {
  return `ENC[${tag},${payload}]`;
}

/** A value cut every `width` characters, the `ENC[GPG,` included. */
export function wrapped(payload: string, separator: string, width = 60): string {
  return (oneLine(payload).match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(separator);
}

/** A value as old releases wrapped it: the base64 alone every 60 characters, `ENC[GPG,` and the bracket extra. */
export function wrappedAlone(payload: string, separator: string): string {
  return `ENC[GPG,${(payload.match(/.{1,60}/g) ?? []).join(separator)}]`;
}

const INDENT = '\n    ';

/** Each style that a value can stand in: makes YAML lines for a payload, under a key of their own. */
export const STYLES: Readonly<Record<string, (payload: string, key: string) => string>> = {
  'on one line': (payload, key) => `${key}: ${oneLine(payload)}\n`,
  'with a tag in lower case': (payload, key) => `${key}: ${oneLine(payload, 'gpg')}\n`,
  'with a PKCS7 tag': (payload, key) => `${key}: ${oneLine(payload, 'PKCS7')}\n`,
  'without a tag': (payload, key) => `${key}: ENC[${payload}]\n`,
  'in single quotes': (payload, key) => `${key}: '${oneLine(payload)}'\n`,
  'in a block under >': (payload, key) => `${key}: >${INDENT}${wrapped(payload, INDENT)}\n`,
  'in a block under >-': (payload, key) => `${key}: >-${INDENT}${wrapped(payload, INDENT)}\n`,
  'in a block under |': (payload, key) => `${key}: |${INDENT}${oneLine(payload)}\n`,
  'in a block under |-': (payload, key) => `${key}: |-${INDENT}${oneLine(payload)}\n`,
  'in a block under >2': (payload, key) => `${key}: >2\n  ${wrapped(payload, '\n  ')}\n`,
  'in a block under a header with a comment': (payload, key) =>
    `${key}: > # [a] note${INDENT}${wrapped(payload, INDENT)}\n`,
  'in a block under a header with an anchor': (payload, key) =>
    `${key}: &${key} >${INDENT}${wrapped(payload, INDENT)}\n`,
  'in a block in a list': (payload, key) => `${key}:\n  - >${INDENT}${wrapped(payload, INDENT)}\n`,
  'in a block below a blank line': (payload, key) => `${key}: >\n${INDENT}${wrapped(payload, INDENT)}\n`,
  'in a block of 76 columns': (payload, key) => `${key}: >${INDENT}${wrapped(payload, INDENT, 76)}\n`,
  'in a block that old releases wrapped': (payload, key) => `${key}: >${INDENT}${wrappedAlone(payload, INDENT)}\n`,
  'in a block without wrapping': (payload, key) => `${key}: >${INDENT}${oneLine(payload)}\n`,
  'folded without quotes': (payload, key) => `${key}: ${wrapped(payload, INDENT)}\n`,
  'folded in single quotes': (payload, key) => `${key}: '${wrapped(payload, INDENT)}'\n`,
  'folded in double quotes': (payload, key) => `${key}: "${wrapped(payload, INDENT, 76)}"\n`,
  'in double quotes with continuations': (payload, key) => `${key}: "${wrapped(payload, `\\${INDENT}`, 76)}"\n`,
  'in double quotes with escapes': (payload, key) => `${key}: "${wrapped(payload, String.raw`\n`)}"\n`,
  'in flow collections': (payload, key) => `${key}: [{ a: ${oneLine(payload)}, b: 1 }, 2]\n`,
  'in a URL': (payload, key) => `${key}: postgres://db:${oneLine(payload)}@host/name\n`,
  'beside text in a block': (payload, key) => `${key}: |${INDENT}password=${wrapped(payload, INDENT)};\n`,
  'in a table in a block': (payload, key) =>
    `${key}: |${INDENT}| ${oneLine(payload)} |${INDENT}${oneLine(payload)} |\n`,
  'twice in a scalar': (payload, key) => `${key}: ${oneLine(payload)}:${oneLine(payload, 'PKCS7')}\n`,
  'in a comment': (payload, key) => `${key}: 1 # ${oneLine(payload)}\n`,
  'in the comment of a block header': (payload, key) => `${key}: > # ${oneLine(payload)}${INDENT}${oneLine(payload)}\n`,
  'in a key': (payload, key) => `${oneLine(payload)}_${key}: >${INDENT}text\n`,
};

/** The values of a text. */
export function valuesOf(text: string): readonly ValueToken[] {
  return scan(text).filter(isValue);
}

/** The one value of a text. */
export function onlyValue(text: string): ValueToken {
  const [value, ...others] = valuesOf(text);
  if (value === undefined || others.length > 0) throw new Error(`not one value but ${others.length + 1}`);
  return value;
}

/** Shows a text as an edit would, the plaintext of the n-th value being the n-th of those given, if any. */
export function show(
  text: string,
  plaintexts: readonly (Uint8Array | string | undefined)[],
  style: 'numbered' | 'unnumbered' = 'numbered',
): EditBuffer {
  const tokens = scan(text);
  const values = new Map(tokens.filter(isValue).map((value, i) => [value, plaintexts[i]]));
  const plaintextOf = (value: ValueToken) => {
    const plaintext = values.get(value);
    return typeof plaintext === 'string' ? Buffer.from(plaintext) : plaintext;
  };
  return showBuffer(tokens, plaintextOf, style);
}

/** Reads a buffer back, whose text was shown as it is unless said otherwise. */
export function read(text: string, entries: EditBuffer['entries'] = new Map(), shown = text): ReadBuffer {
  return readBuffer(text, { text: shown, entries }, KNOWN_TAGS);
}

/** The text that a buffer stands for, when each new value is encrypted to `payload`. */
export function fill({ pieces }: ReadBuffer, payload: string): string {
  return pieces.map((piece) => (piece.kind === 'text' ? piece.text : renderNewValue(piece, payload))).join('');
}
