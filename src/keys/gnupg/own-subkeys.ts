import { hasCode } from '../../errors.js';
import type { Keystore, OwnSubkey } from '../keystore.js';
import { refuseSilentAgent } from './agent-connection.js';
import type { KeyringKey } from './colons.js';
import type { Gpg } from './gpg.js';
import { listSecretKeys } from './keyring.js';
import { once } from './once.js';
import type { AgentSession } from './session.js';

/** What listing the user's own keys works with. */
export interface OwnSubkeysOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly session: AgentSession;
  /** Makes sure that the GnuPG home can be used. */
  readonly checked: () => Promise<void>;
  /** How long the agent may take for an answer, in milliseconds. */
  readonly limit: number;
}

/** Makes the listing of the user's own keys, which is done once. */
export function createOwnSubkeys(
  gpg: Gpg,
  { environment, session, checked, limit }: OwnSubkeysOptions,
): Keystore['ownSubkeys'] {
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
  return async (patience = limit) => {
    await checked();
    await probe(Math.min(patience, limit));
    return own();
  };
}

// The agent is asked about stubs too: over the extra socket of an agent, which ssh forwards, GnuPG 2.2 sees every key as a stub.
async function encryptionSecrets(
  { primaryKey, subkeys, userIds, secrets }: KeyringKey,
  { use }: AgentSession,
): Promise<readonly OwnSubkey[]> {
  const found: OwnSubkey[] = [];
  for (const part of [primaryKey, ...subkeys].filter(({ canEncrypt }) => canEncrypt)) {
    const { fingerprint, keygrip } = part;
    const isThere =
      secrets.get(fingerprint) === true ||
      (keygrip !== undefined && (await use((agent) => agent.has(keygrip)).catch(() => false)));
    if (isThere)
      found.push({
        ...part,
        primaryFingerprint: primaryKey.fingerprint,
        userId: userIds[0]?.text ?? '',
      });
  }
  return found;
}
