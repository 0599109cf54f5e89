import { scalarSpans, spanAt, type ScalarSpan } from './document.js';
import { renderValue } from './render.js';
import { scan } from './scan.js';
import { isValue, type Token, type ValueToken, type Wrapping } from './token.js';

// What Puppet's hiera_backend_parser decrypts: the only white space that a payload may have is blanks and line feeds.
const PUPPET_VALUE = /ENC\[(?:\w+,)?([A-Za-z0-9+/ =\n]+?)\]/g;
// White space other than blanks, and escapes: what they become is known only when the YAML is loaded.
const MAY_BE_PASSED_OVER = /[^\S ]|\\/;
const ONE_LINE: Wrapping = { separator: '', first: Infinity, rest: Infinity };

// Ruby loads !!binary to a string like any other.
function loadedText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
}

// Without their white space. Puppet looks for a value within one line (eyaml_lookup_key); if it finds one, it decrypts all values of
// the scalar.
function payloadsSeenByPuppet(loaded: string): ReadonlySet<string> {
  const hasOneWithinALine = loaded.split('\n').some((line) => {
    const start = line.indexOf('ENC[');
    return start !== -1 && line.includes(']', start);
  });
  if (!hasOneWithinALine) return new Set();
  return new Set(Array.from(loaded.matchAll(PUPPET_VALUE), ([, payload = '']) => payload.replace(/[ \n]/g, '')));
}

/** The payloads that Puppet would decrypt in a scalar. */
export type SeenIn = (span: ScalarSpan) => ReadonlySet<string>;

/** Makes a {@link SeenIn} that looks at each scalar once. */
export function createSeenIn(): SeenIn {
  const known = new Map<ScalarSpan, ReadonlySet<string>>();
  return (span) => {
    const seen = known.get(span) ?? payloadsSeenByPuppet(loadedText(span.value));
    known.set(span, seen);
    return seen;
  };
}

/**
 * Marks the values that Puppet passes over: its YAML loads them with a line end or a tab inside, and it hands out the ciphertext.
 * Their layout becomes one line, which is used when they are written again.
 */
export async function markPassedOver(text: string, tokens: readonly Token[]): Promise<readonly Token[]> {
  if (!tokens.some(mayBePassedOver)) return tokens;
  const spans = (await scalarSpans(text)) ?? [];
  const seenIn = createSeenIn();
  return tokens.map((token) => {
    if (!mayBePassedOver(token)) return token;
    const span = spanAt(spans, token.offset);
    if (span === undefined || span.isKey || seenIn(span).has(token.payload)) return token;
    return { ...token, layout: { ...token.layout, wrapping: ONE_LINE }, isPassedOver: true };
  });
}

/**
 * Puts values on one line that Puppet would pass over where they stand: whether a block keeps its line ends depends on its
 * header and on the YAML around it.
 *
 * @param texts - joined they are the text of a file.
 * @param isWrittenAnew - whether the text of this index is a value that is not to keep its bytes.
 */
export async function keepInSight(
  texts: readonly string[],
  isWrittenAnew: (index: number) => boolean,
): Promise<readonly string[]> {
  const text = texts.join('');
  const hidden = new Map<number, ValueToken>();
  for (const token of await markPassedOver(text, scan(text)))
    if (isValue(token) && token.isPassedOver) hidden.set(token.offset, token);
  if (hidden.size === 0) return texts;
  let end = 0;
  return texts.map((piece, i) => {
    const value = hidden.get(end);
    end += piece.length;
    return value && isWrittenAnew(i) ? renderValue(value.tag, value.payload, value.layout) : piece;
  });
}

function mayBePassedOver(token: Token): token is ValueToken {
  return isValue(token) && MAY_BE_PASSED_OVER.test(token.text);
}
