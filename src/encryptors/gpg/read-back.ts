import type { OwnSubkey } from '../../keys/keystore.js';
import type { Recipient } from '../../recipients/match.js';

/**
 * A warning for users who cannot decrypt what they encrypt: they are not recipients, or their newest encryption subkey is only on
 * another device.
 *
 * @param source - what names the recipients.
 * @returns undefined if one of the user's own keys can decrypt the values.
 */
export function unreadableHere(
  source: string,
  recipients: readonly Recipient[],
  own: readonly OwnSubkey[],
): string | undefined {
  const here = new Set(own.map(({ fingerprint }) => fingerprint));
  if (recipients.some(({ encryptionSubkey }) => here.has(encryptionSubkey.fingerprint))) return undefined;
  for (const { publicKey, encryptionSubkey } of recipients) {
    const { fingerprint } = publicKey.primaryKey;
    const mine = own.filter(({ primaryFingerprint }) => primaryFingerprint === fingerprint);
    if (mine.length === 0) continue;
    const which = `the secret part of ${encryptionSubkey.keyId}, the encryption subkey of your key ${fingerprint}, is not on this machine`;
    const [newest] = mine.filter(isAlive).sort((a, b) => b.created - a.created);
    const remedy = newest === undefined ? '' : `; to change that, add ${newest.fingerprint}! to ${source}`;
    return `${which}: you will not be able to read these values here${remedy}`;
  }
  return `you are not a recipient of ${source}: you will not be able to read these values`;
}

function isAlive({ validity }: OwnSubkey): boolean {
  return !['e', 'r', 'i', 'd'].includes(validity);
}
