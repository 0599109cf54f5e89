import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { Unwrap } from '../../openpgp/unwrap.js';
import { costOf } from '../cost.js';
import type { KeyHints, Keystore, OwnSubkey, Unwrapped, WrappedSessionKey } from '../keystore.js';
import { explainUnopened, explainUnsealed } from './fallback.js';
import type { KeyfilesMessages, KeyPlace } from './files.js';
import { createPublicKeys } from './public-keys.js';
import { createRsaEngine } from './rsa-pool.js';
import { createSigning } from './signing.js';
import { loadSecretKeys, type SecretKey, type SecretKeySource } from './secret-keys.js';
import { createUnlocker, type PassphraseFor, type Unlocker } from './unlock.js';

/** Where keys are when there is no GnuPG. */
export interface KeyfilesOptions {
  /**
   * Files and folders of public keys. Called at each search, with the folder that belongs to the file at hand, if any; nothing is
   * read twice.
   */
  readonly publicKeys: (keysFolder: string | undefined) => readonly KeyPlace[] | Promise<readonly KeyPlace[]>;
  /** The user's own keys. Called once, when they are first needed. */
  readonly secretKeys: () => readonly SecretKeySource[] | Promise<readonly SecretKeySource[]>;
  readonly passphraseFor: PassphraseFor;
  readonly messages: KeyfilesMessages;
}

// Roughly how much slower an RSA key is than an elliptic curve key.
const COST_OF_RSA_2048 = 10;
// How many folders or faults a suggestion names.
const MENTIONED = 3;

/**
 * OpenPGP keys in plain files as a keystore: no other program is started, and only the keys themselves are trusted. A key
 * counts as far as its self-signatures are valid; nothing proves who owns it.
 */
export function createKeyfilesKeystore(options: KeyfilesOptions): Keystore {
  const { messages } = options;
  const publicKeys = createPublicKeys(messages);
  const rsa = createRsaEngine();
  const unlocker = createUnlocker(options.passphraseFor, rsa.decrypt);
  let loading: Promise<readonly SecretKey[]> | undefined;
  let places: readonly KeyPlace[] = [];
  const seen = new Map<string, KeyPlace>();
  const secretKeys = () => (loading ??= load());
  const secretOf = async (subkey: OwnSubkey) => findSecret(await secretKeys(), subkey);

  async function load(): Promise<readonly SecretKey[]> {
    const keys = await loadSecretKeys(await options.secretKeys(), messages);
    for (const { key } of keys) await publicKeys.add({ ...key, secretOctets: undefined });
    return keys;
  }

  async function unwrap(subkey: OwnSubkey, wrapped: WrappedSessionKey): Promise<Unwrapped> {
    return unwrapWith(await unlocker.open(await secretOf(subkey), subkey), wrapped);
  }

  const publicKeyOf = async (primary: Fingerprint) => {
    const found = await publicKeys.search([{ kind: 'hex', hex: primary }], [...seen.values()]);
    return found.find(({ primaryKey }) => primaryKey.fingerprint === primary);
  };

  const ownSubkeys = async () => (await secretKeys()).flatMap(({ subkeys }) => subkeys);
  return {
    search: async (terms, keysFolder) => {
      // A user without a secret key, or with a broken one, can still encrypt.
      await secretKeys().catch(() => undefined);
      places = await options.publicKeys(keysFolder);
      for (const place of places) seen.set(place.fileOrFolder, place);
      // A search without a folder (whose key ID is this?) is among all keys that were seen so far.
      return publicKeys.search(terms, keysFolder === undefined ? [...seen.values()] : places);
    },
    lookAgain: () => publicKeys.lookAgain(),
    hints: () => hintsOf(places, publicKeys.faults),
    exportKeys: async (fingerprints) => {
      const { writePublicKeys } = await import('../../openpgp/keys.js');
      return writePublicKeys(fingerprints.flatMap((fingerprint) => publicKeys.find(fingerprint) ?? []));
    },
    ownSubkeys,
    ownAmong: async (keyIds) => (await ownSubkeys()).filter(({ keyId }) => keyIds.includes(keyId)),
    needsInteraction: async (subkey) => !unlocker.isOpen(await secretOf(subkey), subkey),
    byCost: async (subkeys) =>
      subkeys.length < 2
        ? subkeys
        : sortByCost(
            await Promise.all(subkeys.map(async (subkey) => ({ subkey, secret: await secretOf(subkey) }))),
            unlocker,
          ),
    unwrap,
    encrypt: async (_, encryptionSubkeys) => {
      throw await explainUnsealed(publicKeys, encryptionSubkeys);
    },
    decrypt: async (message) => {
      const own = (await secretKeys()).flatMap(({ key, subkeys }) => subkeys.map((subkey) => ({ key, subkey })));
      throw await explainUnopened(message, own, unwrap);
    },
    ...createSigning({ secretKeys, publicKeyOf, unlocker }),
    close: () => {
      unlocker.forget();
      rsa.close();
    },
  };
}

function findSecret(keys: readonly SecretKey[], { primaryFingerprint, keyId, userId }: OwnSubkey): SecretKey {
  const found = keys.find(({ key }) => key.fingerprint === primaryFingerprint);
  if (found) return found;
  throw new EyamlError('NO_SECRET_KEY', `the secret key ${keyId} (${userId}) is in none of the key files`);
}

async function unwrapWith(unwrap: Unwrap, wrapped: WrappedSessionKey): Promise<Unwrapped> {
  try {
    return await unwrap(wrapped);
  } catch {
    throw new EyamlError('MESSAGE_INVALID', 'the message cannot be read: its session key is damaged');
  }
}

// A key that asks for a passphrase comes after those that do not, and one that is only a stub last.
function sortByCost(
  keys: readonly { readonly subkey: OwnSubkey; readonly secret: SecretKey }[],
  unlocker: Unlocker,
): readonly OwnSubkey[] {
  const ranked = keys.map(({ subkey, secret }) => {
    const isMissing = secret.states.get(subkey.fingerprint) === 'missing';
    return { subkey, trouble: isMissing ? 2 : unlocker.isOpen(secret, subkey) ? 0 : 1 };
  });
  const cost = ({ subkey }: { readonly subkey: OwnSubkey }) => costOf(subkey, COST_OF_RSA_2048);
  const sorted = ranked.sort((a, b) => a.trouble - b.trouble || cost(a) - cost(b));
  return sorted.map(({ subkey }) => subkey);
}

function hintsOf(places: readonly KeyPlace[], faults: readonly string[]): KeyHints {
  // Where a team's keys are, not the key home: others will need the key too.
  const folders = places.flatMap(({ fileOrFolder, kind }) => (kind === 'home' ? [] : [fileOrFolder]));
  const where =
    folders.length === 0
      ? 'a folder .eyaml/public-keys beside the file or above it'
      : folders.slice(0, MENTIONED).join(' or ');
  const unusable = faults.length === 0 ? '' : ` (not used: ${faults.slice(0, MENTIONED).join('; ')})`;
  return {
    place: 'key files',
    add: `put its public key into ${where}${unusable}`,
    renew: `then put the new copy into ${where}`,
    trust:
      'compare the fingerprint with its owner; key files have no web of trust: --gpg-trust pinned trusts the fingerprints in the recipients file',
    own: 'put your secret key into ~/.eyaml/keys/, or name its file with --gpg-private-key',
  };
}
