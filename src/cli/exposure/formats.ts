import { printable, printableJson } from '../../text/printable.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import type { KnownReader } from '../../verbs/exposure/readers.js';
import { count } from '../plan-text.js';
import { code, escaped, exposureMarkdown } from './markdown.js';
import { csv, exposureCsv, exposureJson } from './tables.js';
import { exposureText } from './text.js';

/** How each kind of result is shown. */
export interface Format {
  readonly exposure: (exposure: Exposure) => string;
  readonly readers: (readers: readonly KnownReader[]) => string;
}

/** The forms of a report, by their names. */
export const FORMATS = {
  text: { exposure: exposureText, readers: readersText },
  csv: { exposure: exposureCsv, readers: readersCsv },
  json: { exposure: exposureJson, readers: readersJson },
  markdown: { exposure: exposureMarkdown, readers: readersMarkdown },
} as const satisfies Readonly<Record<string, Format>>;

/** Their names. */
export const FORMAT_NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[];

function nameOf({ id, reader }: KnownReader): string {
  if (/^0+$/.test(id)) return 'hidden recipient';
  return reader ? `${reader.userId} (${reader.fingerprint})` : 'unknown';
}

function readersText(readers: readonly KnownReader[]): string {
  const lines = readers.map((known) => `${known.id}  ${count(known.values, 'value').padStart(12)}  ${nameOf(known)}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function readersCsv(readers: readonly KnownReader[]): string {
  const rows = readers.map(({ id, reader, values }) => [id, String(values), reader?.fingerprint, reader?.userId]);
  return csv([['key ID', 'values', 'fingerprint', 'user ID'], ...rows]);
}

function readersJson(readers: readonly KnownReader[]): string {
  const json = readers.map(({ id, reader, values }) => ({
    ...{ id, values, fingerprint: reader?.fingerprint ?? null, userId: reader?.userId ?? null },
  }));
  return `${printableJson(json)}\n`;
}

function readersMarkdown(readers: readonly KnownReader[]): string {
  return readers.map((known) => `- ${code(known.id)}: ${known.values}, ${escaped(nameOf(known))}\n`).join('');
}
