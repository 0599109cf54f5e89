import type { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
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

const LISTING = ['--with-colons', '--fixed-list-mode', '--with-keygrip'];

/** Public keys that gpg lists. */
export interface Listing {
  readonly keys: readonly KeyringKey[];
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
  const specs = terms.slice(0, MOST_TOLD).flatMap((term) => (term.kind === 'hex' ? [`0x${term.hex}`] : []));
  if (specs.length === terms.length) {
    const { keys, fault } = await list(gpg, specs);
    if (!fault || areAllFound(terms, keys)) return keys;
  }
  const { keys, fault } = await everyKey();
  if (fault && !areAllFound(terms, keys)) throw fault;
  return keys.filter((key) => terms.some((term) => isMeant(term, key)));
}

/**
 * Lists all public keys.
 *
 * @throws {@link EyamlError} `GPG_FAILED`.
 */
export async function listAllKeys(gpg: Gpg): Promise<Listing> {
  return list(gpg, []);
}

async function list(gpg: Gpg, specs: readonly string[]): Promise<Listing> {
  const result = await gpg.run([...LISTING, '--list-keys', '--', ...specs]);
  const listing = result.stdout.toString();
  const fault = isSound(result) ? undefined : gpgFailed('list public keys', result);
  // The record of the trust database always comes first (doc/DETAILS): without it gpg gave up before it searched.
  if (result.exitCode === null || !/^tru:/m.test(listing)) throw fault ?? gpgFailed('list public keys', result);
  return { keys: parseColons(listing), fault };
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
  const result = await gpg.run([...LISTING, '--list-secret-keys'], undefined, { limit: LIMIT });
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
  const result = await gpg.run([
    '--no-armor',
    '--export',
    '--',
    ...fingerprints.map((fingerprint) => `0x${fingerprint}`),
  ]);
  const isDone = isSound(result) || fingerprints.every((fingerprint) => said(result, 'EXPORTED', fingerprint));
  if (!isDone) throw gpgFailed('export public keys', result);
  return result.stdout;
}

function said({ exitCode, status }: GpgResult, keyword: string, fingerprint: Fingerprint): boolean {
  return exitCode !== null && status.some((line) => line.startsWith(`${keyword} `) && line.endsWith(` ${fingerprint}`));
}
