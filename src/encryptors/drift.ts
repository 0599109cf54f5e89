import type { KeyPart, PublicKey } from '../keys/keystore.js';
import { WILDCARD_KEY_ID } from '../openpgp/identifiers.js';
import type { MessageHead } from '../openpgp/inspect.js';
import type { Recipient } from '../recipients/match.js';
import { repeatedIn, type Drift, type Reader } from './encryptor.js';

/** Somebody who should read values; without an encryption subkey, none of theirs is outdated. */
export type Expected = Pick<Recipient, 'publicKey'> & Partial<Pick<Recipient, 'encryptionSubkey'>>;

/**
 * Makes the comparison of messages' readers with their recipients. All subkeys of a recipient count as theirs, expired and revoked ones too; a
 * recipient who can read it only with another subkey than today's is outdated. A recipient that the list has twice is not drift. The
 * key IDs in a message are not authenticated (RFC 9580, section 5.1): one that is there twice, or belongs to a key that cannot
 * encrypt, may hide another reader.
 */
export function createComparison(recipients: readonly Expected[]): (head: MessageHead) => Drift {
  // Many messages have the same readers.
  const known = new Map<string, Drift>();
  return (head) => {
    const id = [head.protection, head.hasPassword, ...head.readers].join();
    const drift = known.get(id) ?? driftOf(head, recipients);
    known.set(id, drift);
    return drift;
  };
}

function driftOf({ readers, hasPassword, protection }: MessageHead, recipients: readonly Expected[]): Drift {
  const named = readers.filter((keyId) => keyId !== WILDCARD_KEY_ID);
  const remaining = new Set(named);
  const missing: Reader[] = [];
  const outdated: Reader[] = [];
  for (const { publicKey, encryptionSubkey } of recipients) {
    const theirs = partsOf(publicKey).filter(({ keyId, canEncrypt }) => canEncrypt && remaining.has(keyId));
    if (theirs.length === 0) missing.push(readerOf(publicKey));
    else if (encryptionSubkey && !remaining.has(encryptionSubkey.keyId)) outdated.push(readerOf(publicKey));
  }
  const parts = recipients.flatMap(({ publicKey }) => partsOf(publicKey));
  for (const { keyId, canEncrypt } of parts) if (canEncrypt) remaining.delete(keyId);
  const mislabelled = parts.map(({ keyId }) => keyId).filter((keyId) => remaining.has(keyId));
  for (const keyId of mislabelled) remaining.delete(keyId);
  return {
    missing,
    outdated,
    extra: [...remaining],
    repeated: repeatedIn(named),
    mislabelled: [...new Set(mislabelled)],
    hidden: readers.length - named.length,
    password: hasPassword,
    protection,
  };
}

/** A key's primary key and subkeys. */
export function partsOf({ primaryKey, subkeys }: PublicKey): readonly KeyPart[] {
  return [primaryKey, ...subkeys];
}

/** A key as a reader. */
export function readerOf({ primaryKey, userIds }: PublicKey): Reader {
  return {
    fingerprint: primaryKey.fingerprint,
    userId: userIds[0]?.text ?? 'no user ID',
    validity: primaryKey.validity,
  };
}
