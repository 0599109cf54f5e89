import pLimit from 'p-limit';
import { hasCode, type ErrorCode, type EyamlError } from '../../errors.js';
import type { Fingerprint, Keygrip } from '../../openpgp/identifiers.js';
import type { KeyHints, Keystore, OwnSubkey } from '../keystore.js';
import { ANSWER_LIMIT, refuseSilentAgent } from './agent-connection.js';
import { openAgent } from './agent.js';
import type { KeyringKey } from './colons.js';
import { passphraseInGpgConf, takesEveryKey } from './gpg-conf.js';
import { createGpg, terminalName } from './gpg.js';
import { checkHome } from './home.js';
import { exportPublicKeys, listAllKeys, listPublicKeys, listSecretKeys } from './keyring.js';
import { decryptWithGpg, encryptWithGpg } from './messages.js';
import { agentForgets, createUnwrapper, type GivenPassphrase } from './passphrases.js';
import { createAgentSession, type AgentSession } from './session.js';

/** Where GnuPG is found and how its pinentry reaches the user. */
export interface GnupgOptions {
  /** The GnuPG home; undefined for GNUPGHOME or GnuPG's own default. */
  readonly home: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** How many octets a message that gpg itself decrypts may hold. */
  readonly maxPlaintext?: number;
  /** Gives the passphrase for all keys that need one, in place of the pinentry. Resolves to undefined when there is none. */
  readonly givenPassphrase?: () => Promise<GivenPassphrase | undefined>;
  /** Called when something takes long. */
  readonly onWait?: (message: string) => void;
  /** How long the agent may take for an answer that needs no user, in milliseconds. */
  readonly limit?: number;
}

// How much slower a key is than an ECDH key, roughly: milliseconds of one operation in gpg-agent.
const COST_OF_RSA_2048 = 5;

// Errors after which asking again would fail again, or disturb the user again.
const FINAL: readonly ErrorCode[] = [
  'NO_SECRET_KEY',
  'PASSPHRASE_CANCELLED',
  'PASSPHRASE_WRONG',
  'PINENTRY_UNAVAILABLE',
];

/**
 * The user's own GnuPG as a keystore: keys by `gpg`, secret keys by gpg-agent over one connection that is opened when the first
 * secret key is needed. Each question to gpg is asked once.
 */
export function createGnupgKeystore({
  home,
  environment: given,
  givenPassphrase,
  onWait,
  limit = ANSWER_LIMIT,
  maxPlaintext,
}: GnupgOptions): Keystore {
  const tty = terminalName(given);
  const environment = tty === undefined ? given : { ...given, GPG_TTY: tty };
  const gpg = createGpg(home, environment);
  const checked = once(() => checkHome(gpg));
  const session = createAgentSession(async () => {
    await checked();
    return openAgent(gpg, { environment, limit, ...(onWait && { onWait }) });
  });
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
  let everyKey = once(() => listAllKeys(gpg));
  const everyKeyIsTaken = once(() => takesEveryKey(gpg));
  let isGenuineUnknown = false;
  const probes = new Map<number, Promise<void>>();
  const probe = (limit: number) => {
    const probed = probes.get(limit) ?? refuseSilentAgent(gpg, environment, limit);
    probes.set(limit, probed);
    return probed;
  };
  const passphrase = once(async () => (await givenPassphrase?.()) ?? passphraseInGpgConf(gpg));
  const unwrapper = createUnwrapper(
    session,
    passphrase,
    once(() => agentForgets(gpg)),
  );
  const stateOf = async ({ keygrip }: OwnSubkey) => keygrip && (await session.keyStates()).get(keygrip);
  const needsInteraction = async (subkey: OwnSubkey) => {
    const state = await stateOf(subkey);
    return state === 'card' || (state === 'locked' && (await passphrase()) === undefined);
  };
  // gpg applies gpg.conf by itself, and would send a card the passphrase as its PIN.
  const forGpg = once(async () => {
    const octets = (await givenPassphrase?.())?.octets;
    if (octets === undefined || !(await session.use((agent) => agent.takesPassphrases()))) return undefined;
    return [...(await session.keyStates()).values()].includes('card') ? undefined : octets;
  });
  // The agent and a card do one thing at a time, and a user must not see two questions at once.
  const oneByOne = pLimit(1);
  const refused = new Map<Keygrip, EyamlError>();
  let refusedToGpg: EyamlError | undefined;

  return {
    search: async (terms) => {
      await checked();
      const keys = await listPublicKeys(gpg, terms, everyKey);
      isGenuineUnknown ||= keys.some(isOfUnknownValidity) && (await everyKeyIsTaken());
      return keys;
    },
    lookAgain: () => {
      everyKey = once(() => listAllKeys(gpg));
    },
    hints: (primary) => (isGenuineUnknown ? { ...hints(primary), vouch: SAYS_ALWAYS } : hints(primary)),
    exportKeys: (fingerprints) => exportPublicKeys(gpg, fingerprints),
    ownSubkeys: async (patience = limit) => {
      await checked();
      await probe(Math.min(patience, limit));
      return own();
    },
    needsInteraction,
    byCost: async (subkeys) => {
      if (subkeys.length < 2) return subkeys;
      const ranked = await Promise.all(
        subkeys.map(async (subkey) => ({ subkey, asks: await needsInteraction(subkey), cost: costOf(subkey) })),
      );
      return ranked.sort((a, b) => Number(a.asks) - Number(b.asks) || a.cost - b.cost).map(({ subkey }) => subkey);
    },
    unwrap: (subkey, wrapped) =>
      oneByOne(async () => {
        const earlier = subkey.keygrip && refused.get(subkey.keygrip);
        if (earlier) throw earlier;
        try {
          return await unwrapper.unwrap(subkey, wrapped);
        } catch (error) {
          if (isFinal(error) && subkey.keygrip) refused.set(subkey.keygrip, error);
          throw error;
        }
      }),
    encrypt: (plaintext, subkeys) => encryptWithGpg(gpg, plaintext, subkeys),
    decrypt: (message) =>
      oneByOne(async () => {
        if (refusedToGpg) throw refusedToGpg;
        try {
          return await decryptWithGpg(gpg, message, { maxPlaintext, passphrase: await forGpg() });
        } catch (error) {
          if (isFinal(error) && !hasCode(error, 'NO_SECRET_KEY')) refusedToGpg = error;
          throw error;
        }
      }),
    close: () => {
      unwrapper.forget();
      session.close();
    },
  };
}

// The user configured this for gpg, not for eyaml.
const SAYS_ALWAYS =
  'gpg.conf sets "trust-model always", so GnuPG does not say which keys it trusts: remove that line, or use --gpg-always-trust';

function isOfUnknownValidity({ userIds }: KeyringKey): boolean {
  return userIds.every(({ validity }) => ['-', 'o', 'q'].includes(validity));
}

function hints(primaryFingerprint?: Fingerprint): KeyHints {
  const which = primaryFingerprint ?? 'FINGERPRINT';
  return {
    place: 'GnuPG',
    add: 'import it: gpg --import FILE',
    renew: 'then import the new copy: gpg --import FILE',
    vouch: `compare the fingerprint with its owner, then: gpg --quick-sign-key ${which} (or, for yourself alone, gpg --quick-lsign-key ${which})`,
    own: '"gpg --list-secret-keys" shows your keys: import yours, insert your smart card, or name the right --gpg-gnupghome',
  };
}

function isFinal(error: unknown): error is EyamlError {
  return hasCode(error, ...FINAL);
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
    if (isThere) found.push({ ...part, primaryFingerprint: primaryKey.fingerprint, userId: userIds[0]?.text ?? '' });
  }
  return found;
}

// The time of RSA grows with the cube of its length; every elliptic curve is faster than any RSA key in use.
function costOf({ algorithm, bits }: OwnSubkey): number {
  return algorithm === 18 ? bits / 1000 : COST_OF_RSA_2048 * (bits / 2048) ** 3;
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
