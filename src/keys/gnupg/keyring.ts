import type { EyamlError } from '../../errors.js';
import type { Fingerprint, KeyId } from '../../openpgp/identifiers.js';
import { readyCrypto } from '../../openpgp/ready.js';
import type { SearchTerm } from '../keystore.js';
import { mayMean } from '../search.js';
import { parseColons, type KeyringKey } from './colons.js';
import type { Gpg } from './gpg.js';
import { gpgFailed, isSound } from './outcome.js';
import type { GpgResult } from './run.js';

// How long gpg may take with secret keys when no user is asked, in milliseconds: it waits for its agent even if that hangs.
const LIMIT = 30_000;

// Far below the limit for a command line; a value may name any number of readers.
const MOST_TOLD = 1000;

// A pattern of many parts tries each of them at every place.
const MOST_IN_PATTERN = 50;

const LISTING = ['--with-colons', '--fixed-list-mode', '--with-keygrip'];

// With the numbers of the keys, if not all keys are listed: they are long.
const FULL_LISTING = [...LISTING, '--with-key-data'];

// Two runs of gpg must not bring the trust database up to date at the same time. Which keys are the user's own does not depend on it, so
// they are listed without that, perhaps beside a run that does it.
const NO_TRUST_CHECK = '--no-auto-check-trustdb';

/** A colon listing of public keys. */
export interface Listing {
  readonly text: string;
  /** Why there may be more: gpg could not read all of its keyrings. */
  readonly fault: EyamlError | undefined;
}

/**
 * Lists the public keys that any of the terms may mean. Terms without a key are skipped. Only fingerprints and key IDs
 * are passed to gpg: a name may be a line of any file, and all users can see the arguments of a program. Very many terms are not passed.
 *
 * @param everyKey - gives all public keys: for names, and when gpg's answer may be incomplete.
 * @throws {@link EyamlError} `GPG_FAILED` when gpg fails, or has no key for a term and could not read all of its keyrings.
 */
export async function listPublicKeys(
  gpg: Gpg,
  terms: readonly SearchTerm[],
  everyKey: () => Promise<Listing> = () => listAllKeys(gpg),
): Promise<readonly KeyringKey[]> {
  if (terms.length === 0) return [];
  const specs = terms.slice(0, MOST_TOLD).flatMap((term) => (term.kind === 'hex' ? [asSpec(term.hex)] : []));
  if (specs.length === terms.length) {
    const { text, fault } = await list(gpg, specs, FULL_LISTING);
    const keys = parseColons(text);
    if (!fault || areAllFound(terms, keys)) return keys;
  }
  const { text, fault } = await everyKey();
  const keys = parseColons(blocksFor(terms, text)).filter((key) => terms.some((term) => isMeant(term, key)));
  if (fault && !areAllFound(terms, keys)) throw fault;
  return keys;
}

/**
 * The keys in a listing that the terms may mean, and maybe others: thousands of keys take longer to parse than to list. A user ID with a
 * quoted character may hold any text.
 */
function blocksFor(terms: readonly SearchTerm[], text: string): string {
  if (terms.length > MOST_IN_PATTERN) return text;
  const texts = terms.map((term) => (term.kind === 'hex' ? term.hex : term.text));
  const pattern = new RegExp(texts.map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'), 'i');
  const blocks = text.split(/^(?=pub:)/m);
  return blocks.filter((block) => block.includes('\\') || pattern.test(block)).join('');
}

/**
 * Lists all public keys.
 *
 * @throws {@link EyamlError} `GPG_FAILED`.
 */
export async function listAllKeys(gpg: Gpg): Promise<Listing> {
  return list(gpg, []);
}

/**
 * Lists the public keys that have one of the given key IDs; what it says of their trust may be out of date.
 *
 * @throws {@link EyamlError} `GPG_FAILED`.
 */
export async function listKeysOfIds(gpg: Gpg, keyIds: readonly KeyId[]): Promise<readonly KeyringKey[]> {
  if (keyIds.length === 0) return [];
  const { text, fault } = await list(gpg, keyIds.map(asSpec), [...FULL_LISTING, NO_TRUST_CHECK]);
  if (fault) throw fault;
  return parseColons(text);
}

function asSpec(hex: string): string {
  return `0x${hex}`;
}

async function list(gpg: Gpg, specs: readonly string[], options: readonly string[] = LISTING): Promise<Listing> {
  const listed = gpg.run([...options, '--list-keys', '--', ...specs]);
  // Its result is needed to compute something; while gpg works, that costs nothing.
  readyCrypto();
  const result = await listed;
  const text = result.stdout.toString();
  const fault = isSound(result) ? undefined : gpgFailed('list public keys', result);
  // The record of the trust database always comes first (doc/DETAILS): without it gpg gave up before it searched.
  if (result.exitCode === null || !/^tru:/m.test(text)) throw fault ?? gpgFailed('list public keys', result);
  return { text, fault };
}

function areAllFound(terms: readonly SearchTerm[], keys: readonly KeyringKey[]): boolean {
  return terms.every((term) => keys.some((key) => isMeant(term, key)));
}

function isMeant(term: SearchTerm, { primaryKey, subkeys, userIds }: KeyringKey): boolean {
  const fingerprints = [primaryKey, ...subkeys].map(({ fingerprint }) => fingerprint);
  const texts = userIds.map(({ text }) => text);
  return mayMean(term, fingerprints, texts);
}

/**
 * Lists the secret keys.
 *
 * @throws {@link EyamlError} `GPG_FAILED` when gpg lists none because something is wrong, often with the agent.
 */
export async function listSecretKeys(gpg: Gpg): Promise<readonly KeyringKey[]> {
  const result = await gpg.run([...LISTING, NO_TRUST_CHECK, '--list-secret-keys'], undefined, { limit: LIMIT });
  const keys = parseColons(result.stdout.toString());
  const isDone = result.exitCode !== null && (keys.length > 0 || isSound(result));
  if (!isDone) throw gpgFailed('list secret keys', result);
  return keys;
}

/**
 * Imports a secret key of the user and sets ultimate trust for it.
 *
 * @throws {@link EyamlError} `GPG_FAILED`.
 */
export async function importOwnKey(gpg: Gpg, key: Uint8Array, fingerprint: Fingerprint): Promise<void> {
  const imported = await gpg.run(['--import'], key, { limit: LIMIT });
  if (!isSound(imported) && !said(imported, 'IMPORT_OK', fingerprint)) throw gpgFailed('import the key', imported);
  // GnuPG, doc/DETAILS: 6 stands for ultimate trust.
  const trusted = await gpg.run(['--import-ownertrust'], Buffer.from(`${fingerprint}:6:\n`));
  if (!isSound(trusted)) throw gpgFailed('set the trust of the key', trusted);
}

/** Exports public keys in binary form. */
export async function exportPublicKeys(gpg: Gpg, fingerprints: readonly Fingerprint[]): Promise<Buffer> {
  if (fingerprints.length === 0) return Buffer.alloc(0);
  const result = await gpg.run(['--no-armor', '--export', '--', ...fingerprints.map(asSpec)]);
  const isDone = isSound(result) || fingerprints.every((fingerprint) => said(result, 'EXPORTED', fingerprint));
  if (!isDone) throw gpgFailed('export public keys', result);
  return result.stdout;
}

function said({ exitCode, status }: GpgResult, keyword: string, fingerprint: Fingerprint): boolean {
  return exitCode !== null && status.some((line) => line.startsWith(`${keyword} `) && line.endsWith(` ${fingerprint}`));
}
