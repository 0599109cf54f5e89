import { WILDCARD_KEY_ID } from '../identifiers.js';
import type { KeyPart, PublicKey } from '../keys/keystore.js';
import type { MessageHead } from '../openpgp/head.js';
import type { Recipient } from '../recipients/match.js';
import type { Drift, Reader } from './encryptor.js';

/**
 * Compares those who can read a message with its recipients. A recipient's subkeys all count as theirs, expired and revoked ones
 * too; but who can read it with another than today's subkey only is outdated. One key named twice is no drift.
 */
export function driftOf({ readers, hasPassword, protection }: MessageHead, recipients: readonly Recipient[]): Drift {
  const remaining = new Set(readers.filter((keyId) => keyId !== WILDCARD_KEY_ID));
  const missing: Reader[] = [];
  const outdated: Reader[] = [];
  for (const { publicKey, encryptionSubkey } of recipients) {
    const theirs = partsOf(publicKey).filter(({ keyId }) => remaining.has(keyId));
    if (theirs.length === 0) missing.push(readerOf(publicKey));
    else if (!remaining.has(encryptionSubkey.keyId)) outdated.push(readerOf(publicKey));
  }
  for (const { publicKey } of recipients) for (const { keyId } of partsOf(publicKey)) remaining.delete(keyId);
  const hidden = readers.filter((keyId) => keyId === WILDCARD_KEY_ID).length;
  return { missing, outdated, extra: [...remaining], hidden, password: hasPassword, protection };
}

/** A key's primary key and subkeys. */
export function partsOf({ primaryKey, subkeys }: PublicKey): readonly KeyPart[] {
  return [primaryKey, ...subkeys];
}

/** A key as somebody who reads. */
export function readerOf({ primaryKey, userIds }: PublicKey): Reader {
  return {
    fingerprint: primaryKey.fingerprint,
    userId: userIds[0]?.text ?? 'no user ID',
    validity: primaryKey.validity,
  };
}
