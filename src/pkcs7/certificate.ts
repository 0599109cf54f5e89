import { createHash, generateKeyPair, randomBytes, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  id_ce_basicConstraints,
  id_ce_subjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import { EyamlError } from '../errors.js';
import { nameFromText } from './names.js';

/** Properties of a new key pair. */
export interface KeyPairOptions {
  /** 2048 to 4096 bits. */
  readonly bits: number;
  /** The certificate's subject and issuer, `/CN=eyaml` for instance. */
  readonly subject: string;
  /** The hash that the certificate is signed with, `SHA256` for instance. */
  readonly digest: string;
}

/** A key pair in PEM: the private key as PKCS #1, the public key in a certificate. */
export interface KeyPair {
  readonly privateKey: string;
  readonly certificate: string;
}

const SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['sha256', '1.2.840.113549.1.1.11'],
  ['sha384', '1.2.840.113549.1.1.12'],
  ['sha512', '1.2.840.113549.1.1.13'],
]);
const NULL = new Uint8Array([0x05, 0x00]).buffer;
const FIFTY_YEARS = 50 * 365 * 24 * 60 * 60 * 1000;

/**
 * Checks that {@link createKeyPair} can create such a pair, before the user is asked anything.
 *
 * @throws {@link EyamlError} `USAGE` for an invalid length, subject or hash.
 */
export function checkKeyPairOptions(options: KeyPairOptions): void {
  readOptions(options);
}

function readOptions({ bits, subject, digest }: KeyPairOptions) {
  if (!Number.isInteger(bits) || bits < 2048 || bits > 4096) {
    throw new EyamlError('USAGE', 'an RSA key must have 2048 to 4096 bits');
  }
  const hash = digest.toLowerCase().replace('-', '');
  const signature = SIGNATURES.get(hash);
  if (signature === undefined)
    throw new EyamlError('USAGE', `a certificate cannot be signed with ${digest}: use SHA256, SHA384 or SHA512`);
  return { hash, signature, name: nameFromText(subject) };
}

/**
 * Creates an RSA key pair with a self-signed certificate that is valid for 50 years (RFC 5280, section 4).
 *
 * @throws {@link EyamlError} `USAGE` for an invalid length, subject or hash.
 */
export async function createKeyPair(options: KeyPairOptions): Promise<KeyPair> {
  const { hash, signature, name } = readOptions(options);
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: options.bits });
  const algorithm = new AlgorithmIdentifier({ algorithm: signature, parameters: NULL });
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const certificate = new TBSCertificate({
    version: Version.v3,
    // The old tool gives every certificate the same serial number, so that it is unclear which key a value is encrypted for.
    serialNumber: serialNumber(),
    signature: algorithm,
    issuer: name,
    validity: new Validity({ notBefore, notAfter: new Date(notBefore.getTime() + FIFTY_YEARS) }),
    subject: name,
    subjectPublicKeyInfo: AsnConvert.parse(spki(publicKey), SubjectPublicKeyInfo),
    extensions: extensionsFor(publicKey),
  });
  const signed = AsnConvert.serialize(certificate);
  return {
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    certificate: pem(
      AsnConvert.serialize(
        new Certificate({
          tbsCertificate: AsnConvert.parse(signed, TBSCertificate),
          signatureAlgorithm: algorithm,
          signatureValue: new Uint8Array(sign(hash, Buffer.from(signed), privateKey)).buffer,
        }),
      ),
    ),
  };
}

function extensionsFor(publicKey: KeyObject): Extensions {
  // RFC 5280, section 4.2.1.2: the hash of only the key's bits, without its algorithm.
  const keyBits = publicKey.export({ type: 'pkcs1', format: 'der' });
  const identifier = new SubjectKeyIdentifier(createHash('sha1').update(keyBits).digest());
  const extension = (extnID: string, value: unknown, critical: boolean) =>
    new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
  return new Extensions([
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: true }), true),
    extension(id_ce_subjectKeyIdentifier, identifier, false),
  ]);
}

// A positive INTEGER in its shortest form: the first octet is neither zero nor has its highest bit set.
function serialNumber(): ArrayBuffer {
  const octets = new Uint8Array(randomBytes(16));
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40;
  return octets.buffer;
}

function spki(publicKey: KeyObject): Uint8Array {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function pem(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
