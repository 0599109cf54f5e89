import { createPublicKey, verify } from 'node:crypto';
import * as openpgp from 'openpgp';
import { parseFingerprint } from '../identifiers.js';
import { curveOf, leftPad } from './curves.js';
import { readPublicNumbers } from './packets.js';

/** What a self-signature is about, in openpgp.js's own shape (RFC 9580, section 5.2.4). */
type Signed =
  | { readonly key: openpgp.AnyKeyPacket }
  | { readonly key: openpgp.AnyKeyPacket; readonly userID: openpgp.UserIDPacket }
  | { readonly key: openpgp.AnyKeyPacket; readonly bind: openpgp.AnyKeyPacket };

// What openpgp.js has and does not declare.
interface Undeclared {
  readonly params: Promise<{ readonly r?: Uint8Array; readonly s?: Uint8Array }>;
  toHash(type: openpgp.enums.signature, signed: Signed): Uint8Array;
}

const CONFIG: openpgp.Config = {
  ...openpgp.config,
  // Keys made by GnuPG 1.4 and 2.0 carry SHA-1 self-signatures, and are in use. GnuPG itself refuses MD5 alone.
  rejectHashAlgorithms: new Set([openpgp.enums.hash.md5]),
};
const HASHES: ReadonlyMap<number, string> = new Map([
  [2, 'sha1'],
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
  [11, 'sha224'],
]);
// DER of an EC public key's algorithm, id-ecPublicKey (RFC 5480, section 2.1.1).
const EC_PUBLIC_KEY = Buffer.from('06072a8648ce3d0201', 'hex');

/**
 * Whether a primary key made a signature over one of its own parts. Only the mathematics and critical subpackets are judged, not
 * the times.
 */
export async function verifies(
  signature: openpgp.SignaturePacket,
  type: openpgp.enums.signature,
  signed: Signed,
): Promise<boolean> {
  try {
    // openpgp.js looks for a module that it does not bring when a signature is of a Brainpool curve.
    if (isBrainpool(signed.key)) return await verifiesBrainpool(signature, type, signed);
    // A date of null means at no particular time.
    await signature.verify(signed.key, type, signed, null as unknown as Date, false, CONFIG);
    return true;
  } catch {
    return false;
  }
}

function isBrainpool(key: openpgp.AnyKeyPacket): boolean {
  return key.getAlgorithmInfo().curve?.startsWith('brainpool') === true;
}

async function verifiesBrainpool(
  signature: openpgp.SignaturePacket,
  type: openpgp.enums.signature,
  signed: Signed,
): Promise<boolean> {
  const fingerprint = parseFingerprint(signed.key.getFingerprint());
  const numbers = fingerprint && readPublicNumbers(fingerprint, signed.key.write());
  const curve = numbers?.kind === 'signing' ? curveOf(numbers.curveOid) : undefined;
  const hash = HASHES.get(Number(signature.hashAlgorithm));
  const hasCriticalUnknowns =
    signature.unknownSubpackets.some(({ critical }) => critical) ||
    signature.rawNotations.some(({ critical }) => critical);
  const isOwn = signature.issuerKeyID.equals(signed.key.getKeyID()) && signature.signatureType === type;
  if (numbers?.kind !== 'signing' || !curve || !hash || hasCriticalUnknowns || !isOwn) return false;
  const internal = signature as unknown as Undeclared;
  const { r, s } = await internal.params;
  if (r === undefined || s === undefined) return false;
  const key = createPublicKey({ key: spki(numbers.curveOid, numbers.point), format: 'der', type: 'spki' });
  const octets = Buffer.concat([leftPad(r, curve.octets), leftPad(s, curve.octets)]);
  return verify(hash, internal.toHash(type, signed), { key, dsaEncoding: 'ieee-p1363' }, octets);
}

function spki(curveOid: Uint8Array, point: Uint8Array): Buffer {
  const algorithm = der(0x30, Buffer.concat([EC_PUBLIC_KEY, der(0x06, curveOid)]));
  return der(0x30, Buffer.concat([algorithm, der(0x03, Buffer.concat([Buffer.of(0), point]))]));
}

// Lengths of 128 octets and more take an octet that says how many follow (X.690, section 8.1.3.5).
function der(tag: number, content: Uint8Array): Buffer {
  const length = content.length < 128 ? Buffer.of(content.length) : Buffer.of(0x81, content.length);
  return Buffer.concat([Buffer.of(tag), length, content]);
}
