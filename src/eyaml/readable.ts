import { decodeUtf8 } from '../utf8.js';
import { loadAsPuppet, scalarSpans, spanAt, type ScalarSpan } from './document.js';
import { scan } from './scan.js';
import { isValue, type Token, type ValueToken } from './token.js';

/** Gives the plaintext of a value; a value of the same tag and payload elsewhere has the same one. */
export type PlaintextOf = (value: Pick<ValueToken, 'tag' | 'payload'>) => Uint8Array;

/**
 * Replaces the values of a text by their plaintexts. In a YAML mapping or list the result loads to the strings that Puppet would
 * see: a scalar that would be read otherwise is written anew, as a `|` block if it has several lines, else in quotes. Any other
 * text, a bare value or a template, has its values replaced byte for byte.
 */
export async function renderReadable(
  text: string,
  tokens: readonly Token[],
  plaintextOf: PlaintextOf,
): Promise<Buffer> {
  const spans = ((await scalarSpans(text)) ?? []).filter(({ path }) => path !== '');
  const parts: Buffer[] = [];
  let at = 0;
  let done = 0;
  const copyTo = (offset: number) => {
    if (offset > done) parts.push(Buffer.from(text.slice(done, offset)));
    done = Math.max(done, offset);
  };
  for (const token of tokens) {
    if (isValue(token) && token.offset >= done) {
      const span = spanAt(spans, token.offset);
      const start = span?.start ?? token.offset;
      const end = span?.end ?? token.offset + token.text.length;
      copyTo(start);
      parts.push(span ? await renderScalar(text, span, plaintextOf) : outsideScalars(spans, plaintextOf(token)));
      done = end;
    }
    at += token.text.length;
  }
  copyTo(at);
  return Buffer.concat(parts);
}

// In a YAML text this is a comment, which must stay on its line.
function outsideScalars(spans: readonly ScalarSpan[], plaintext: Uint8Array): Buffer {
  if (spans.length === 0) return Buffer.from(plaintext);
  const text = decodeUtf8(plaintext);
  if (text === undefined) return Buffer.from(Buffer.from(plaintext).toString('base64'));
  return Buffer.from(text.includes('\n') || NEEDS_ESCAPE.test(text) ? quoted(text) : text);
}

async function renderScalar(text: string, span: ScalarSpan, plaintextOf: PlaintextOf): Promise<Buffer> {
  const source = text.slice(span.start, span.end);
  const isBlock = /^[|>]/.test(source);
  // A scalar in a block ends with its line, and with the blank lines below; any other with its last character.
  const end = isBlock ? lineEndsAtEnd(source) : '';
  const wanted = chomp(replaceAll(String(span.value), plaintextOf));
  const string = decodeUtf8(wanted);
  if (string === undefined) return Buffer.from(`!!binary ${wanted.toString('base64')}${end}`);
  if (NEEDS_ESCAPE.test(string)) return Buffer.from(quoted(string) + end);
  const asItStands = isBlock ? string : replaceAll(source, plaintextOf).toString();
  if (!NEEDS_ESCAPE.test(asItStands) && (await loadsAs(asItStands, string, span.inline)))
    return Buffer.from(asItStands + end);
  const restOfLine = isBlock ? '' : /[^\r\n]*/.exec(text.slice(span.end))?.[0];
  const fitsBlock = string.includes('\n') && !/^\n*$|\n\n$/.test(string) && !span.inline && restOfLine === '';
  return Buffer.from(
    (fitsBlock ? block(string, span.column, text.includes('\r\n') ? '\r\n' : '\n', source) : quoted(string)) + end,
  );
}

function lineEndsAtEnd(source: string): string {
  let start = source.length;
  while (source[start - 1] === '\n') start -= source[start - 2] === '\r' ? 2 : 1;
  return source.slice(start);
}

// As Ruby does, and so Puppet: one line end at the end, of whatever kind.
function chomp(octets: Buffer): Buffer {
  return octets.subarray(0, octets.length - (/(?:\r\n|\n|\r)$/.exec(octets.toString('latin1'))?.[0].length ?? 0));
}

function replaceAll(text: string, plaintextOf: PlaintextOf): Buffer {
  return Buffer.concat(
    scan(text).map((token) => (isValue(token) ? Buffer.from(plaintextOf(token)) : Buffer.from(token.text))),
  );
}

// What Ruby's YAML takes for a number, a symbol or a switch, whatever the specification says.
const RUBY_ODDITY =
  /^(?::|[-+]?[0-9][0-9,_]*(?:\.[0-9,_]*)?$|(?:yes|no|on|off|y|n|true|false|null|~|[-+]?\.inf|\.nan)$)/i;

async function loadsAs(source: string, string: string, inline: boolean): Promise<boolean> {
  if (source === string && RUBY_ODDITY.test(string)) return false;
  const loaded = await loadAsPuppet(inline ? `- [${source}, 0]` : `- ${source}\n- 0`);
  return JSON.stringify(loaded) === JSON.stringify(inline ? [[string, 0]] : [string, 0]);
}

// Characters that YAML does not allow outside double quotes (YAML 1.2, section 5.1), or that would not come back the same.
const NEEDS_ESCAPE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;

function quoted(string: string): string {
  const escape = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(string).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, escape);
}

function block(string: string, column: number, eol: string, source: string): string {
  const indent = ' '.repeat(column + 2);
  const indicator = /^\n*[ \t]/.test(string) ? '2' : '';
  const chomping = string.endsWith('\n') ? '' : '-';
  const comment = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)/.exec(source)?.[1] ?? '';
  const lines = string.replace(/\n$/, '').split('\n');
  return [`|${indicator}${chomping}${comment}`, ...lines.map((line) => (line === '' ? '' : indent + line))].join(eol);
}
