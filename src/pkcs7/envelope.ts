import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';
import {
  CMSVersion,
  ContentEncryptionAlgorithmIdentifier,
  ContentInfo,
  EncryptedContent,
  EncryptedContentInfo,
  EnvelopedData,
  IssuerAndSerialNumber,
  KeyEncryptionAlgorithmIdentifier,
  KeyTransRecipientInfo,
  RecipientIdentifier,
  RecipientInfo,
  RecipientInfos,
  id_data,
  id_envelopedData,
} from '@peculiar/asn1-cms';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { EyamlError } from '../errors.js';
import { idText, parseName, type CertificateId } from './names.js';
import { rsaDecrypt, rsaEncrypt } from './rsa.js';

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
const AES_256_CBC = '2.16.840.1.101.3.4.1.42';
const CIPHERS: ReadonlyMap<string, Cipher> = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keyLength: 16, blockLength: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keyLength: 24, blockLength: 16 }],
  [AES_256_CBC, { name: 'aes-256-cbc', keyLength: 32, blockLength: 16 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keyLength: 24, blockLength: 8 }],
]);
const NULL = new Uint8Array([0x05, 0x00]).buffer;

/**
 * Reads an EnvelopedData in BER.
 *
 * @throws {@link EyamlError} `MESSAGE_INVALID` when it is damaged, or encrypted in a way that eyaml has never used.
 */
export function readEnvelope(octets: Uint8Array): Envelope {
  const { recipientInfos, encryptedContentInfo } = parse(octets);
  const cipher = CIPHERS.get(encryptedContentInfo.contentEncryptionAlgorithm.algorithm);
  if (cipher === undefined) throw invalid('its cipher is not supported (supported: AES-CBC, triple DES)');
  const { parameters } = encryptedContentInfo.contentEncryptionAlgorithm;
  const iv = parameters ? octetString(parameters) : undefined;
  const content = contentOf(encryptedContentInfo);
  // Padded content is never empty and consists of whole blocks.
  const isWhole = iv?.length === cipher.blockLength && content?.length && content.length % cipher.blockLength === 0;
  if (!isWhole) throw invalid('it is damaged or cut short');
  const recipients = [...recipientInfos].flatMap(({ ktri }) => ktri ?? []);
  const wrapped = recipients.filter(
    ({ keyEncryptionAlgorithm }) => keyEncryptionAlgorithm.algorithm === RSA_ENCRYPTION,
  );
  if (wrapped.length === 0) throw invalid('it has no key that is encrypted with RSA PKCS #1 v1.5');
  return {
    readers: [...recipientInfos].map(({ ktri }) => (ktri ? readerText(ktri.rid) : 'a reader without an RSA key')),
    open: (privateKey) => {
      for (const { encryptedKey } of wrapped) {
        const key = rsaDecrypt(privateKey, Buffer.from(encryptedKey.buffer), cipher.keyLength);
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
export function writeEnvelope(
  plaintext: Uint8Array,
  publicKey: KeyObject,
  { issuer, serialNumber }: CertificateId,
): Uint8Array {
  const [key, iv] = [randomBytes(32), randomBytes(16)];
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const recipient = new KeyTransRecipientInfo({
    version: CMSVersion.v0,
    rid: new RecipientIdentifier({
      issuerAndSerialNumber: new IssuerAndSerialNumber({
        issuer: parseName(issuer),
        serialNumber: exact(serialNumber),
      }),
    }),
    keyEncryptionAlgorithm: new KeyEncryptionAlgorithmIdentifier({ algorithm: RSA_ENCRYPTION, parameters: NULL }),
    encryptedKey: new OctetString(rsaEncrypt(publicKey, key)),
  });
  const enveloped = new EnvelopedData({
    version: CMSVersion.v0,
    recipientInfos: new RecipientInfos([new RecipientInfo({ ktri: recipient })]),
    encryptedContentInfo: new EncryptedContentInfo({
      contentType: id_data,
      contentEncryptionAlgorithm: new ContentEncryptionAlgorithmIdentifier({
        algorithm: AES_256_CBC,
        parameters: AsnConvert.serialize(new OctetString(iv)),
      }),
      encryptedContent: new EncryptedContent({ value: new OctetString(content) }),
    }),
  });
  const info = new ContentInfo({ contentType: id_envelopedData, content: AsnConvert.serialize(enveloped) });
  return new Uint8Array(AsnConvert.serialize(info));
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
    return idText(issuerAndSerialNumber.serialNumber, issuerAndSerialNumber.issuer);
  }
  return `key identifier ${subjectKeyIdentifier ? Buffer.from(subjectKeyIdentifier.buffer).toString('hex') : 'unknown'}`;
}

// The ASN.1 library uses the whole buffer behind a view.
function exact(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}

function invalid(reason: string): EyamlError {
  return new EyamlError('MESSAGE_INVALID', `the PKCS7 value cannot be read: ${reason}`);
}
