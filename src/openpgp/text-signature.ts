import { attribute } from './attribution.js';
import { createdOf } from './component-validity.js';
import type { Fingerprint, KeyId } from './identifiers.js';
import type { ReadKey, ReadPart } from './keys.js';
import { createSigner, hashedKey } from './self-signatures.js';
import { readSignature, SIGNATURE, type Signature } from './signatures.js';
import { judgeKey, type JudgedKey } from './validity.js';

/** A public key that may have made a signature. */
export interface SignerKey {
  readonly key: ReadKey;
  /** The primary key and subkeys that are revoked, also where the key itself does not say so. */
  readonly revoked: ReadonlySet<Fingerprint>;
}

/** What a signature over a text is worth. */
export type SignatureVerdict =
  | {
      readonly isGood: true;
      /** The primary key. */
      readonly signer: Fingerprint;
      readonly created: number;
      /** Whether the key has expired since. */
      readonly hasExpired: boolean;
    }
  | {
      readonly isGood: false;
      /** Undefined if it is by none of the keys. */
      readonly signer: Fingerprint | undefined;
      /** As the signature says. */
      readonly issuer: KeyId | undefined;
      /** Why it does not count; it follows the signer. */
      readonly reason: string;
    };

// RFC 9580, section 9.5.
const SHA512 = 10;
// How far the clocks of two machines may be apart, in seconds.
const SKEW = 60;

/**
 * Verifies a signature over a text. It must be of type 1, with SHA-512, by a primary key or subkey that its owner lets sign; a subkey must
 * also sign that it belongs to that owner (RFC 9580, sections 5.2.1.2 and 5.2.1.9). Whether the key belongs to anybody is not asked. A signature that is
 * older than the end of its key stays good; one by a revoked key never is, since its time is what its maker says.
 *
 * @param body - the body of the signature packet.
 * @param signed - the octets of the text, with CRLF.
 * @param keys - the keys that may have made it.
 * @param now - in seconds since 1970.
 */
export function judgeTextSignature(
  body: Uint8Array,
  signed: Uint8Array,
  keys: readonly SignerKey[],
  now: number,
): SignatureVerdict {
  const signature = readSignature(body);
  const bad = (reason: string, signer?: SignerKey): SignatureVerdict => {
    return { isGood: false, signer: signer?.key.fingerprint, issuer: signature?.issuer, reason };
  };
  if (signature === undefined) return bad('is damaged');
  if (signature.type !== SIGNATURE.text) return bad('is not a signature of a text');
  if (signature.hashAlgorithm !== SHA512) return bad('is made with another digest than SHA-512');
  const named = keys.flatMap((signer) =>
    signer.key.parts.flatMap((part) => (part.keyId === signature.issuer ? [{ signer, part }] : [])),
  );
  if (named.length === 0) return bad('is by a key that is not known here');
  const found = named.find(
    ({ part }) => createSigner(part.fingerprint, part.body).verify(signature, signed) === 'valid',
  );
  if (found === undefined) return bad('does not fit the text', named[0]?.signer);
  const { signer, part } = found;
  const reason = faultOf(signature, signer, part, now);
  if (reason !== undefined) return bad(reason, signer);
  const hasExpired = validityOf(judgeKey(signer.key, now), part) === 'e';
  return { isGood: true, signer: signer.key.fingerprint, created: signature.created, hasExpired };
}

function faultOf(
  { created, expires }: Signature,
  { key, revoked }: SignerKey,
  part: ReadPart,
  now: number,
): string | undefined {
  if (created > now + SKEW) return 'is dated in the future: compare the clock of this machine with the right time';
  if (expires !== undefined && expires <= now) return 'has expired';
  const isRevoked = revoked.has(key.fingerprint) || revoked.has(part.fingerprint);
  if (isRevoked || validityOf(judgeKey(key, now), part) === 'r') return 'is by a revoked key';
  // By its newest self-signatures, whenever they were made: a key whose end was put off was never over.
  const then = judgeKey(key, created);
  if (createdOf(part) > created) return 'is older than its key';
  if (validityOf(then, part) === 'e') return 'was made when its key had expired';
  if (validityOf(then, part) !== '-') return 'is by a key whose own signatures are not valid';
  return partIn(then, part)?.canSign && belongsTo(key, part) ? undefined : 'is by a key that may not sign';
}

function partIn({ primaryKey, subkeys }: JudgedKey, { fingerprint }: ReadPart) {
  return [primaryKey, ...subkeys].find((part) => part.fingerprint === fingerprint);
}

function validityOf(judged: JudgedKey, part: ReadPart) {
  return partIn(judged, part)?.validity;
}

// Anybody can bind another person's signing subkey to a key of their own, and claim its signatures.
function belongsTo(key: ReadKey, part: ReadPart): boolean {
  const [primary, ...subkeys] = key.parts;
  const at = subkeys.indexOf(part);
  if (at === -1) return part === primary;
  const signer = createSigner(part.fingerprint, part.body);
  const signed = Buffer.concat([hashedKey(primary.body), hashedKey(part.body)]);
  const bindings = attribute(key).ofSubkeys[at]?.filter(({ type }) => type === SIGNATURE.binding) ?? [];
  return bindings.some(({ verdict, embedded }) => {
    const back = embedded && readSignature(embedded);
    return verdict === 'valid' && back?.type === SIGNATURE.primaryBinding && signer.verify(back, signed) === 'valid';
  });
}
