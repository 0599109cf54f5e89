import { scalarSpans, spanAt } from './document.js';
import { isValue, type Token, type ValueToken, type Wrapping } from './token.js';

// How Puppet looks for values in a loaded string (eyaml_lookup_key): a point of its pattern matches no line end. If it finds one, it
// decrypts all that are there.
const SEEN_BY_PUPPET = /ENC\[[^\n]*?\]/;
const ONE_LINE: Wrapping = { separator: '', first: Infinity, rest: Infinity };

/**
 * Marks the values that Puppet passes over, because its YAML loads them with a line end inside: it hands out the ciphertext then.
 * Their layout becomes that of a value on one line, for when they are written anew.
 */
export async function markPassedOver(text: string, tokens: readonly Token[]): Promise<readonly Token[]> {
  if (!tokens.some((token) => isValue(token) && crossesLinesOddly(token))) return tokens;
  const spans = (await scalarSpans(text)) ?? [];
  return tokens.map((token) => {
    if (!isValue(token) || !crossesLinesOddly(token)) return token;
    const span = spanAt(spans, token.offset);
    if (span === undefined || SEEN_BY_PUPPET.test(String(span.value))) return token;
    return { ...token, layout: { ...token.layout, wrapping: ONE_LINE }, isPassedOver: true };
  });
}

// The usual block under ">", whose lines have one indent, is folded into one line: no need to load the whole file for it.
function crossesLinesOddly({ text, layout: { blockIndent, keepsLines } }: ValueToken): boolean {
  if (!/[\n\\]/.test(text)) return false;
  if (blockIndent === undefined || keepsLines) return true;
  const [, ...lines] = text.split('\n');
  return lines.some((line) => !line.startsWith(blockIndent) || /^\s/.test(line.slice(blockIndent.length)));
}
