import type { OwnSubkey } from '../../keys/keystore.js';
import type { Recipient } from '../../recipients/match.js';

/**
 * A warning for whoever encrypts what they cannot decrypt afterwards: because they are none of the recipients, or because their newest
 * encryption subkey, which is encrypted to, is on another device of theirs alone.
 *
 * @param source - what names the recipients.
 * @returns undefined when one of the user's own keys opens the values.
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
    const which = `the secret half of ${encryptionSubkey.keyId}, which your key ${fingerprint} encrypts to, is not here`;
    const [newest] = mine.filter(isAlive).sort((a, b) => b.created - a.created);
    const remedy = newest === undefined ? '' : `; with ${newest.fingerprint}! in ${source} as well, you will`;
    return `${which}: you will not be able to read these values back on this machine${remedy}`;
  }
  return `none of the recipients of ${source} is you: you will not be able to read these values back`;
}

function isAlive({ validity }: OwnSubkey): boolean {
  return !['e', 'r', 'i', 'd'].includes(validity);
}
