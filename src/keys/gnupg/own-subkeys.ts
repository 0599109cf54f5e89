import { hasCode } from '../../errors.js';
import type { KeyId } from '../../openpgp/identifiers.js';
import type { KeyPart, Keystore, OwnSubkey } from '../keystore.js';
import { refuseSilentAgent } from './agent-connection.js';
import type { KeyringKey } from './colons.js';
import type { Gpg } from './gpg.js';
import { listKeysOfIds, listSecretKeys } from './keyring.js';
import { once } from './once.js';
import type { PublicKeys } from './public-keys.js';
import type { AgentSession } from './session.js';

/** What listing the user's own keys works with. */
export interface OwnSubkeysOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly session: AgentSession;
  /** Makes sure that the GnuPG home can be used. */
  readonly checked: () => Promise<void>;
  /** How long the agent may take for an answer, in milliseconds. */
  readonly limit: number;
  /** Public keys that are known already. */
  readonly found: PublicKeys['found'];
}

/** The user's own keys. */
export interface OwnSubkeys extends Pick<Keystore, 'ownSubkeys' | 'ownAmong' | 'expectOwn'> {
  /** For when the keystore is closed: nothing is made ready any more. */
  readonly stopExpecting: () => void;
}

/** Makes the listing of the user's own keys, which is done once, and the search among some. */
export function createOwnSubkeys(
  gpg: Gpg,
  { environment, session, checked, limit, found }: OwnSubkeysOptions,
): OwnSubkeys {
  const own = once(async () => {
    const keys = await listSecretKeys(gpg).catch(async (error: unknown) => {
      // Without its agent gpg lists nothing; the reason why the agent does not start says more than gpg's error.
      if (hasCode(error, 'GPG_FAILED')) await session.use(() => Promise.resolve());
      throw error;
    });
    // gpg-sq lists none, and says nothing, where the agent does not start.
    if (keys.length === 0) await session.use(() => Promise.resolve());
    return (await Promise.all(keys.map((key) => encryptionSecrets(key, session)))).flat();
  });
  const probes = new Map<number, Promise<void>>();
  const probe = (patience: number) => {
    const probed = probes.get(patience) ?? refuseSilentAgent(gpg, environment, patience);
    probes.set(patience, probed);
    return probed;
  };
  const reach = async (patience = limit, isWanted = () => true) => {
    await checked();
    await probe(Math.min(patience, limit));
    if (isWanted()) await session.use(() => Promise.resolve());
  };
  let isExpected = false;
  return {
    expectOwn: (patience) => {
      isExpected = true;
      // Not before a gpg that is about to be started. An agent that does not run is not started: it may not be needed.
      setImmediate(() => {
        if (isExpected && gpg.usualSocket() !== undefined) reach(patience, () => isExpected).catch(() => undefined);
      });
    },
    stopExpecting: () => (isExpected = false),
    ownSubkeys: async (patience = limit) => {
      await checked();
      await probe(Math.min(patience, limit));
      return own();
    },
    ownAmong: async (keyIds, patience) => {
      await checked();
      const [keys] = await Promise.all([found(keyIds) ?? listKeysOfIds(gpg, keyIds), reach(patience)]);
      return (await Promise.all(keys.map((key) => secretsAmong(keyIds, key, session)))).flat();
    },
  };
}

async function secretsAmong(
  keyIds: readonly KeyId[],
  key: KeyringKey,
  { use }: AgentSession,
): Promise<readonly OwnSubkey[]> {
  const parts = encryptionParts(key).filter(({ keyId }) => keyIds.includes(keyId));
  const has = async ({ keygrip }: KeyPart) => keygrip !== undefined && (await use((agent) => agent.has(keygrip)));
  const isThere = await Promise.all(parts.map(has));
  return parts.filter((_, i) => isThere[i]).map((part) => asOwn(part, key));
}

function encryptionParts({ primaryKey, subkeys }: KeyringKey): readonly KeyPart[] {
  return [primaryKey, ...subkeys].filter(({ canEncrypt }) => canEncrypt);
}

function asOwn(part: KeyPart, { primaryKey, userIds }: KeyringKey): OwnSubkey {
  return { ...part, primaryFingerprint: primaryKey.fingerprint, userId: userIds[0]?.text ?? '' };
}

// The agent is asked about stubs too: over the extra socket of an agent, which ssh forwards, GnuPG 2.2 sees every key as a stub.
async function encryptionSecrets(key: KeyringKey, { use }: AgentSession): Promise<readonly OwnSubkey[]> {
  const found: OwnSubkey[] = [];
  for (const part of encryptionParts(key)) {
    const { fingerprint, keygrip } = part;
    const isThere =
      key.secrets.get(fingerprint) === true ||
      (keygrip !== undefined && (await use((agent) => agent.has(keygrip)).catch(() => false)));
    if (isThere) found.push(asOwn(part, key));
  }
  return found;
}
