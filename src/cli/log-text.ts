import { groupBy } from '../text/group-by.js';
import { octetsAsJson } from '../text/octets-json.js';
import { printable, printableJson, printableLines } from '../text/printable.js';
import { decodeUtf8 } from '../text/utf8.js';
import type { LogChange, LogEntry } from '../verbs/log/log.js';
import type { KnownReader } from '../verbs/log/readers.js';

const SHORT_ID = 12;

const KINDS: Readonly<Record<LogChange['kind'], string>> = {
  added: 'added',
  removed: 'removed',
  changed: 'changed',
  reencrypted: 're-encrypted',
  unknown: 're-encrypted or changed',
};

/** A history of values for people. */
export function logText(entries: readonly LogEntry[]): string {
  return entries.map(entryText).join('\n');
}

function entryText({ commit: { id, author, date, subject }, changes }: LogEntry): string {
  const head = `${id.slice(0, SHORT_ID)} ${date.slice(0, 10)} ${author.name} <${author.email}>: ${subject}`;
  const isOneOfMany = new Set(changes.map(({ file }) => file)).size > 1;
  // A re-encryption usually concerns many values.
  const groups = groupBy(changes, ({ readers }) => JSON.stringify([readers?.added, readers?.removed]));
  const lines = [...groups.values()].flatMap((group) => [
    ...group.flatMap((change) => changeLines(change, isOneOfMany)),
    ...readerLines(group),
  ]);
  return [printable(head), ...lines].map((line) => `${line}\n`).join('');
}

function changeLines({ file, key, kind, ...plaintexts }: LogChange, isOneOfMany: boolean): readonly string[] {
  const place = `${isOneOfMany ? `${file}: ` : ''}${key ?? 'a value without a key'}`;
  const isSame = kind === 'reencrypted';
  return [
    printable(`  ${place}: ${KINDS[kind]}`),
    ...plaintextLines('old', isSame ? undefined : plaintexts.old),
    ...plaintextLines(isSame ? 'value' : 'new', plaintexts.new),
  ];
}

function readerLines(group: readonly LogChange[]): readonly string[] {
  const { added = [], removed = [] } = group[0]?.readers ?? {};
  const what = group.length === 1 ? 'it' : `these ${group.length} values`;
  return [
    ...added.map((reader) => printable(`    + ${readerText(reader)} can read ${what}`)),
    ...removed.map((reader) => printable(`    - ${readerText(reader)} can no longer read ${what}`)),
  ];
}

function readerText({ id, fingerprint, userId }: KnownReader): string {
  return fingerprint === undefined ? `key ID ${id}` : `${userId ?? ''} (${fingerprint})`;
}

function plaintextLines(name: string, plaintext: Buffer | undefined): readonly string[] {
  if (plaintext === undefined) return [];
  const text = decodeUtf8(plaintext);
  if (text === undefined) return [`    ${name} (base64): ${plaintext.toString('base64')}`];
  return printableLines(text)
    .split('\n')
    .map((line, i) => `    ${i === 0 ? `${name}: ` : ' '.repeat(name.length + 2)}${line}`.trimEnd());
}

/** The same for programs. */
export function logJson(entries: readonly LogEntry[]): string {
  const json = entries.map(({ commit: { id, author, date, subject }, changes }) => ({
    commit: id,
    author: `${author.name} <${author.email}>`,
    date,
    subject,
    changes: changes.map(({ file, key, kind, readers, ...plaintexts }) => ({
      ...{ file, key, kind, readers },
      ...(plaintexts.old && { old: octetsAsJson(plaintexts.old) }),
      ...(plaintexts.new && { new: octetsAsJson(plaintexts.new) }),
    })),
  }));
  return `${printableJson(json)}\n`;
}
