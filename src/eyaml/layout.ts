import type { Wrapping } from './token.js';

/** The width that hiera-eyaml wraps blocks at, `ENC[TAG,` included. */
export const BLOCK_WIDTH = 60;

// A block scalar header (YAML 1.2, section 8.1.1) at the end of a line: after an indicator, a property or nothing at all. Neither a
// property nor a comment in it may reach into a value or a marker, so that no plaintext can pass for a header.
const BLOCK_HEADER =
  /(?:^|[:?-][ \t]|(?:^|[ \t])[&!][^ \t[\]]*[ \t])[ \t]*([|>])[-+0-9]{0,2}(?:[ \t]+#(?:(?!ENC\[|\]!).)*)?[ \t]*\r?$/;
// Headers are short; a line that is not must not make the search slow.
const HEADER_SEARCH = 500;
const BETWEEN_PIECES = /(?:\s|\\\r?\n|\\[nrt ])+/g;

/** A block scalar that starts with a value or marker. */
export interface Block {
  readonly indent: string;
  /** Set under `|`, which leaves line ends as they are. Puppet does not look for a value that crosses them. */
  readonly keepsLines?: true;
}

/**
 * The block scalar that what starts at `offset` is the first thing in; else undefined. Only the text is looked at, so that a value in a
 * file and its marker in an edit buffer get the same answer.
 */
export function blockAt(text: string, offset: number): Block | undefined {
  let lineStart = offset;
  while (text[lineStart - 1] === ' ' || text[lineStart - 1] === '\t') lineStart -= 1;
  if (text[lineStart - 1] !== '\n') return undefined;
  let end = lineStart - 1;
  while (end > 0) {
    const start = text.lastIndexOf('\n', end - 1) + 1;
    const line = text.slice(Math.max(start, end - HEADER_SEARCH), end);
    if (line.trim() !== '') {
      const header = BLOCK_HEADER.exec(line)?.[1];
      if (header === undefined) return undefined;
      return { indent: text.slice(lineStart, offset), ...(header === '|' && { keepsLines: true }) };
    }
    end = start - 1;
  }
  return undefined;
}

/** The base64 of a raw payload: white space, line continuations and the escapes of double quotes taken out. */
export function joinPayload(rawPayload: string): string {
  return rawPayload.replace(BETWEEN_PIECES, '').replaceAll('\\/', '/');
}

/**
 * How a value's text is broken into pieces, or undefined when it is on one line. The width of further pieces is that of the
 * second one when it is whole. If the second piece is a short last one, the first piece's width counts, unless it shows the
 * old way of wrapping only the base64 at 60. A block that is not wrapped although it is long enough stays on one line.
 */
export function wrappingOf(
  valueText: string,
  prefixLength: number,
  blockIndent: string | undefined,
): Wrapping | undefined {
  const isOneLine = !valueText.includes('\n') && !valueText.includes('\\');
  const spaces = isOneLine ? [] : [...valueText.matchAll(BETWEEN_PIECES)];
  const breaks = spaces.filter(([space]) => /[\n\\]/.test(space));
  const head = breaks[0];
  if (head === undefined) {
    const unwrapped = blockIndent !== undefined && valueText.length > BLOCK_WIDTH;
    return unwrapped ? { separator: '', first: Infinity, rest: Infinity } : undefined;
  }
  const second = head.index + head[0].length;
  const first = head.index;
  const third = breaks[1];
  const base64AloneWrapped = first - prefixLength === BLOCK_WIDTH;
  const rest = third ? third.index - second : base64AloneWrapped ? BLOCK_WIDTH : first;
  return { separator: head[0], first, rest: Math.max(rest, 1) };
}

/** Breaks one line of text into pieces joined by the wrapping's separator. */
export function wrap(oneLine: string, { separator, first, rest }: Wrapping): string {
  const pieces = [oneLine.slice(0, first)];
  for (let at = first; at < oneLine.length; at += rest) pieces.push(oneLine.slice(at, at + rest));
  return pieces.join(separator);
}
