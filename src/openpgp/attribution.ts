import type { Component } from './components.js';
import type { ReadKey } from './keys.js';
import { PACKET } from './packets.js';
import { createSigner, hashedKey, type Signer, type Verdict } from './self-signatures.js';
import { isRevocationType, readSignature, SIGNATURE, type Signature } from './signatures.js';

/** A signature that the primary key made, or seems to have made, and how certain that is; never `invalid`. */
export interface Attributed extends Signature {
  readonly verdict: Verdict;
}

/** A user ID or user attribute with the signatures over it. */
export interface AttributedUserId {
  readonly component: Component;
  readonly signatures: readonly Attributed[];
}

/** A key's self-signatures, by what they are about and in the order of the file. */
export interface Attribution {
  /** Over the primary key alone. */
  readonly ofKey: readonly Attributed[];
  readonly ofUserIds: readonly AttributedUserId[];
  /** In the order of the key's subkeys. */
  readonly ofSubkeys: readonly (readonly Attributed[])[];
  /** Whether one of the signatures, even one by another key, cannot be parsed. */
  readonly isDamaged: boolean;
}

/** What a signature may be about. */
interface Subject {
  readonly component: Component;
  readonly signed: (signature: Signature) => Uint8Array;
  readonly signatures: Attributed[];
}

// How many other places of a signature are tried: more than a key has user IDs or subkeys, but few enough that a file full of user IDs
// and signatures does not take hours.
const ELSEWHERE = 64;
const { certification, lastCertification, binding, directKey, keyRevocation } = SIGNATURE;
const { subkeyRevocation, certificationRevocation } = SIGNATURE;

/**
 * Finds what each self-signature of a key is about, wherever it is in the file, as GnuPG does: it moves signatures to their place when it
 * imports a key (g10/key-check.c, key_check_all_keysigs). Signatures by other keys and forged ones are left out. A signature that cannot be
 * verified is about the part that it follows, or about all parts that it may be about when that one does not fit.
 */
export function attribute({ fingerprint, parts, components }: ReadKey): Attribution {
  const [primary] = parts;
  const signer = createSigner(fingerprint, primary.body);
  const key = hashedKey(primary.body);
  const subjects = components.map((component): Subject => {
    return { component, signed: (signature) => signedOctets(component, key, signature), signatures: [] };
  });
  let isDamaged = false;
  for (const subject of subjects) {
    for (const body of subject.component.signatures) {
      const signature = readSignature(body);
      // A revocation that does not name its issuer may be by the key itself.
      isDamaged ||= signature?.numbers === undefined;
      const isOwn = (signature?.issuer ?? primary.keyId) === primary.keyId;
      const isNamed = signature?.issuer !== undefined || isRevocationType(signature?.type ?? 0);
      if (signature && isOwn && isNamed) assign(signature, subject, subjects, signer);
    }
  }
  const tagged = (...tags: readonly number[]) => subjects.filter(({ component }) => tags.includes(component.tag));
  return {
    ofKey: tagged(PACKET.publicKey).flatMap(({ signatures }) => signatures),
    ofUserIds: tagged(PACKET.userId, PACKET.userAttribute),
    ofSubkeys: tagged(PACKET.publicSubkey).map(({ signatures }) => signatures),
    isDamaged,
  };
}

function assign(signature: Signature, place: Subject, subjects: readonly Subject[], signer: Signer): void {
  const fitting = subjects.filter(({ component }) => tagsOf(signature.type).includes(component.tag));
  const verdictOf = (subject: Subject) => signer.verify(signature, subject.signed(signature));
  const isInPlace = fitting.includes(place);
  const here = isInPlace ? verdictOf(place) : 'invalid';
  if (isSure(here)) return void place.signatures.push({ ...signature, verdict: here });
  const others = fitting.filter((subject) => subject !== place).slice(0, ELSEWHERE);
  for (const subject of others.filter((subject) => signer.mayCover(signature, subject.signed(signature)))) {
    const verdict = verdictOf(subject);
    if (isSure(verdict)) return void subject.signatures.unshift({ ...signature, verdict });
  }
  if (signature.issuer === undefined) return;
  for (const subject of isInPlace ? [place] : others)
    if (verdictOf(subject) === 'unknown') subject.signatures.push({ ...signature, verdict: 'unknown' });
}

function isSure(verdict: Verdict): boolean {
  return verdict === 'valid' || verdict === 'weak';
}

function tagsOf(type: number): readonly number[] {
  if (type === directKey || type === keyRevocation) return [PACKET.publicKey];
  if (type === binding || type === subkeyRevocation) return [PACKET.publicSubkey];
  const isOfUserId = (type >= certification && type <= lastCertification) || type === certificationRevocation;
  return isOfUserId ? [PACKET.userId, PACKET.userAttribute] : [];
}

// RFC 9580, section 5.2.4.
function signedOctets({ tag, body }: Component, key: Uint8Array, { hashesLengths }: Signature): Uint8Array {
  if (tag === PACKET.publicKey) return key;
  if (tag === PACKET.publicSubkey) return Buffer.concat([key, hashedKey(body)]);
  const head = Buffer.alloc(hashesLengths ? 5 : 0);
  if (hashesLengths) {
    head.writeUInt8(tag === PACKET.userId ? 0xb4 : 0xd1);
    head.writeUInt32BE(body.length, 1);
  }
  return Buffer.concat([key, head, body]);
}
