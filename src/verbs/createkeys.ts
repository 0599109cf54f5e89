import path from 'node:path';
import type { Config, Pkcs7Config } from '../config/config.js';
import { foreignFolder } from '../context/key-home.js';
import { EyamlError, errnoOf } from '../errors.js';
import { cannot } from '../files/cannot.js';
import { createGpg, isGpgThere } from '../keys/gnupg/gpg.js';
import { importOwnKey } from '../keys/gnupg/keyring.js';
import { gpgNotFound } from '../keys/gnupg/run.js';
import type { NewKeyType } from '../openpgp/generate.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import type { KeyPairOptions } from '../pkcs7/certificate.js';
import { checkKeyFiles, confirmOverwrites, finishKeyFiles, writeKeyFiles, type KeyFilesHost } from './key-files.js';

/** Where new PKCS7 keys go, and their properties. */
export interface Pkcs7KeysOptions extends KeyPairOptions, Pkcs7Config {}

/** The files that were written. */
export interface CreatedKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/**
 * Creates a PKCS7 key pair and writes it: the private key, readable only by its owner, and the certificate. Invalid options are
 * reported before the questions, and both questions are asked before anything is written.
 *
 * @throws `EyamlError` `ABORTED`, `USAGE`, `FILE_UNWRITABLE`; the files are then unchanged.
 */
export async function createPkcs7Keys(options: Pkcs7KeysOptions, host: KeyFilesHost): Promise<CreatedKeys> {
  const [privateFile, publicFile] = [options.privateKey.file, options.publicKey.file];
  const { checkKeyPairOptions, createKeyPair } = await import('../pkcs7/certificate.js');
  checkKeyPairOptions(options);
  await checkKeyFiles([privateFile, publicFile]);
  await finishKeyFiles(privateFile, host);
  await confirmOverwrites([privateFile, publicFile], host);
  const { privateKey, certificate } = await createKeyPair(options);
  await writeKeyFiles(
    {
      privateKey: { file: privateFile, content: privateKey },
      publicKey: { file: publicFile, content: certificate },
    },
    host,
  );
  return { privateKey: privateFile, publicKey: publicFile };
}

/** The properties of a new OpenPGP key pair. */
export interface GpgKeysOptions {
  /** `Name <address>`, or a bare name for a server. */
  readonly userId: string;
  readonly type: NewKeyType;
  /** How long it is valid, in seconds from now; undefined means for ever. */
  readonly expiresSeconds: number | undefined;
}

/** Where the halves of a new OpenPGP key pair go: to the named files, else to files in the key home that bear the key's fingerprint. */
export interface GpgKeysPlace {
  readonly privateFile: string | undefined;
  readonly publicFile: string | undefined;
  readonly keyHome: string;
}

/** A new key pair. */
export interface CreatedGpgKeys {
  readonly fingerprint: Fingerprint;
  readonly secretKey: string;
  /** Undefined when it was not written to files. */
  readonly files: CreatedKeys | undefined;
}

/**
 * Creates an OpenPGP key pair and writes both keys, armored.
 *
 * @param place - undefined writes no files.
 * @param passphrase - asks for the passphrase, after the questions about files; resolves to undefined for a key without one.
 * @throws `EyamlError` `ABORTED`, `USAGE`, `FILE_UNWRITABLE`; the files are then unchanged.
 */
export async function createGpgKeys(
  { userId, type, expiresSeconds }: GpgKeysOptions,
  place: GpgKeysPlace | undefined,
  host: KeyFilesHost,
  passphrase: () => Promise<Buffer | undefined>,
): Promise<CreatedGpgKeys> {
  if (userId.trim() === '' || /\p{Cc}/u.test(userId))
    throw new EyamlError('USAGE', 'a user ID must be one line of text');
  // GnuPG accepts no longer ones.
  if (Buffer.byteLength(userId) > 2048) throw new EyamlError('USAGE', 'a user ID may have 2048 octets at most');
  if (place) await preparePlace(place, host);
  const secret = await passphrase();
  const { generateKeyPair } = await import('../openpgp/generate.js');
  const { fingerprint, publicKey, secretKey } = await generateKeyPair({
    userId,
    type,
    expiresSeconds,
    passphrase: secret?.toString(),
  });
  secret?.fill(0);
  if (place === undefined) return { fingerprint, secretKey, files: undefined };
  const files = filesFor(fingerprint, place);
  await writeKeyFiles(
    {
      privateKey: { file: files.privateKey, content: secretKey },
      publicKey: { file: files.publicKey, content: publicKey },
      ...(usesHome(place) && { folderMode: 0o700 }),
    },
    host,
  );
  return { fingerprint, secretKey, files };
}

async function preparePlace(place: GpgKeysPlace, host: KeyFilesHost): Promise<void> {
  const { privateFile, publicFile, keyHome } = place;
  const named = [privateFile, publicFile].filter((file) => file !== undefined);
  if (usesHome(place)) await requireOwnFolder(keyHome);
  await checkKeyFiles(named);
  await finishKeyFiles(privateFile ?? path.join(keyHome, 'new'), host);
  await confirmOverwrites(named, host);
}

function usesHome({ privateFile, publicFile }: GpgKeysPlace): boolean {
  return privateFile === undefined || publicFile === undefined;
}

function filesFor(fingerprint: Fingerprint, { privateFile, publicFile, keyHome }: GpgKeysPlace): CreatedKeys {
  return {
    privateKey: privateFile ?? path.join(keyHome, `${fingerprint}.private.asc`),
    publicKey: publicFile ?? path.join(keyHome, `${fingerprint}.public.asc`),
  };
}

// Keys in it would not be used: others could exchange them.
async function requireOwnFolder(keyHome: string): Promise<void> {
  const fault = await foreignFolder(keyHome).catch((error: unknown) => {
    if (errnoOf(error) !== 'ENOENT') throw cannot('write', keyHome, error);
    return undefined;
  });
  if (fault) throw new EyamlError('FILE_UNWRITABLE', `no key is put into ${keyHome}: ${fault}`);
}

/**
 * Makes sure, before a key pair is created, that it can be imported into GnuPG.
 *
 * @throws `EyamlError` `GPG_NOT_FOUND`.
 */
export function requireGnupg(environment: NodeJS.ProcessEnv): void {
  if (!isGpgThere(environment)) throw gpgNotFound();
}

/** Imports a new key pair into the user's GnuPG, as the user's own key. */
export async function putIntoGnupg(
  { secretKey, fingerprint }: CreatedGpgKeys,
  { gnupgHome }: Config,
  environment: NodeJS.ProcessEnv,
): Promise<void> {
  await importOwnKey(createGpg(gnupgHome, environment), Buffer.from(secretKey), fingerprint);
}
