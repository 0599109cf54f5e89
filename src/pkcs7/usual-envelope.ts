import { DER, splitDer, writeDer } from './der.js';
import type { CertificateId } from './names.js';

/**
 * What an EnvelopedData (RFC 5652, section 6) holds when it is as eyaml writes it, in Ruby and here: DER, one recipient with RSA, and
 * AES-256-CBC.
 */
export interface UsualEnvelope extends Pick<CertificateId, 'issuer' | 'serialNumber'> {
  readonly wrappedKey: Uint8Array;
  readonly iv: Uint8Array;
  readonly content: Uint8Array;
}

const VERSION_0 = Buffer.from('020100', 'hex');
// The object identifiers of EnvelopedData, data and AES-256-CBC, and the algorithm rsaEncryption with its parameter NULL.
const ENVELOPED_DATA = Buffer.from('06092a864886f70d010703', 'hex');
const DATA = Buffer.from('06092a864886f70d010701', 'hex');
const AES_256_CBC = Buffer.from('060960864801650304012a', 'hex');
const RSA_ENCRYPTION = Buffer.from('06092a864886f70d0101010500', 'hex');

/** Writes an EnvelopedData in DER. */
export function writeUsualEnvelope({ issuer, serialNumber, wrappedKey, iv, content }: UsualEnvelope): Buffer {
  const { sequence, set, integer, octets, implicit0, explicit0 } = DER;
  const rid = writeDer(sequence, issuer, writeDer(integer, serialNumber));
  const algorithm = writeDer(sequence, RSA_ENCRYPTION);
  const recipient = writeDer(sequence, VERSION_0, rid, algorithm, writeDer(octets, wrappedKey));
  const cipher = writeDer(sequence, AES_256_CBC, writeDer(octets, iv));
  const encrypted = writeDer(sequence, DATA, cipher, writeDer(implicit0, content));
  const enveloped = writeDer(sequence, VERSION_0, writeDer(set, recipient), encrypted);
  return writeDer(sequence, ENVELOPED_DATA, writeDer(explicit0, enveloped));
}

/** Reads what {@link writeUsualEnvelope} writes; undefined for all else, which may be an EnvelopedData of another form. */
export function readUsualEnvelope(envelope: Uint8Array): UsualEnvelope | undefined {
  const { sequence, set, integer, octets, oid, implicit0, explicit0 } = DER;
  const whole = Buffer.from(envelope.buffer, envelope.byteOffset, envelope.length);
  const [info] = splitDer(whole, sequence);
  const [, explicit] = splitDer(info, oid, explicit0);
  const [enveloped] = splitDer(explicit, sequence);
  const [, recipients, encrypted] = splitDer(enveloped, integer, set, sequence);
  const [recipient] = splitDer(recipients, sequence);
  const [, rid, , wrappedKey] = splitDer(recipient, integer, sequence, sequence, octets);
  const [issuer, serialNumber] = splitDer(rid, sequence, integer);
  const [, cipher, content] = splitDer(encrypted, oid, sequence, implicit0);
  const [, iv] = splitDer(cipher, oid, octets);
  if (!issuer || !serialNumber || !wrappedKey || !iv || !content) return undefined;
  const found = { issuer: writeDer(sequence, issuer), serialNumber, wrappedKey, iv, content };
  // DER has one form only, so this compares the parts that were not looked at.
  return writeUsualEnvelope(found).equals(whole) ? found : undefined;
}
