import pLimit from 'p-limit';
import { hasCode, type ErrorCode, type EyamlError } from '../../errors.js';
import { costOf } from '../cost.js';
import type { Keystore, OwnSubkey } from '../keystore.js';
import { passphraseInGpgConf } from './gpg-conf.js';
import type { Gpg } from './gpg.js';
import { decryptWithGpg } from './messages.js';
import { once } from './once.js';
import { agentForgets, createUnwrapper, type GivenPassphrase } from './passphrases.js';
import type { AgentSession } from './session.js';

/** What a keystore does with secret keys. */
export interface Opening extends Pick<Keystore, 'needsInteraction' | 'byCost' | 'unwrap' | 'decrypt'> {
  /** The passphrase that is given to gpg itself in place of a person's answer. */
  readonly forGpg: () => Promise<Uint8Array | undefined>;
  /** Forgets passphrases. */
  readonly forget: () => void;
}

/** What opening messages works with. */
export interface OpeningOptions {
  /** How many octets a message may hold that gpg itself decrypts. */
  readonly maxPlaintext?: number | undefined;
  /** Gives the passphrase for all keys that need one, in place of the pinentry. Resolves to undefined when there is none. */
  readonly givenPassphrase?: (() => Promise<GivenPassphrase | undefined>) | undefined;
}

// How much slower a key is than an ECDH key, roughly: milliseconds of one operation in gpg-agent.
const COST_OF_RSA_2048 = 5;

/** Makes {@link Opening}: after a refusal the user is not asked again. */
export function createOpening(
  gpg: Gpg,
  session: AgentSession,
  { givenPassphrase, maxPlaintext }: OpeningOptions,
): Opening {
  const passphrase = once(async () => (await givenPassphrase?.()) ?? passphraseInGpgConf(gpg));
  // The agent and a card do one thing at a time, and a user must not see two questions at once.
  const inTurn = pLimit(1);
  const unwrapper = createUnwrapper(
    session,
    passphrase,
    once(() => agentForgets(gpg)),
    { inTurn, unlessRefused: createRefusals(FINAL) },
  );
  // gpg applies gpg.conf by itself, and would send a card the passphrase as its PIN.
  const forGpg = once(async () => {
    const octets = (await givenPassphrase?.())?.octets;
    if (octets === undefined || !(await session.use((agent) => agent.takesPassphrases()))) return undefined;
    return [...(await session.keyStates()).values()].includes('card') ? undefined : octets;
  });
  const stateOf = async ({ keygrip }: OwnSubkey) => keygrip && (await session.keyStates()).get(keygrip);
  const needsInteraction = async (subkey: OwnSubkey) => {
    const state = await stateOf(subkey);
    return state === 'card' || (state === 'locked' && (await passphrase()) === undefined);
  };
  const decryptOnce = createRefusals(FINAL_FOR_GPG);
  return {
    needsInteraction,
    byCost: async (subkeys) => {
      if (subkeys.length < 2) return subkeys;
      const ranked = await Promise.all(
        subkeys.map(async (subkey) => ({
          subkey,
          asks: await needsInteraction(subkey),
          cost: costOf(subkey, COST_OF_RSA_2048),
        })),
      );
      return ranked.sort((a, b) => Number(a.asks) - Number(b.asks) || a.cost - b.cost).map(({ subkey }) => subkey);
    },
    unwrap: (subkey, wrapped) => unwrapper.unwrap(subkey, wrapped),
    decrypt: (message) =>
      inTurn(() =>
        decryptOnce('gpg', async () =>
          decryptWithGpg(gpg, message, {
            maxPlaintext,
            passphrase: await forGpg(),
          }),
        ),
      ),
    forGpg,
    forget: () => unwrapper.forget(),
  };
}

// Errors after which asking again would fail again, or disturb the user again.
const FINAL_FOR_GPG: readonly ErrorCode[] = ['PASSPHRASE_CANCELLED', 'PASSPHRASE_WRONG', 'PINENTRY_UNAVAILABLE'];
// For one key; gpg may lack the key of one message and have that of the next.
const FINAL: readonly ErrorCode[] = [...FINAL_FOR_GPG, 'NO_SECRET_KEY'];

/** Makes a function that runs work by its ID; after a final error, the same work fails with it again without another try. */
function createRefusals(final: readonly ErrorCode[]) {
  const refused = new Map<string, EyamlError>();
  return async <T>(key: string | undefined, work: () => Promise<T>): Promise<T> => {
    const earlier = key && refused.get(key);
    if (earlier) throw earlier;
    try {
      return await work();
    } catch (error) {
      if (key && hasCode(error, ...final)) refused.set(key, error);
      throw error;
    }
  };
}
