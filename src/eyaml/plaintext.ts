import { decodeUtf8 } from '../text/utf8.js';
import { looksLikeMarker } from './stray-markers.js';

// Characters that an editor, a terminal or a change of line ends would spoil: controls except tab and line feed, the Unicode line and
// paragraph separators, and the byte order mark.
const SPOILABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;

/** The plaintext as text that survives an editor, or undefined when only base64 does. */
export function editableText(plaintext: Uint8Array): string | undefined {
  const text = decodeUtf8(plaintext);
  return text === undefined || SPOILABLE.test(text) || looksLikeMarker(text) ? undefined : text;
}

/** Hides each `]!` in a text with a backslash, and adds one to each that is there: `]\!` for `]!`, `]\\!` for `]\!`. */
export function escapeClosing(text: string): string {
  return text.replace(/\](\\*)!/g, String.raw`]\$1!`);
}

/** Undoes {@link escapeClosing}. */
export function unescapeClosing(text: string): string {
  return text.replace(/\]\\(\\*)!/g, ']$1!');
}

/** Puts the indent before every continuation line except empty ones; the last line, which holds `]!`, always gets it. */
export function indentLines(text: string, indent: string): string {
  const lines = text.split('\n');
  return lines.map((line, i) => (i > 0 && (line !== '' || i === lines.length - 1) ? indent + line : line)).join('\n');
}

/** Whether only some continuation lines have the indent: then it is unclear what belongs to the text. */
export function isMixedIndent(text: string, indent: string): boolean {
  const lines = text
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '');
  const indented = lines.filter((line) => line.startsWith(indent)).length;
  return indented > 0 && indented < lines.length;
}

/**
 * Undoes {@link indentLines}: takes the indent off every continuation line if each that is not blank has it, else leaves the
 * text as it is.
 */
export function unindentLines(text: string, indent: string): string {
  const lines = text.split('\n');
  const indented = lines.slice(1).every((line) => line.startsWith(indent) || line.trim() === '');
  if (!indented) return text;
  return lines.map((line, i) => (i > 0 && line.startsWith(indent) ? line.slice(indent.length) : line)).join('\n');
}
