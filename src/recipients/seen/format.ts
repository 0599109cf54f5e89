import { parseFingerprint, type Fingerprint } from '../../openpgp/identifiers.js';
import type { RecipientsRecord, RecordedKey, RecordedRule } from '../record.js';

/** All that a user has seen. */
export interface Memory {
  /** The repositories, by their IDs. */
  readonly repositories: ReadonlyMap<string, Remembered>;
  /** The clones of which the repository is known, by the real paths of their `.git`. */
  readonly clones: ReadonlyMap<string, Clone>;
}

/** What is remembered of one repository. */
export interface Remembered {
  readonly record: RecipientsRecord;
  /** The last signed manifest that was accepted. */
  readonly manifest?: RememberedManifest | undefined;
}

/** What is remembered of a signed manifest. */
export interface RememberedManifest {
  /** What it calls the repository. */
  readonly repository: string;
  readonly serial: number;
  /** SHA-256 of its text. */
  readonly digest: string;
  readonly signers: readonly Fingerprint[];
  /** How many of them must sign. */
  readonly threshold: number;
  /** Whose signatures were good. */
  readonly signedBy: readonly Fingerprint[];
}

/** A clone of a repository. */
export interface Clone {
  /** Tells this `.git` from another one that has the same path later. */
  readonly mark: string;
  readonly repository: string;
}

/** The memory of a user who has seen nothing. */
export const NO_MEMORY: Memory = { repositories: new Map(), clones: new Map() };

const VERSION = 1;

/** A memory as JSON, one line for each repository. */
export function renderMemory({ repositories, clones }: Memory): string {
  const lines = (all: ReadonlyMap<string, unknown>) =>
    [...all].map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n');
  const plain = new Map(
    [...repositories].map(([id, { record, manifest }]) => [id, { ...plainRecord(record), manifest }]),
  );
  return `{\n  "version": ${VERSION},\n  "clones": {\n${lines(clones)}\n  },\n  "repositories": {\n${lines(plain)}\n  }\n}\n`;
}

function plainRecord({ files, rules }: RecipientsRecord) {
  return { files: Object.fromEntries(files), rules: Object.fromEntries(rules) };
}

/** Reads a memory; gives the reason if it is none. */
export function parseMemory(text: string): Memory | string {
  if (text.trim() === '') return 'it is empty';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (!isMapping(value)) return 'it is not a JSON object';
  if (value.version !== VERSION) return 'its version is unknown: a newer eyaml may have written it';
  try {
    return { clones: mapOf(value.clones, cloneIn), repositories: mapOf(value.repositories, rememberedIn) };
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

function cloneIn(value: unknown): Clone {
  const { mark, repository } = mapping(value);
  return { mark: textIn(mark), repository: textIn(repository) };
}

function rememberedIn(value: unknown): Remembered {
  const { files, rules, manifest } = mapping(value);
  const record = {
    files: mapOf(files, (keys) => listOf(keys, keyIn)),
    rules: mapOf(rules, (all) => listOf(all, ruleIn)),
  };
  return manifest === undefined ? { record } : { record, manifest: manifestIn(manifest) };
}

function keyIn(value: unknown): RecordedKey {
  const { fingerprint, subkey, name } = mapping(value);
  return { fingerprint: fingerprintIn(fingerprint), subkey: fingerprintIn(subkey), name: textIn(name) };
}

function ruleIn(value: unknown): RecordedRule {
  const { path, recipientsFile } = mapping(value);
  return { path: textIn(path), recipientsFile: recipientsFile === undefined ? undefined : textIn(recipientsFile) };
}

function manifestIn(value: unknown): RememberedManifest {
  const { repository, serial, digest, signers, threshold, signedBy } = mapping(value);
  return {
    repository: textIn(repository),
    serial: numberIn(serial),
    digest: textIn(digest),
    signers: listOf(signers, fingerprintIn),
    threshold: numberIn(threshold),
    signedBy: listOf(signedBy, fingerprintIn),
  };
}

function mapOf<T>(value: unknown, read: (item: unknown) => T): ReadonlyMap<string, T> {
  return new Map(Object.entries(mapping(value)).map(([name, item]) => [name, read(item)]));
}

function listOf<T>(value: unknown, read: (item: unknown) => T): readonly T[] {
  return Array.isArray(value) ? value.map(read) : damaged();
}

function mapping(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : damaged();
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : damaged();
}

function numberIn(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : damaged();
}

function fingerprintIn(value: unknown): Fingerprint {
  return parseFingerprint(textIn(value)) ?? damaged();
}

function damaged(): never {
  throw new TypeError('its content is damaged');
}
