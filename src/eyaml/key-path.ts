import { printable, printableJson } from '../text/printable.js';
import { leftoverOffsets } from './stray-markers.js';

/**
 * Where a value stands in a YAML document: the text of each key of a mapping, and the index, counted from 0, in each list. A key that
 * is itself a mapping, a list or an alias has no text and is null.
 */
export type KeyPath = readonly (string | number | null)[];

const NO_TEXT = '?';
const PART = /(\.?)(?:\[(0|[1-9]\d{0,14})\]|("(?:[^"\\]|\\.)*"|'[^']*')|([^\s."'[\]]+))/y;
const VALUE = /ENC\[[^\]]*\]?/g;

/**
 * The printed form of a key path, `profile::db.users[0].password`: keys are separated by full stops, and a key that is empty, holds
 * white space, one of `."'[]` or what does not show stands in double quotes, with the escapes of JSON. No two paths have the same form.
 */
export function formatKeyPath(path: KeyPath): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${formatKey(part)}`))
    .join('');
}

/**
 * Reads what {@link formatKeyPath} prints, as Hiera reads the key of a lookup: keys that need no quotes may have them, and single quotes
 * hold their text as it stands. An index may be written `.0`, which is read as a key.
 *
 * @returns undefined for text that is no key path.
 */
export function parseKeyPath(text: string): KeyPath | undefined {
  const path: (string | number | null)[] = [];
  for (let at = 0; at < text.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const [, stop, index, quoted, bare] = PART.exec(text) ?? [];
    const isKey = index === undefined;
    if (stop === undefined || (stop === '.') !== (isKey && at > 0)) return undefined;
    const key = quoted === undefined ? bare : unquoted(quoted);
    if (isKey && key === undefined) return undefined;
    path.push(isKey ? (bare === NO_TEXT ? null : (key ?? '')) : Number(index));
  }
  return path;
}

/**
 * A key path for a message. What a key holds of an encrypted value says nothing about its place, and what it holds of an edit marker is a
 * plaintext, so both are cut short; such a form does not lead back to the key.
 */
export function shownKeyPath(path: KeyPath): string {
  return formatKeyPath(path.map((part) => (typeof part === 'string' ? withoutValues(part) : part)));
}

function formatKey(key: string | null): string {
  if (key === null) return NO_TEXT;
  const isBare = /^[^\s."'[\]]+$/.test(key) && key !== NO_TEXT && printable(key) === key;
  return isBare ? key : printableJson(key);
}

function unquoted(quoted: string): string | undefined {
  if (quoted.startsWith("'")) return quoted.slice(1, -1);
  try {
    return JSON.parse(quoted) as string;
  } catch {
    return undefined;
  }
}

function withoutValues(key: string): string {
  const [marker] = leftoverOffsets(key);
  const text = marker === undefined ? key : `${key.slice(0, marker)}DEC[…]`;
  return text.replace(VALUE, 'ENC[…]');
}
