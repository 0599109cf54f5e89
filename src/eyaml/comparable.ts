import { createHash } from 'node:crypto';
import { printableLines } from '../text/printable.js';
import { decodeUtf8 } from '../text/utf8.js';
import type { OpenedPlaintextOf } from './buffer.js';
import { escapeClosing, indentLines } from './plaintext.js';
import type { Token, ValueToken } from './token.js';

const BASE64_WIDTH = 76;
const DIGEST_DIGITS = 12;

/**
 * Shows a file's values so that two versions of it can be compared by lines: as markers, `DEC::GPG[…]!`, of which each line of a plaintext
 * is a line, at the indent of its place. A value that was only encrypted again, or is wrapped differently, is shown as before. Nothing in a
 * plaintext reaches a terminal that could act on it. What is not text is base64. The result is for people: it is not read back.
 */
export function showComparable(tokens: readonly Token[], plaintextOf: OpenedPlaintextOf): string {
  let line = '';
  const show = (token: Token) => {
    const indent = `${/^[ \t]*/.exec(line)?.[0] ?? ''}  `;
    const start = token.text.lastIndexOf('\n') + 1;
    line = start === 0 ? line + token.text : token.text.slice(start);
    if (token.kind !== 'value') return token.text;
    const plaintext = plaintextOf(token);
    return plaintext === undefined ? placeholder(token) : marker(token, plaintext, token.layout.blockIndent ?? indent);
  };
  return tokens.map(show).join('');
}

/**
 * What stands for a value that cannot be opened: `ENC[GPG,sha256:1a2b3c4d5e6f]`, with the start of the digest of its octets. The colon
 * keeps it from being a value; pasted into a file, it is text that `check` reports.
 */
function placeholder({ tag, payload }: ValueToken): string {
  const digest = createHash('sha256').update(Buffer.from(payload, 'base64')).digest('hex');
  return `ENC[${tag},sha256:${digest.slice(0, DIGEST_DIGITS)}]`;
}

function marker({ tag }: ValueToken, plaintext: Uint8Array, indent: string): string {
  const text = decodeUtf8(plaintext);
  const shown = text === undefined ? base64Of(plaintext) : escapeClosing(printableLines(text));
  return `DEC::${tag}${text === undefined ? ':base64' : ''}[${indentLines(shown, indent)}]!`;
}

function base64Of(octets: Uint8Array): string {
  const base64 = Buffer.from(octets).toString('base64');
  return base64.replace(new RegExp(`.{${BASE64_WIDTH}}(?=.)`, 'g'), '$&\n');
}
