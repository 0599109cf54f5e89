import { EyamlError, hasCode } from '../../errors.js';
import type { Keystore, OwnSubkey } from '../../keys/keystore.js';
import type { KeyId } from '../../openpgp/identifiers.js';
import type { Pkesk } from '../../openpgp/packets.js';
import type { SessionKey } from '../../openpgp/session-key.js';

/** The result of opening a message with the user's own keys. */
export interface Attempt {
  readonly pkesks: readonly Pkesk[];
  /** The user's keys that the message may be for. */
  readonly mine: readonly OwnSubkey[];
  /** Those that were used already, so they need no interaction any more. */
  readonly tried: readonly OwnSubkey[];
  /** The packet that gave the session key, if one did. */
  readonly opened: { readonly pkesk: Pkesk; readonly sessionKey: SessionKey } | undefined;
  readonly openSessionKey: (subkey: OwnSubkey, pkesk: Pkesk) => Promise<SessionKey | undefined>;
}

/**
 * Finds the user's own key IDs on packets that the user's key does not open, or that hold another session key than the message's.
 * Key IDs are not authenticated (RFC 9580, section 5.1): such a packet may belong to another reader. Keys that need interaction
 * are skipped, and so are packets that fail for another reason.
 */
export async function mislabelledIn(attempt: Attempt, keystore: Keystore): Promise<readonly KeyId[]> {
  const { pkesks, mine, tried, opened } = attempt;
  const found = new Set<KeyId>();
  for (const subkey of mine) {
    const theirs = pkesks.filter((pkesk) => pkesk.keyId === subkey.keyId && pkesk !== opened?.pkesk && pkesk.fields);
    if (theirs.length === 0 || (!tried.includes(subkey) && (await keystore.needsInteraction(subkey)))) continue;
    for (const pkesk of theirs) if (await isAnothers(subkey, pkesk, attempt)) found.add(pkesk.keyId);
  }
  return [...found];
}

async function isAnothers(subkey: OwnSubkey, pkesk: Pkesk, { opened, openSessionKey }: Attempt): Promise<boolean> {
  try {
    const sessionKey = await openSessionKey(subkey, pkesk);
    if (sessionKey === undefined) return true;
    return opened !== undefined && Buffer.compare(sessionKey.data, opened.sessionKey.data) !== 0;
  } catch (error) {
    if (error instanceof EyamlError) return hasCode(error, 'MESSAGE_INVALID');
    throw error;
  }
}
