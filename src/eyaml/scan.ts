import { blockAt, joinPayload, wrappingOf } from './layout.js';
import { lineCounter } from './lines.js';
import type { Token } from './token.js';

const OPENING = 'ENC[';
const TAG = /(\w+),/y;
const ON_ONE_LINE = /[A-Za-z0-9+/=]*/y;
// The backslash is for the escapes that YAML's double quotes allow inside a payload.
const RAW_PAYLOAD = /[A-Za-z0-9+/=\s\\]*/y;

/** Tells the tag of a value that has none from its octets; undefined for what is ordinary text. */
export type UntaggedTag = (octets: Buffer) => string | undefined;

/** A value without a tag is PKCS7: EnvelopedData is a DER SEQUENCE with a long-form length. Anything else is ordinary text. */
export const pkcs7ByForm: UntaggedTag = ([tag, length = 0]) => (tag === 0x30 && length >= 0x80 ? 'PKCS7' : undefined);

/**
 * Splits text into encrypted values and the text around them; the tokens' texts joined are the text again. Runs in time linear in
 * the text. Every style that Puppet would decrypt is seen: one line, block scalars of every kind, quotes folded over lines, flow
 * collections, several in one scalar, comments, keys, either line end. Text that names a tag but cannot be a value is a suspect.
 *
 * @param untagged - which method a value without a tag has.
 */
export function scan(text: string, untagged = pkcs7ByForm): readonly Token[] {
  const tokens: Token[] = [];
  let done = 0;
  const lineAt = lineCounter(text);
  for (let at = text.indexOf(OPENING); at !== -1; at = text.indexOf(OPENING, at)) {
    const found = readValue(text, at, untagged);
    if (found === undefined) {
      at += OPENING.length;
      continue;
    }
    if (at > done) tokens.push({ kind: 'text', text: text.slice(done, at) });
    tokens.push({ ...found, offset: at, line: lineAt(at) });
    done = at += found.text.length;
  }
  if (done < text.length) tokens.push({ kind: 'text', text: text.slice(done) });
  return tokens;
}

function readValue(text: string, offset: number, untagged: UntaggedTag) {
  const tag = matchAt(TAG, text, offset + OPENING.length);
  const payloadStart = offset + OPENING.length + tag.length;
  // Most values are on one line, and need no search for line ends.
  const oneLine = matchAt(ON_ONE_LINE, text, payloadStart);
  const isOneLine = text[payloadStart + oneLine.length] === ']';
  const rawPayload = isOneLine ? oneLine : matchAt(RAW_PAYLOAD, text, payloadStart);
  const payloadEnd = payloadStart + rawPayload.length;
  const suspect = (end: number, reason: string) =>
    tag === '' ? undefined : ({ kind: 'suspect', text: text.slice(offset, end), reason } as const);

  if (text[payloadEnd] !== ']') return suspect(payloadStart, 'it has no closing bracket, or is not base64');
  const payload = isOneLine ? rawPayload : joinPayload(rawPayload);
  if (!isBase64(payload)) {
    return suspect(payloadEnd + 1, 'its base64 is damaged or cut short');
  }
  const method = tag === '' ? untagged(Buffer.from(payload, 'base64')) : tag.slice(0, -1).toUpperCase();
  if (method === undefined) return undefined;
  const valueText = text.slice(offset, payloadEnd + 1);
  const block = blockAt(text, offset);
  return {
    kind: 'value',
    text: valueText,
    tag: method,
    payload,
    layout: {
      blockIndent: block?.indent,
      wrapping: wrappingOf(valueText, payloadStart - offset, block?.indent),
      ...(block?.keepsLines && { keepsLines: true as const }),
    },
  } as const;
}

// Of the characters that a payload may have, only these two can be wrong. A regular expression over every character would be slower.
function isBase64(payload: string): boolean {
  const end = payload.indexOf('=');
  const [digits, padding] = end === -1 ? [payload, ''] : [payload.slice(0, end), payload.slice(end)];
  return digits !== '' && digits.length % 4 !== 1 && ['', '=', '=='].includes(padding) && !digits.includes('\\');
}

function matchAt(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? '';
}
