import { parseFingerprint, type Fingerprint } from '../../openpgp/identifiers.js';
import { printable } from '../../text/printable.js';
import type { RecipientsRecord, RecordedRule } from '../record.js';

/** A key in a manifest. The fingerprint of the primary key counts; the name is for people. */
export interface NamedKey {
  readonly fingerprint: Fingerprint;
  readonly name: string;
}

/** A recipients file, and whose keys it names. */
export interface ManifestFile {
  /** From the top folder of the work tree, with `/`. */
  readonly path: string;
  readonly keys: readonly NamedKey[];
}

/** A configuration file with rules, and which recipients file each rule names, in their order. */
export interface ManifestRules {
  readonly path: string;
  readonly rules: readonly RecordedRule[];
}

/** Who may read what in a work tree, and who says so. */
export interface Manifest {
  /** The root commit; outside git an identifier that was made by chance. */
  readonly repository: string;
  /** Counts up with each new manifest: an old one that is put back is noticed. */
  readonly serial: number;
  /** How many signers must sign. */
  readonly threshold: number;
  readonly signers: readonly NamedKey[];
  readonly files: readonly ManifestFile[];
  readonly rules: readonly ManifestRules[];
}

/** What a manifest says of a work tree, without what is only for people. */
export function recordIn({ files, rules }: Pick<Manifest, 'files' | 'rules'>): RecipientsRecord {
  return {
    files: new Map(files.map(({ path, keys }) => [path, keys.map((key) => ({ ...key, subkey: key.fingerprint }))])),
    rules: new Map(rules.map(({ path, rules }) => [path, rules])),
  };
}

const TITLE = 'eyaml recipients manifest 1';

/** The text of a manifest, one fact a line, which reads well in a diff. {@link parseManifest} gives the manifest back. */
export function renderManifest({ repository, serial, threshold, signers, files, rules }: Manifest): string {
  const lines = [
    ...[TITLE, `repository ${repository}`, `serial ${serial}`, `threshold ${threshold}`],
    ...signers.map((key) => `signer ${keyText(key)}`),
    ...files.flatMap(({ path, keys }) => [`file ${wordOf(path)}`, ...keys.map((key) => `  ${keyText(key)}`)]),
    ...rules.flatMap(({ path, rules }) => [
      `rules ${wordOf(path)}`,
      ...rules.map(({ path: pattern, recipientsFile }) =>
        recipientsFile === undefined ? `  ${wordOf(pattern)}` : `  ${wordOf(pattern)} ${wordOf(recipientsFile)}`,
      ),
    ]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * Reads the text of a manifest.
 *
 * @returns undefined for a text that {@link renderManifest} does not write.
 */
export function parseManifest(text: string): Manifest | undefined {
  const sections = text.replace(/\n$/, '').split(/\n(?! )/);
  const [title, repository = '', serial = '', threshold = '', ...lists] = sections;
  const of = (kind: string) =>
    lists.flatMap((section) => {
      const [head = '', ...entries] = section.split('\n');
      const word = wordAfter(kind, head);
      return word === undefined ? [] : [{ word, entries: entries.map((entry) => entry.slice(2)) }];
    });
  const manifest = {
    repository: wordAfter('repository', repository) ?? '',
    serial: Number(wordAfter('serial', serial)),
    threshold: Number(wordAfter('threshold', threshold)),
    signers: of('signer').map(({ word }) => keyIn(word)),
    files: of('file').map(({ word, entries }) => ({ path: unquoted(word), keys: entries.map(keyIn) })),
    rules: of('rules').map(({ word, entries }) => ({ path: unquoted(word), rules: entries.map(ruleIn) })),
  };
  return title === TITLE && isSound(manifest) && renderManifest(manifest) === text ? manifest : undefined;
}

function wordAfter(kind: string, line: string): string | undefined {
  return line.startsWith(`${kind} `) ? line.slice(kind.length + 1) : undefined;
}

function isSound({ repository, serial, threshold, signers, files, rules }: Manifest): boolean {
  const areDistinct = (names: readonly string[]) => new Set(names).size === names.length;
  return (
    /^[0-9a-f]{32,64}$/.test(repository) &&
    Number.isSafeInteger(serial) &&
    serial > 0 &&
    Number.isSafeInteger(threshold) &&
    threshold > 0 &&
    threshold <= signers.length &&
    areDistinct(signers.map(({ fingerprint }) => fingerprint)) &&
    areDistinct(files.map(({ path }) => path)) &&
    areDistinct(rules.map(({ path }) => path))
  );
}

function keyText({ fingerprint, name }: NamedKey): string {
  return `${fingerprint} ${printable(name)}`.trimEnd();
}

function keyIn(text: string): NamedKey {
  const [, hex = '', name = ''] = /^([0-9A-F]+)(?: (.*))?$/.exec(text) ?? [];
  return { fingerprint: parseFingerprint(hex) ?? ('' as Fingerprint), name };
}

function ruleIn(text: string): RecordedRule {
  const [path = '', recipientsFile] = Array.from(text.matchAll(WORD), ([word]) => unquoted(word));
  return { path, recipientsFile };
}

// A path may hold any character but NUL: a word with others than these stands in quotes, as JSON.
const PLAIN = /^[\p{L}\p{N}!#$%&'()*+,./:;<=>?@[\]^_`{|}~-]+$/u;

function wordOf(text: string): string {
  return PLAIN.test(text) ? text : quoted(text);
}

// Printable, so that a diff shows all of it; JSON.parse reads it back.
function quoted(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[^\x20-\x7e]/g, escaped);
}

const WORD = /"(?:[^"\\]|\\.)*"|[^ ]+/g;

function unquoted(word: string): string {
  if (!word.startsWith('"')) return word;
  try {
    return String(JSON.parse(word));
  } catch {
    return word;
  }
}
