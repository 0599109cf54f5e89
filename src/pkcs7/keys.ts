import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { EyamlError, errnoOf, type ErrorCode } from '../errors.js';
import { unfinishedPairHints } from '../files/key-pair.js';
import { isKeyText } from '../key-text.js';
import { certificateIdOf, NO_CERTIFICATE, type CertificateId } from './names.js';

/** Where a key in PEM is found: the first of these that holds something. */
export interface KeySource {
  /** The option that names the file. */
  readonly option: string;
  readonly file: string;
  /** True when nobody named the file: that it is not there then only means that there is no such key. */
  readonly isDefault: boolean;
  /** The name of an environment variable that holds the key in base64. */
  readonly base64Variable: string | undefined;
  /** The name of an environment variable that holds the key. */
  readonly variable: string | undefined;
}

/** A public key, and what values that are encrypted for it name it by. */
export interface RecipientKey {
  readonly publicKey: KeyObject;
  readonly certificate: CertificateId;
  /** False for a bare public key, which could be any certificate's. */
  readonly hasCertificate: boolean;
  /** Where it was found. */
  readonly name: string;
}

/** A private key, and where it was found. */
export interface PrivateKey {
  readonly privateKey: KeyObject;
  readonly name: string;
}

/** A key's text, and where it was found. */
interface FoundKey {
  readonly pem: string;
  readonly name: string;
}

// What OpenSSL gives for 2048 bits is what anybody trusts today; values under shorter keys can still be read, to be moved away.
const SHORTEST_TO_ENCRYPT = 2048;
const SHORTEST_TO_DECRYPT = 1024;

/** Whether there is a key, without reading what it is. */
export async function hasKey(source: KeySource, environment: NodeJS.ProcessEnv): Promise<boolean> {
  return (await findKey(source, environment).catch(() => undefined)) !== undefined;
}

/**
 * Loads the public key that values are encrypted for: a certificate or a bare RSA public key.
 *
 * @throws {@link EyamlError} `METHOD_UNAVAILABLE` or `KEY_FILE_MISSING` when there is none, `KEY_FILE_INVALID` when it will not do.
 */
export async function loadPublicKey(source: KeySource, environment: NodeJS.ProcessEnv): Promise<RecipientKey> {
  const { pem, name } = (await findKey(source, environment)) ?? missing('public', source, 'METHOD_UNAVAILABLE');
  const isCertificate = pem.includes('-----BEGIN CERTIFICATE-----');
  // One file may hold both halves, as web servers like it.
  if (!isCertificate && pem.includes('PRIVATE KEY-----')) {
    throw invalid(source, name, 'is a private key, where the public key or its certificate is to be');
  }
  if (!isCertificate && !/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(pem)) throw notPem(source, name);
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
 * Loads the private key that opens values, PKCS #1 or PKCS #8.
 *
 * @throws {@link EyamlError} `KEY_FILE_MISSING` when there is none, `KEY_FILE_INVALID` when it will not do.
 */
export async function loadPrivateKey(source: KeySource, environment: NodeJS.ProcessEnv): Promise<PrivateKey> {
  const { pem, name } = (await findKey(source, environment)) ?? missing('private', source, 'KEY_FILE_MISSING');
  if (!pem.includes('PRIVATE KEY-----')) {
    if (!/-----BEGIN (?:CERTIFICATE|(?:RSA )?PUBLIC KEY)-----/.test(pem)) throw notPem(source, name);
    throw invalid(source, name, 'is a public key or certificate, where the private key is to be');
  }
  if (/ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(pem)) {
    throw invalid(source, name, 'has a passphrase; Puppet could not use it, nor can eyaml', [
      'take the passphrase off: openssl rsa -in KEY -out NEW-KEY',
    ]);
  }
  try {
    const privateKey = createPrivateKey(pem);
    checkLength(source, name, privateKey, SHORTEST_TO_DECRYPT);
    return { privateKey, name };
  } catch (error) {
    throw error instanceof EyamlError ? error : invalid(source, name, 'is damaged: OpenSSL cannot read it');
  }
}

/** Whether the two are halves of one pair. */
export function isPair({ privateKey }: PrivateKey, { publicKey }: RecipientKey): boolean {
  return createPublicKey(privateKey).equals(publicKey);
}

async function findKey(source: KeySource, environment: NodeJS.ProcessEnv): Promise<FoundKey | undefined> {
  const { base64Variable, variable, file } = source;
  const base64 = base64Variable && environment[base64Variable];
  if (base64) {
    const pem = Buffer.from(base64, 'base64').toString('latin1');
    return { pem, name: `the environment variable ${base64Variable}` };
  }
  const text = variable && environment[variable];
  // Many a CI system keeps line ends in a variable as \n.
  if (text) return { pem: text.replaceAll('\\n', '\n'), name: `the environment variable ${variable}` };
  try {
    const status = await stat(file);
    // A pipe would wait for ever, a device never end.
    if (!status.isFile() || status.size > LARGEST) throw invalid(source, file, 'is no regular file of a key');
    return { pem: (await readFile(file, 'latin1')).replace(/^\u00ef\u00bb\u00bf/, ''), name: file };
  } catch (error) {
    if (error instanceof EyamlError) throw error;
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || isKeyText(file)) return undefined;
    // A key that is there for others alone, as the Puppet server's private key should be, is none for this user.
    throw new EyamlError(
      'KEY_FILE_MISSING',
      `${file} cannot be read (${errno ?? 'unknown error'}) (--${source.option})`,
    );
  }
}

const LARGEST = 1024 * 1024;

function missing(kind: 'public' | 'private', source: KeySource, whenDefault: ErrorCode): never {
  const { option, file, isDefault, base64Variable, variable } = source;
  const unset = [base64Variable && `pkcs7-b64-${kind}-key-env-var`, variable && `${option}-env-var`].flatMap((name) =>
    // What should be the name of a variable may be the key itself.
    name ? [`; the environment variable that --${name} names is not set`] : [],
  );
  const where = isKeyText(file) ? 'what is given is no path' : `there is no file ${file}`;
  throw new EyamlError(
    isDefault ? whenDefault : 'KEY_FILE_MISSING',
    `there is no PKCS7 ${kind} key: ${where} (--${option})${unset.join('')}`,
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
  if (key.asymmetricKeyType !== 'rsa' || bits === undefined) throw invalid(source, name, 'is no RSA key');
  if (bits < shortest) throw invalid(source, name, `is too small: ${bits} bits, and ${shortest} are the least`);
}

function notPem(source: KeySource, name: string): EyamlError {
  return invalid(source, name, 'holds no key in PEM ("-----BEGIN …")');
}

function invalid({ option }: KeySource, name: string, reason: string, suggestions: readonly string[] = []): EyamlError {
  return new EyamlError('KEY_FILE_INVALID', `${name} ${reason} (--${option})`, { suggestions });
}
