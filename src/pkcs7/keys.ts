import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { EyamlError, type ErrorCode } from '../errors.js';
import { unfinishedPairHints } from '../files/key-pair.js';
import { LIMITS, readLimited } from '../files/read.js';
import { isKeyText, variableText } from '../text/key-text.js';
import type { CertificateId } from './names.js';

/** Where a PEM key is found, as in Ruby: in the variable that holds it, else in the variable that holds its base64, else in the file. */
export interface KeySource {
  /** The option that names the file. */
  readonly option: string;
  readonly file: string;
  /** True when the user did not name the file: if it does not exist, there simply is no such key. */
  readonly isDefault: boolean;
  /** The name of an environment variable that holds the key in base64. */
  readonly base64Variable: string | undefined;
  /** The name of an environment variable that holds the key. */
  readonly variable: string | undefined;
}

/** A public key, and how values that are encrypted for it name it. */
export interface RecipientKey {
  readonly publicKey: KeyObject;
  readonly certificate: CertificateId;
  /** False for a bare public key, which could belong to any certificate. */
  readonly hasCertificate: boolean;
  /** Where it was found. */
  readonly name: string;
}

/** A private key, and where it was found. */
export interface PrivateKey {
  readonly privateKey: KeyObject;
  readonly name: string;
}

/** A private key that has a passphrase. */
export interface LockedPrivateKey {
  readonly name: string;
  /**
   * @returns undefined when the passphrase is wrong.
   * @throws {@link EyamlError} `KEY_FILE_INVALID` when the key cannot be used.
   */
  readonly unlock: (passphrase: Buffer) => PrivateKey | undefined;
}

/** A key's PEM text, and where it was found. */
interface FoundKey {
  readonly pem: string;
  readonly name: string;
}

// Keys below 2048 bits are too weak today; values for shorter keys can still be read, so that they can be re-encrypted.
const SHORTEST_TO_ENCRYPT = 2048;
const SHORTEST_TO_DECRYPT = 1024;

/**
 * Whether there is a key, usable or not.
 *
 * @throws {@link EyamlError} `KEY_FILE_UNREADABLE` when it cannot be read, `KEY_FILE_MISSING` when the variable that should hold it is not set.
 */
export async function hasKey(source: KeySource, environment: NodeJS.ProcessEnv): Promise<boolean> {
  return (await findKey(source, environment)) !== undefined;
}

/**
 * Loads the public key that values are encrypted for: a certificate or a bare RSA public key.
 *
 * @throws {@link EyamlError} `METHOD_UNAVAILABLE` or `KEY_FILE_MISSING` when there is none, `KEY_FILE_UNREADABLE` when it cannot be
 * read, `KEY_FILE_INVALID` when it cannot be used.
 */
export async function loadPublicKey(source: KeySource, environment: NodeJS.ProcessEnv): Promise<RecipientKey> {
  const { pem, name } = (await findKey(source, environment)) ?? missing('public', source, 'METHOD_UNAVAILABLE');
  const isCertificate = pem.includes('-----BEGIN CERTIFICATE-----');
  // One file may hold both halves, as is usual for web servers.
  if (!isCertificate && pem.includes('PRIVATE KEY-----')) {
    throw invalid(source, name, 'is a private key; a public key or certificate is needed here');
  }
  if (!isCertificate && !/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) throw notPem(source, name);
  // Loaded late: it brings an ASN.1 library, which is not needed to find a key.
  const { certificateIdOf, NO_CERTIFICATE } = await import('./names.js');
  try {
    const certificate = isCertificate ? new X509Certificate(pem) : undefined;
    const publicKey = certificate?.publicKey ?? createPublicKey(pem);
    checkLength(source, name, publicKey, SHORTEST_TO_ENCRYPT);
    const id = certificate ? certificateIdOf(certificate.raw) : NO_CERTIFICATE;
    return { publicKey, certificate: id, hasCertificate: isCertificate, name };
  } catch (error) {
    throw error instanceof EyamlError ? error : invalid(source, name, 'is damaged: OpenSSL cannot read it');
  }
}

/**
 * Loads the private key that opens values, PKCS #1 or PKCS #8, with a passphrase or without.
 *
 * @throws {@link EyamlError} `KEY_FILE_MISSING` when there is none, `KEY_FILE_UNREADABLE` when it cannot be read, `KEY_FILE_INVALID`
 * when it cannot be used.
 */
export async function loadPrivateKey(
  source: KeySource,
  environment: NodeJS.ProcessEnv,
): Promise<PrivateKey | LockedPrivateKey> {
  const { pem, name } = (await findKey(source, environment)) ?? missing('private', source, 'KEY_FILE_MISSING');
  if (!pem.includes('PRIVATE KEY-----')) {
    if (!/-----BEGIN (?:CERTIFICATE|(?:RSA )?PUBLIC KEY)-----/.test(pem)) throw notPem(source, name);
    throw invalid(source, name, 'is a public key or certificate; a private key is needed here');
  }
  const privateKeyOf = (privateKey: KeyObject): PrivateKey => {
    checkLength(source, name, privateKey, SHORTEST_TO_DECRYPT);
    return { privateKey, name };
  };
  if (/ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    return {
      name,
      unlock: (passphrase) => {
        const privateKey = keyFrom(pem, passphrase);
        return privateKey && privateKeyOf(privateKey);
      },
    };
  }
  const privateKey = keyFrom(pem);
  if (privateKey === undefined) throw invalid(source, name, 'is damaged: OpenSSL cannot read it');
  return privateKeyOf(privateKey);
}

// OpenSSL's own errors are not shown: they may hold parts of the key.
function keyFrom(key: string, passphrase?: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey({ key, passphrase });
  } catch {
    return undefined;
  }
}

/** Whether the two are halves of one pair. */
export function isPair({ privateKey }: PrivateKey, { publicKey }: RecipientKey): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

async function findKey(source: KeySource, environment: NodeJS.ProcessEnv): Promise<FoundKey | undefined> {
  const { base64Variable, variable, file, option } = source;
  if (variable !== undefined) {
    // Many CI systems store line ends in a variable as \n.
    const pem = contentOf(variable, `${option}-env-var`, environment).replaceAll('\\n', '\n');
    return { pem, name: `the environment variable ${variable}` };
  }
  if (base64Variable !== undefined) {
    const base64 = contentOf(base64Variable, `${option.replace('pkcs7-', 'pkcs7-b64-')}-env-var`, environment);
    const pem = Buffer.from(base64, 'base64').toString('latin1');
    return { pem, name: `the environment variable ${base64Variable}` };
  }
  const read = await readLimited(file, { limit: LIMITS.pemKey });
  if ('octets' in read) return { pem: read.octets.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, ''), name: file };
  if (read.fault.isAbsent || isKeyText(file)) return undefined;
  // The file exists, but not for this user: the Puppet server's private key should be readable only by the server.
  throw new EyamlError('KEY_FILE_UNREADABLE', `${file} cannot be read: ${read.fault.reason} (--${option})`, { file });
}

// An unset variable must not silently mean another key.
function contentOf(variable: string, option: string, environment: NodeJS.ProcessEnv): string {
  const content = environment[variable];
  if (content) return content;
  throw new EyamlError(
    'KEY_FILE_MISSING',
    `there is no PKCS7 key: ${variableText(variable, option)} is ${content === undefined ? 'not set' : 'empty'}`,
  );
}

function missing(kind: 'public' | 'private', source: KeySource, whenDefault: ErrorCode): never {
  const { option, file, isDefault } = source;
  const where = isKeyText(file) ? 'this looks like key material, not a path' : `there is no file ${file}`;
  throw new EyamlError(
    isDefault ? whenDefault : 'KEY_FILE_MISSING',
    `there is no PKCS7 ${kind} key: ${where} (--${option})`,
    {
      suggestions: [
        ...unfinishedPairHints(file),
        kind === 'public'
          ? `name the right one with --${option}, or make a key pair with: eyaml createkeys`
          : `name the right one with --${option}`,
      ],
    },
  );
}

function checkLength(source: KeySource, name: string, key: KeyObject, shortest: number): void {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType !== 'rsa' || bits === undefined) throw invalid(source, name, 'is not an RSA key');
  if (bits < shortest) throw invalid(source, name, `is too small: ${bits} bits (minimum: ${shortest})`);
}

function notPem(source: KeySource, name: string): EyamlError {
  return invalid(source, name, 'holds no key in PEM ("-----BEGIN …")');
}

function invalid({ option }: KeySource, name: string, reason: string): EyamlError {
  return new EyamlError('KEY_FILE_INVALID', `${name} ${reason} (--${option})`);
}
