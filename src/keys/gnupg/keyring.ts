import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../identifiers.js';
import { DEFAULT_MAX_PLAINTEXT, tooLarge } from '../../plaintext-limit.js';
import type { SearchTerm } from '../keystore.js';
import { mayMean } from '../search.js';
import { passphraseError } from './agent-errors.js';
import { parseColons, type ListedKey } from './colons.js';
import type { Gpg, GpgResult } from './gpg.js';

// How long gpg may take with secret keys when nobody is asked, in milliseconds: it waits for its agent, however long that hangs.
const LIMIT = 30_000;

// Far below the limit of a command line; a value may name any number of readers.
const MOST_TOLD = 1000;

const LISTING = ['--with-colons', '--fixed-list-mode', '--with-keygrip'];

// Error codes of libgpg-error: no public key; a checksum that is wrong, a session key that does not fit its secret key.
const NO_PUBLIC_KEY = 9;
const DAMAGED: ReadonlySet<number> = new Set([10, 18]);

/**
 * Lists the public keys that any of the terms may mean. Terms for which there is no key are passed over. Only fingerprints and key IDs
 * are told to gpg: a name may be a line of any file, and everybody can see what a program is told. Of very many terms none is.
 *
 * @param everyKey - gives all public keys, for names.
 */
export async function listPublicKeys(
  gpg: Gpg,
  terms: readonly SearchTerm[],
  everyKey: () => Promise<readonly ListedKey[]> = () => listAllKeys(gpg),
): Promise<readonly ListedKey[]> {
  if (terms.length === 0) return [];
  const specs = terms.slice(0, MOST_TOLD).flatMap((term) => (term.kind === 'hex' ? [`0x${term.hex}`] : []));
  if (specs.length < terms.length) {
    return (await everyKey()).filter(({ primaryKey, subkeys, userIds }) => {
      const fingerprints = [primaryKey, ...subkeys].map(({ fingerprint }) => fingerprint);
      const texts = userIds.map(({ text }) => text);
      return terms.some((term) => mayMean(term, fingerprints, texts));
    });
  }
  const result = await gpg.run([...LISTING, '--list-keys', '--', ...specs]);
  if (result.status.some(isListingFault)) throw failed('list public keys', result);
  return parseColons(result.stdout.toString());
}

/** Lists all public keys. */
export async function listAllKeys(gpg: Gpg): Promise<readonly ListedKey[]> {
  const result = await gpg.run([...LISTING, '--list-keys']);
  if (result.exitCode !== 0) throw failed('list public keys', result);
  return parseColons(result.stdout.toString());
}

/**
 * Lists the secret keys.
 *
 * @throws {@link EyamlError} `GPG_FAILED` when gpg lists none because something is wrong, often with the agent.
 */
export async function listSecretKeys(gpg: Gpg): Promise<readonly ListedKey[]> {
  const result = await gpg.run([...LISTING, '--list-secret-keys'], undefined, { limit: LIMIT });
  const keys = parseColons(result.stdout.toString());
  if (keys.length === 0 && result.exitCode !== 0) throw failed('list secret keys', result);
  return keys;
}

/**
 * Imports a secret key of the user's own, and says that it is the user's own.
 *
 * @throws {@link EyamlError} `GPG_FAILED`.
 */
export async function importOwnKey(gpg: Gpg, key: Uint8Array, fingerprint: Fingerprint): Promise<void> {
  const imported = await gpg.run(['--import'], key, { limit: LIMIT });
  if (imported.exitCode !== 0) throw failed('import the key', imported);
  // GnuPG, doc/DETAILS: 6 stands for ultimate trust.
  const trusted = await gpg.run(['--import-ownertrust'], Buffer.from(`${fingerprint}:6:\n`));
  if (trusted.exitCode !== 0) throw failed('set the trust of the key', trusted);
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
  if (result.exitCode !== 0) throw failed('export public keys', result);
  return result.stdout;
}

/**
 * Encrypts for exactly the given subkeys. The options keep a user's gpg.conf from adding or hiding recipients, and the message in
 * a form that every GnuPG reads.
 */
export async function encryptWithGpg(
  gpg: Gpg,
  plaintext: Uint8Array,
  subkeys: readonly Fingerprint[],
): Promise<Buffer> {
  const result = await gpg.run(
    [
      ...[
        '--rfc4880',
        '--cipher-algo',
        'AES256',
        '--compress-algo',
        'none',
        '--no-armor',
        '--no-textmode',
        '--set-filename',
        '',
      ],
      ...[
        '--no-encrypt-to',
        '--no-default-recipient',
        '--no-throw-keyids',
        '--trust-model',
        'always',
        '--disable-dirmngr',
      ],
      ...['--encrypt', '--output', '-', ...subkeys.flatMap((subkey) => ['--recipient', `0x${subkey}!`])],
    ],
    plaintext,
  );
  if (result.exitCode !== 0 || !result.status.some((line) => line.startsWith('END_ENCRYPTION'))) {
    throw failed('encrypt', result);
  }
  return result.stdout;
}

/** How gpg is to decrypt. */
export interface DecryptOptions {
  readonly maxPlaintext?: number | undefined;
  readonly passphrase?: Uint8Array | undefined;
}

/**
 * Decrypts a message with gpg, which asks the agent for passphrases as it sees fit.
 *
 * @param options - how many octets it may hold, and a passphrase that answers in place of a person.
 * @throws {@link EyamlError} unless gpg says that the decryption was sound; its output is then thrown away.
 */
export async function decryptWithGpg(
  gpg: Gpg,
  message: Uint8Array,
  { maxPlaintext = DEFAULT_MAX_PLAINTEXT, passphrase }: DecryptOptions = {},
): Promise<Buffer> {
  const args = ['--no-auto-key-retrieve', '--disable-dirmngr', '--decrypt', '--output', '-'];
  const result = await gpg.run(args, message, { passphrase, maxOutput: maxPlaintext });
  if (result.wroteTooMuch) throw tooLarge(maxPlaintext);
  const said = (keyword: string) => result.status.find((line) => line.split(' ', 1)[0] === keyword);
  // It gives the first text of several, and says so beside the good news.
  if (result.status.some((line) => line.startsWith('ERROR proc_pkt.plaintext'))) throw severalTexts();
  if (said('DECRYPTION_OKAY') && said('GOODMDC') && result.exitCode !== null) return result.stdout;
  const code = /^ERROR pkdecrypt_failed (\d+)/.exec(said('ERROR') ?? '')?.[1];
  if (DAMAGED.has(Number(code) & 0xffff)) throw damaged();
  if (code !== undefined) throw passphraseError(Number(code) & 0xffff, (Number(code) >>> 24) & 0x7f, 'this value');
  if (said('CANCELED_BY_USER')) {
    throw new EyamlError('PASSPHRASE_CANCELLED', 'no passphrase or password was given for this value');
  }
  const badPassword = result.status.some((line) => /^ERROR symkey_decrypt\S* 11(?!\d)/.test(line));
  if (badPassword || said('MISSING_PASSPHRASE') || said('BAD_PASSPHRASE')) {
    throw new EyamlError('PASSPHRASE_WRONG', 'no passphrase, or a wrong one, was given for this value');
  }
  if (said('NO_SECKEY')) throw new EyamlError('NO_SECRET_KEY', 'gpg has no secret key that opens this value');
  throw damaged();
}

function damaged(): EyamlError {
  return new EyamlError(
    'MESSAGE_INVALID',
    'the message cannot be read: gpg does not decrypt it, or its integrity check failed',
  );
}

function severalTexts(): EyamlError {
  return new EyamlError(
    'MESSAGE_INVALID',
    'the message cannot be read: it holds several texts, and a value is one; or gpg cannot read what it holds',
  );
}

// That there is no such key is an answer; a broken gpg.conf or keyring is not.
function isListingFault(line: string): boolean {
  const code = /^(?:ERROR keylist\.getkey|FAILURE option-parser) (\d+)/.exec(line)?.[1];
  return code !== undefined && (Number(code) & 0xffff) !== NO_PUBLIC_KEY;
}

function failed(what: string, { exitCode, lastWords }: GpgResult): EyamlError {
  return new EyamlError(
    'GPG_FAILED',
    `gpg could not ${what} (exit code ${exitCode ?? 'none'})${lastWords && `: ${lastWords}`}`,
  );
}
