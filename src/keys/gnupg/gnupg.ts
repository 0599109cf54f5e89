import { stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import { EyamlError, type ErrorCode } from '../../errors.js';
import type { Fingerprint, Keygrip } from '../../identifiers.js';
import type { KeyHints, Keystore, OwnSubkey, Unwrapped, WrappedSessionKey } from '../keystore.js';
import { homeMissing, openAgent, type Agent } from './agent.js';
import type { ListedKey } from './colons.js';
import { createGpg, terminalName } from './gpg.js';
import { agentForgets, withPassphrase } from './passphrases.js';
import {
  decryptWithGpg,
  encryptWithGpg,
  exportPublicKeys,
  listAllKeys,
  listPublicKeys,
  listSecretKeys,
} from './keyring.js';

/** Where GnuPG is found and how its pinentry reaches the user. */
export interface GnupgOptions {
  /** The GnuPG home; undefined for GNUPGHOME or GnuPG's own default. */
  readonly home: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** How many octets a message may hold that gpg itself decrypts. */
  readonly maxPlaintext?: number;
}

// How much slower a key is than an ECDH key, roughly: milliseconds of one operation in gpg-agent.
const COST_OF_RSA_2048 = 5;

// Errors that asking again would only repeat, or that would bother the user again.
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NO_SECRET_KEY',
  'PASSPHRASE_CANCELLED',
  'PASSPHRASE_WRONG',
  'PINENTRY_UNAVAILABLE',
]);

/**
 * The user's own GnuPG as a keystore: keys by `gpg`, secret keys by gpg-agent over one connection that is opened when the first
 * secret key is needed. Each question to gpg is asked once.
 */
export function createGnupgKeystore(options: GnupgOptions): Keystore {
  const { home, environment, maxPlaintext } = options;
  const tty = terminalName(environment);
  const gpg = createGpg(home, tty === undefined ? environment : { ...environment, GPG_TTY: tty });
  const checked = once(() => checkHome(gpg.home));
  let agent: Promise<Agent> | undefined;
  const session = () => (agent ??= checked().then(() => openAgent(gpg, { ...environment, GPG_TTY: tty })));
  const own = once(async () => {
    await checked();
    const keys = await listSecretKeys(gpg).catch(async (error: unknown) => {
      // Without its agent gpg lists nothing; what keeps the agent from starting says more than gpg does.
      if (error instanceof EyamlError && error.code === 'GPG_FAILED') await session();
      throw error;
    });
    return keys.flatMap(encryptionSecrets);
  });
  const everyKey = once(() => listAllKeys(gpg));
  const locked = once(async () => (await session()).lockedKeys());
  const forgets = once(() => agentForgets(gpg));
  const passphrases = new Map<Keygrip, Buffer>();
  const unwrap = async (subkey: OwnSubkey, wrapped: WrappedSessionKey): Promise<Unwrapped> => {
    const agent = await session();
    const { keygrip } = subkey;
    if (keygrip === undefined || (await locked()).get(keygrip) !== 'passphrase' || !(await forgets())) {
      return agent.unwrap(subkey, wrapped);
    }
    return withPassphrase(agent, { ...subkey, keygrip }, passphrases, (passphrase) =>
      agent.unwrap(subkey, wrapped, passphrase),
    );
  };
  const disconnect = () => {
    for (const passphrase of passphrases.values()) passphrase.fill(0);
    passphrases.clear();
    void agent?.then((open) => open.close()).catch(() => undefined);
    agent = undefined;
  };
  // The agent works on one thing at a time, and so does a card; a user must not face two questions at once.
  const oneByOne = pLimit(1);
  const refused = new Map<Keygrip, EyamlError>();
  let refusedToGpg: EyamlError | undefined;

  return {
    search: async (terms) => (await checked(), listPublicKeys(gpg, terms, everyKey)),
    hints,
    exportKeys: (fingerprints) => exportPublicKeys(gpg, fingerprints),
    ownSubkeys: own,
    needsUser: async ({ keygrip }) => keygrip !== undefined && (await locked()).has(keygrip),
    cheapestFirst: async (subkeys) => {
      if (subkeys.length < 2) return subkeys;
      const needsUser = await locked();
      const rank = (subkey: OwnSubkey) =>
        [subkey.keygrip && needsUser.has(subkey.keygrip) ? 1 : 0, costOf(subkey)] as const;
      return subkeys.toSorted((a, b) => rank(a)[0] - rank(b)[0] || rank(a)[1] - rank(b)[1]);
    },
    unwrap: (subkey, wrapped) =>
      oneByOne(async () => {
        const earlier = subkey.keygrip && refused.get(subkey.keygrip);
        if (earlier) throw earlier;
        try {
          return await unwrap(subkey, wrapped);
        } catch (error) {
          if (isFinal(error) && subkey.keygrip) refused.set(subkey.keygrip, error);
          // The agent may be gone; the next value asks for it anew.
          if (error instanceof EyamlError && error.code === 'AGENT_FAILED') disconnect();
          throw error;
        }
      }),
    encrypt: (plaintext, subkeys) => encryptWithGpg(gpg, plaintext, subkeys),
    decrypt: (message) =>
      oneByOne(async () => {
        if (refusedToGpg) throw refusedToGpg;
        try {
          return await decryptWithGpg(gpg, message, maxPlaintext);
        } catch (error) {
          if (isFinal(error) && error.code !== 'NO_SECRET_KEY') refusedToGpg = error;
          throw error;
        }
      }),
    close: disconnect,
  };
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
  return error instanceof EyamlError && FINAL.has(error.code);
}

function encryptionSecrets({ primaryKey, subkeys, userIds, secrets }: ListedKey): readonly OwnSubkey[] {
  return [primaryKey, ...subkeys]
    .filter(({ canEncrypt, fingerprint }) => canEncrypt && secrets.get(fingerprint) === true)
    .map((part) => ({ ...part, primaryFingerprint: primaryKey.fingerprint, userId: userIds[0]?.text ?? '' }));
}

// RSA takes time with the cube of its length; every elliptic curve is faster than any RSA key in use.
function costOf({ algorithm, bits }: OwnSubkey): number {
  return algorithm === 18 ? bits / 1000 : COST_OF_RSA_2048 * (bits / 2048) ** 3;
}

async function checkHome(home: string | undefined): Promise<void> {
  if (home !== undefined && !(await stat(home).catch(() => undefined))?.isDirectory()) throw homeMissing(home);
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
