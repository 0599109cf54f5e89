import type { Rule } from '../errors.js';
import type { ScalarSpan, Yaml } from './document.js';
import { joinPayload } from './layout.js';
import { createSeenIn, type SeenIn } from './puppet-visibility.js';
import type { EyamlText } from './text.js';

/** Something in a file that Puppet cannot use, or hands out undecrypted. */
export interface PuppetFault {
  readonly offset: number;
  readonly rule: Rule;
  readonly message: string;
  readonly suggestion?: string;
}

// A value, or text that people write when they mean one.
const VALUE_LIKE = /enc[ \t]*[[({]/i;
const UNTAGGED = /ENC\[([A-Za-z0-9+/=\s\\]+)\]/g;
const COMMA_LEFT_OUT = /^(?:GPG|PKCS7)[A-Za-z0-9+/]{40}/i;
// Jasypt writes its values as ENC(…), so other brackets count only with the name of a method after them. Without a payload it is an
// ordinary word. No two runs of blanks adjoin: else a long run would be slow.
const MISWRITTEN =
  /\benc[ \t]*(?:\[[ \t]*(?:\w+\s*(?:[,;:.]\s*)?)?|[({][ \t]*(?:gpg|pkcs7)\s*(?:[,;:.]\s*)?)[A-Za-z0-9+/]{40}/gi;
const BYTE_ORDER_MARK = /^\ufeff(?![ \t]*(?:#|\r?\n|$))/;
// Ruby's YAML allows no tab where the first line of a block says how far it is indented.
const TAB_IN_INDENT = /^[|>][-+]?[ \t]*(?:#[^\n]*)?\r?\n(?:[ ]*\r?\n)*[ ]*\t/;
// Escapes in double quotes, or base64, can stand for the letters of a value.
const MAY_HIDE_VALUES = /\\|!!binary/;
const WRITTEN_OUT = /ENC\[(?:\w+,)?([A-Za-z0-9+/=\s\\]+)\]/g;

const BOM = 'the file starts with a byte order mark: Puppet misreads the first line';
const TAB = 'there is a tab in the indent: Puppet cannot load the file';
const IN_KEY = 'it is in a key: Puppet does not decrypt it and hands out the ciphertext';
const NOT_PKCS7 = 'Puppet takes this for a PKCS7 value and cannot decrypt it';
const LOOKS = 'this looks like an encrypted value, but';
const HIDDEN = 'escapes or base64 hide an encrypted value here; Puppet decrypts it';

/**
 * Finds what stands in a file and is none of the values that Puppet decrypts, yet was meant as one or is taken for one: Puppet fails
 * on it or hands out the ciphertext. Comments are not judged; nor is a text that is not YAML.
 */
export async function puppetFaults({ text, tokens, yaml }: EyamlText): Promise<readonly PuppetFault[]> {
  const hasValues = VALUE_LIKE.test(text);
  if (!hasValues && !MAY_HIDE_VALUES.test(text)) return [];
  const { spans, spanAt } = await yaml();
  const seenIn = createSeenIn();
  const faults = [...hiddenFaults(text, spans, seenIn)];
  if (hasValues) faults.push(...loadingFaults(text, spans));
  let offset = 0;
  for (const token of tokens) {
    if (token.kind === 'text') faults.push(...textFaults(token.text, offset, spanAt, seenIn));
    else if (token.kind === 'value' && spanAt(offset)?.isKey)
      faults.push({ offset, rule: 'passed-over-value', message: IN_KEY, suggestion: 'write the key in plain text' });
    offset += token.text.length;
  }
  return faults;
}

// Text that Ruby's YAML reads differently from ours.
function loadingFaults(text: string, spans: readonly ScalarSpan[]): readonly PuppetFault[] {
  const found = (offset: number, message: string): PuppetFault => ({ offset, rule: 'invalid-yaml', message });
  const isBlock = (start: number) => text[start] === '|' || text[start] === '>';
  const indented = spans.filter(({ start, end }) => isBlock(start) && TAB_IN_INDENT.test(text.slice(start, end)));
  return [...(BYTE_ORDER_MARK.test(text) ? [found(0, BOM)] : []), ...indented.map(({ start }) => found(start, TAB))];
}

function textFaults(text: string, start: number, spanAt: Yaml['spanAt'], seenIn: SeenIn): readonly PuppetFault[] {
  const faults = new Map<number, PuppetFault>();
  const note = (index: number, message: string) =>
    faults.set(index, { offset: start + index, rule: 'suspect-value', message });
  const spanOf = (index: number) => {
    const span = spanAt(start + index);
    return span?.isKey ? undefined : span;
  };
  for (const { index } of text.matchAll(MISWRITTEN)) {
    if (spanOf(index)) note(index, `${LOOKS} it is not written ENC[TAG,…]: Puppet hands it out as it is`);
  }
  for (const { index, 1: raw = '' } of text.matchAll(UNTAGGED)) {
    const payload = joinPayload(raw);
    const span = spanOf(index);
    if (span === undefined || !seenIn(span).has(payload)) continue;
    note(index, COMMA_LEFT_OUT.test(payload) ? `${LOOKS} there is no comma after its tag` : NOT_PKCS7);
  }
  return [...faults.values()];
}

// A person or program that reads the text would not see who can read such a value.
function hiddenFaults(text: string, spans: readonly ScalarSpan[], seenIn: SeenIn): readonly PuppetFault[] {
  return spans.flatMap((span): readonly PuppetFault[] => {
    const source = text.slice(span.start, span.end);
    const mayHide = (source.startsWith('"') && source.includes('\\')) || typeof span.value !== 'string';
    if (span.isKey || !mayHide) return [];
    const writtenOut = new Set(Array.from(source.matchAll(WRITTEN_OUT), ([, raw = '']) => joinPayload(raw)));
    const isHidden = [...seenIn(span)].some((payload) => !writtenOut.has(payload));
    return isHidden ? [{ offset: span.start, rule: 'suspect-value', message: HIDDEN }] : [];
  });
}
