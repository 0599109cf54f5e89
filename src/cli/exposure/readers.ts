import { printable, printableJson } from '../../text/printable.js';
import type { KnownReader } from '../../verbs/exposure/readers.js';
import { count } from '../plan-text.js';
import { code, escaped } from './markdown.js';
import { csv } from './tables.js';

/** Whose key it is, as far as that is known. */
export function nameOf({ id, reader }: KnownReader): string {
  if (/^0+$/.test(id)) return 'hidden recipient';
  return reader ? `${reader.userId} (${reader.fingerprint})` : 'unknown';
}

/** Everybody who was ever named as a reader, for a terminal. */
export function readersText(readers: readonly KnownReader[]): string {
  const lines = readers.map((known) => `${known.id}  ${count(known.values, 'value').padStart(12)}  ${nameOf(known)}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** The same as a table. */
export function readersCsv(readers: readonly KnownReader[]): string {
  const rows = readers.map(({ id, reader, values }) => [id, String(values), reader?.fingerprint, reader?.userId]);
  return csv([['key ID', 'values', 'fingerprint', 'user ID'], ...rows]);
}

/** The same for programs. */
export function readersJson(readers: readonly KnownReader[]): string {
  const json = readers.map(({ id, reader, values }) => ({
    ...{ id, values, fingerprint: reader?.fingerprint ?? null, userId: reader?.userId ?? null },
  }));
  return `${printableJson(json)}\n`;
}

/** The same as a list. */
export function readersMarkdown(readers: readonly KnownReader[]): string {
  return readers.map((known) => `- ${code(known.id)}: ${known.values}, ${escaped(nameOf(known))}\n`).join('');
}
