import { decodeUtf8 } from '../text/utf8.js';
import { loadAsPuppet, type ScalarSpan } from './document.js';
import { scan } from './scan.js';
import type { EyamlText } from './text.js';
import { isValue, type Token, type ValueToken } from './token.js';

/**
 * Gives the plaintext of a value; a value of the same tag and payload elsewhere has the same one. Undefined for a value that stays as it
 * is.
 */
export type PlaintextOf = (value: Pick<ValueToken, 'tag' | 'payload'>) => Uint8Array | undefined;

/**
 * How values are replaced. `yaml`: in a mapping or list the result loads to the strings that Puppet would see; a scalar that would
 * load to something else is rewritten, as a `|` block if it has several lines, else in quotes. `octets`: nothing is added to a
 * plaintext, except that a scalar that is one value of several lines becomes a `|` block, as in Ruby eyaml.
 */
export type Style = 'yaml' | 'octets';

/**
 * Replaces the values of a text by their plaintexts. In text that is not a YAML mapping or list (a bare value or a template) they
 * are replaced byte for byte in either style.
 */
export async function renderReadable(eyaml: EyamlText, plaintextOf: PlaintextOf, style: Style): Promise<Buffer> {
  const { text, tokens, values, untagged } = eyaml;
  const replace = (part: string) => replaceAll(scan(part, untagged), plaintextOf);
  // No mapping or list has nothing but values in it.
  if (tokens.every((token) => isValue(token) || token.text.trim() === '')) return replaceAll(tokens, plaintextOf);
  const render = style === 'yaml' ? renderScalar : renderOctets;
  const { spans, spanAt } = await eyaml.yaml();
  const isCollection = spans.some(({ path }) => path.length > 0);
  const parts: Buffer[] = [];
  let done = 0;
  const copyTo = (offset: number) => {
    if (offset > done) parts.push(Buffer.from(text.slice(done, offset)));
    done = Math.max(done, offset);
  };
  for (const token of values) {
    if (token.offset < done) continue;
    const span = spanAt(token.offset);
    const plaintext = plaintextOf(token);
    if (plaintext === undefined) continue;
    if (span && span.path.length > 0) {
      copyTo(span.start);
      parts.push(await render(text, span, replace));
      done = span.end;
    } else {
      copyTo(token.offset);
      parts.push(style === 'yaml' && isCollection ? inComment(plaintext) : Buffer.from(plaintext));
      done = token.offset + token.text.length;
    }
  }
  copyTo(text.length);
  return Buffer.concat(parts);
}

// It must stay on its line.
function inComment(plaintext: Uint8Array): Buffer {
  const text = decodeUtf8(plaintext);
  if (text === undefined) return Buffer.from(Buffer.from(plaintext).toString('base64'));
  return Buffer.from(text.includes('\n') || NEEDS_ESCAPE.test(text) ? quoted(text) : text);
}

type Replace = (part: string) => Buffer;

async function renderScalar(text: string, span: ScalarSpan, replace: Replace): Promise<Buffer> {
  const source = text.slice(span.start, span.end);
  const isBlock = /^[|>]/.test(source);
  // A scalar in a block ends with its line, and with the blank lines below; any other with its last character.
  const end = isBlock ? lineEndsAtEnd(source) : '';
  const wanted = chomp(replace(String(span.value)));
  const string = decodeUtf8(wanted);
  if (string === undefined) return Buffer.from(`!!binary ${wanted.toString('base64')}${end}`);
  if (NEEDS_ESCAPE.test(string)) return Buffer.from(quoted(string) + end);
  const asItStands = isBlock ? string : replace(source).toString();
  if (!NEEDS_ESCAPE.test(asItStands) && (await loadsAs(asItStands, string, span.inline)))
    return Buffer.from(asItStands + end);
  return Buffer.from((blockAt(text, span, string) ?? quoted(string)) + end);
}

// A value that is the whole scalar, perhaps under a block scalar header.
const VALUE_ALONE = /^(?:[|>][^\n]*\n\s*)?ENC\[[^\]]*\](\s*)$/;

// Bytes for scripts, which cut them from the line.
function renderOctets(text: string, span: ScalarSpan, replace: Replace): Buffer {
  const source = text.slice(span.start, span.end);
  if (!VALUE_ALONE.test(source)) return replace(source);
  const plaintext = replace(String(span.value).trimEnd());
  const string = decodeUtf8(plaintext);
  const isBlock = /^[|>]/.test(source);
  const end = isBlock ? lineEndsAtEnd(source) : '';
  const block = string === undefined || NEEDS_ESCAPE.test(string) ? undefined : blockAt(text, span, string);
  return Buffer.concat([block === undefined ? plaintext : Buffer.from(block), Buffer.from(end)]);
}

// Undefined where a block is not allowed, or would not load to the string.
function blockAt(text: string, span: ScalarSpan, string: string): string | undefined {
  const source = text.slice(span.start, span.end);
  const restOfLine = /^[|>]/.test(source) ? '' : /[^\r\n]*/.exec(text.slice(span.end))?.[0];
  const fits = string.includes('\n') && !/^\n*$|\n\n$/.test(string) && !span.inline && restOfLine === '';
  return fits
    ? block(string, columnOf(text, span.collection), text.includes('\r\n') ? '\r\n' : '\n', source)
    : undefined;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function lineEndsAtEnd(source: string): string {
  let start = source.length;
  while (source[start - 1] === '\n') start -= source[start - 2] === '\r' ? 2 : 1;
  return source.slice(start);
}

// As Ruby and therefore Puppet do: one line end (LF or CRLF) at the end.
function chomp(octets: Buffer): Buffer {
  return octets.subarray(0, octets.length - (/(?:\r\n|\n|\r)$/.exec(octets.toString('latin1'))?.[0].length ?? 0));
}

function replaceAll(tokens: readonly Token[], plaintextOf: PlaintextOf): Buffer {
  return Buffer.concat(
    tokens.map((token) => Buffer.from((isValue(token) ? plaintextOf(token) : undefined) ?? Buffer.from(token.text))),
  );
}

// What Ruby's YAML takes for a number, a symbol or a boolean, even against the specification.
const RUBY_ODDITY =
  /^(?::|[-+]?[0-9][0-9,_]*(?:\.[0-9,_]*)?$|(?:yes|no|on|off|y|n|true|false|null|~|[-+]?\.inf|\.nan)$)/i;

async function loadsAs(source: string, string: string, inline: boolean): Promise<boolean> {
  if (source === string && RUBY_ODDITY.test(string)) return false;
  const loaded = await loadAsPuppet(inline ? `- [${source}, 0]` : `- ${source}\n- 0`);
  return JSON.stringify(loaded) === JSON.stringify(inline ? [[string, 0]] : [string, 0]);
}

// Characters that YAML does not allow outside double quotes (YAML 1.2, section 5.1), or that would load to something else.
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
