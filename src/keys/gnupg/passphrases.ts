import { EyamlError, hasCode } from '../../errors.js';
import type { Keygrip } from '../../openpgp/identifiers.js';
import type { OwnSubkey, Unwrapped, WrappedSessionKey } from '../keystore.js';
import type { Agent, KeyState } from './agent.js';
import type { Gpg } from './gpg.js';
import type { AgentSession } from './session.js';

/** A passphrase that is given, so that no user is asked. */
export interface GivenPassphrase {
  readonly octets: Buffer;
  /** Where it is from, for messages. */
  readonly source: string;
}

/** Uses secret keys, with the passphrases that they need. */
export interface Unwrapper {
  unwrap(subkey: OwnSubkey, wrapped: WrappedSessionKey): Promise<Unwrapped>;
  /** Forgets passphrases that were asked for. */
  forget(): void;
}

const TRIES = 3;

/** How work with a key is done that may ask a person. */
export interface Asking {
  /** Does work when all that was given before is done. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Does work with a key unless that was refused before. */
  readonly unlessRefused: <T>(key: Keygrip | undefined, work: () => Promise<T>) => Promise<T>;
}

/**
 * Makes an {@link Unwrapper}. The agent's pinentry asks, unless a passphrase is given: then only that one is tried. An agent that
 * forgets passphrases at once would ask again for every value; so they are asked for once and kept here. A card is never given a
 * passphrase: it would take it as a wrong PIN and lock itself.
 */
export function createUnwrapper(
  { use, keyStates }: AgentSession,
  given: () => Promise<GivenPassphrase | undefined>,
  forgets: () => Promise<boolean>,
  { inTurn, unlessRefused }: Asking,
): Unwrapper {
  const known = new Map<Keygrip, Buffer>();
  const ask = async (agent: Agent, subkey: OwnSubkey, wrapped: WrappedSessionKey, state: KeyState | undefined) => {
    const { keygrip } = subkey;
    if (keygrip === undefined || state !== 'locked')
      return agent.unwrap(subkey, wrapped, { isUnprotected: state === 'unprotected' });
    const passphrase = await given();
    if (passphrase) return unwrapGiven(agent, subkey, wrapped, passphrase);
    if (!(await forgets()) || !(await agent.takesPassphrases())) return agent.unwrap(subkey, wrapped);
    return withPassphrase(agent, { ...subkey, keygrip }, known, (passphrase) =>
      agent.unwrap(subkey, wrapped, { passphrase }),
    );
  };
  return {
    unwrap: (subkey, wrapped) =>
      use(async (agent) => {
        const { keygrip } = subkey;
        const state = keygrip && (await keyStates()).get(keygrip);
        const work = () => unlessRefused(keygrip, () => ask(agent, subkey, wrapped, state));
        return state === 'unprotected' && !agent.isStepwise ? work() : inTurn(work);
      }),
    forget: () => {
      for (const passphrase of known.values()) passphrase.fill(0);
      known.clear();
    },
  };
}

async function unwrapGiven(
  agent: Agent,
  subkey: OwnSubkey,
  wrapped: WrappedSessionKey,
  { octets, source }: GivenPassphrase,
): Promise<Unwrapped> {
  if (!(await agent.takesPassphrases())) {
    throw new EyamlError('AGENT_FAILED', `gpg-agent does not take the passphrase of ${source}`, {
      suggestions: ['remove no-allow-loopback-pinentry from gpg-agent.conf, then: gpgconf --reload gpg-agent'],
    });
  }
  return agent.unwrap(subkey, wrapped, { passphrase: octets }).catch((error: unknown) => {
    if (!hasCode(error, 'PASSPHRASE_WRONG')) throw error;
    throw new EyamlError('PASSPHRASE_WRONG', error.message, {
      suggestions: [`it is from ${source}; without it, the pinentry asks`],
    });
  });
}

/** Whether the agent is set to forget a passphrase at once. */
export async function agentForgets(gpg: Gpg): Promise<boolean> {
  const { stdout } = await gpg.conf(['--list-options', 'gpg-agent']);
  // name:flags:level:description:type:alt-type:argname:default:argdef:value
  const fields = stdout
    .toString()
    .split('\n')
    .map((line) => line.split(':'));
  return fields.some(([name = '', ...rest]) => /^(?:default|max)-cache-ttl$/.test(name) && rest[8] === '0');
}

async function withPassphrase<T>(
  agent: Agent,
  subkey: OwnSubkey & { readonly keygrip: Keygrip },
  known: Map<Keygrip, Buffer>,
  work: (passphrase: Buffer) => Promise<T>,
): Promise<T> {
  let fault: string | undefined;
  for (let tries = 1; ; tries += 1) {
    const passphrase = known.get(subkey.keygrip) ?? (await agent.askPassphrase(subkey, fault));
    try {
      const result = await work(passphrase);
      known.set(subkey.keygrip, passphrase);
      return result;
    } catch (error) {
      if (!hasCode(error, 'PASSPHRASE_WRONG') || tries === TRIES) throw error;
      fault = `Bad passphrase (try ${tries + 1} of ${TRIES})`;
    }
  }
}
