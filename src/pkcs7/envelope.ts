import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import {
  ContentInfo,
  EnvelopedData,
  id_envelopedData,
  type EncryptedContentInfo,
  type RecipientIdentifier,
} from '@peculiar/asn1-cms';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { EyamlError } from '../errors.js';
import { idText, type CertificateId } from './names.js';
import { rsaDecrypt, rsaEncrypt } from './rsa.js';
import { readUsualEnvelope, writeUsualEnvelope } from './usual-envelope.js';

/** An EnvelopedData (RFC 5652, section 6), parsed but not decrypted. */
export interface Envelope {
  /** Whose keys open it, in words: the serial number and issuer of a certificate, or a key identifier. */
  readonly readers: readonly string[];
  /**
   * Decrypts it with a private RSA key.
   *
   * @returns undefined when the key does not fit, or when the content is damaged: these are not distinguished.
   */
  readonly open: (privateKey: KeyObject) => Uint8Array | undefined;
}

interface Cipher {
  readonly name: string;
  readonly keyLength: number;
  readonly blockLength: number;
}

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const AES_256 = { name: 'aes-256-cbc', keyLength: 32, blockLength: 16 };
const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyLength: 16, blockLength: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyLength: 24, blockLength: 16 }],
  ['2.16.840.1.101.3.4.1.42', AES_256],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyLength: 24, blockLength: 8 }],
]);

/**
 * Reads an EnvelopedData in BER.
 *
 * @throws {@link EyamlError} `MESSAGE_INVALID` when it is damaged, or encrypted in a way that eyaml has never used.
 */
export function readEnvelope(octets: Uint8Array): Envelope {
  const { readers, cipher, iv, content, wrappedKeys } = usualParts(octets) ?? partsOf(parse(octets));
  // Padded content is never empty and consists of whole blocks.
  const isWhole = iv?.length === cipher.blockLength && content?.length && content.length % cipher.blockLength === 0;
  if (!isWhole) throw invalid('it is damaged or cut short');
  if (wrappedKeys.length === 0) throw invalid('it has no key that is encrypted with RSA PKCS #1 v1.5');
  return {
    readers,
    open: (privateKey) => {
      for (const wrappedKey of wrappedKeys) {
        const key = rsaDecrypt(privateKey, wrappedKey, cipher.keyLength);
        const plaintext = key && decipher(cipher, key, iv, content);
        if (plaintext) return plaintext;
      }
      return undefined;
    },
  };
}

/**
 * Encrypts for one RSA key as hiera-eyaml does: AES-256-CBC with a new key, that key with RSA and the padding of PKCS #1 v1.5,
 * in DER.
 */
export function writeEnvelope(plaintext: Uint8Array, publicKey: KeyObject, certificate: CertificateId): Uint8Array {
  const [key, iv] = [randomBytes(32), randomBytes(16)];
  const cipher = createCipheriv(AES_256.name, key, iv);
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const { issuer, serialNumber } = certificate;
  return writeUsualEnvelope({ issuer, serialNumber, wrappedKey: rsaEncrypt(publicKey, key), iv, content });
}

interface Parts {
  readonly readers: readonly string[];
  readonly cipher: Cipher;
  readonly iv: Uint8Array | undefined;
  readonly content: Uint8Array | undefined;
  readonly wrappedKeys: readonly Uint8Array[];
}

// The ASN.1 library takes much longer than all the rest, so it reads only what is not as eyaml writes it.
function usualParts(octets: Uint8Array): Parts | undefined {
  const found = readUsualEnvelope(octets);
  if (found === undefined) return undefined;
  const reader = knownIdText(found);
  if (reader === undefined) return undefined;
  const { iv, content, wrappedKey } = found;
  return { readers: [reader], cipher: AES_256, iv, content, wrappedKeys: [wrappedKey] };
}

// Most values are for the same certificate.
let lastId: CertificateId | undefined;

function knownIdText({ issuer, serialNumber }: Pick<CertificateId, 'issuer' | 'serialNumber'>): string | undefined {
  const isLast =
    lastId && Buffer.compare(lastId.issuer, issuer) === 0 && Buffer.compare(lastId.serialNumber, serialNumber) === 0;
  try {
    if (!isLast) lastId = { issuer, serialNumber, text: idText(serialNumber, issuer) };
    return lastId?.text;
  } catch {
    return undefined;
  }
}

function partsOf({ recipientInfos, encryptedContentInfo }: EnvelopedData): Parts {
  const { algorithm, parameters } = encryptedContentInfo.contentEncryptionAlgorithm;
  const cipher = CIPHERS.get(algorithm);
  if (cipher === undefined) throw invalid('its cipher is not supported (supported: AES-CBC, triple DES)');
  const recipients = [...recipientInfos].flatMap(({ ktri }) => ktri ?? []);
  const wrapped = recipients.filter(
    ({ keyEncryptionAlgorithm }) => keyEncryptionAlgorithm.algorithm === RSA_ENCRYPTION,
  );
  return {
    readers: [...recipientInfos].map(({ ktri }) => (ktri ? readerText(ktri.rid) : 'a reader without an RSA key')),
    cipher,
    iv: parameters ? octetString(parameters) : undefined,
    content: contentOf(encryptedContentInfo),
    wrappedKeys: wrapped.map(({ encryptedKey }) => Buffer.from(encryptedKey.buffer)),
  };
}

function parse(octets: Uint8Array): EnvelopedData {
  try {
    const { contentType, content } = AsnConvert.parse(octets, ContentInfo);
    if (contentType === id_envelopedData) return AsnConvert.parse(content, EnvelopedData);
  } catch {
    throw invalid('it is damaged or cut short');
  }
  throw invalid('it is not CMS EnvelopedData');
}

function decipher({ name }: Cipher, key: Uint8Array, iv: Uint8Array, content: Uint8Array): Uint8Array | undefined {
  try {
    const cipher = createDecipheriv(name, key, iv);
    return Buffer.concat([cipher.update(content), cipher.final()]);
  } catch {
    return undefined;
  }
}

function contentOf({ encryptedContent }: EncryptedContentInfo): Uint8Array | undefined {
  const pieces = encryptedContent?.constructedValue ?? (encryptedContent?.value ? [encryptedContent.value] : []);
  return pieces.length === 0 ? undefined : Buffer.concat(pieces.map(({ buffer }) => Buffer.from(buffer)));
}

function octetString(der: ArrayBuffer): Uint8Array | undefined {
  try {
    return Buffer.from(AsnConvert.parse(der, OctetString).buffer);
  } catch {
    return undefined;
  }
}

function readerText({ issuerAndSerialNumber, subjectKeyIdentifier }: RecipientIdentifier): string {
  if (issuerAndSerialNumber) {
    const { serialNumber, issuer } = issuerAndSerialNumber;
    return idText(new Uint8Array(serialNumber), new Uint8Array(AsnConvert.serialize(issuer)));
  }
  return `key identifier ${subjectKeyIdentifier ? Buffer.from(subjectKeyIdentifier.buffer).toString('hex') : 'unknown'}`;
}

function invalid(reason: string): EyamlError {
  return new EyamlError('MESSAGE_INVALID', `the PKCS7 value cannot be read: ${reason}`);
}
