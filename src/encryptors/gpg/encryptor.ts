import pLimit from 'p-limit';
import { EyamlError } from '../../errors.js';
import type { Keystore, OwnSubkey, PublicKey } from '../../keys/keystore.js';
import { parseKeyId, WILDCARD_KEY_ID, type KeyId } from '../../openpgp/identifiers.js';
import { readHead } from '../../openpgp/inspect.js';
import type { EncryptedMessage, LoadedKey } from '../../openpgp/message.js';
import { PUBLIC_KEY, type Pkesk } from '../../openpgp/packets.js';
import { readSessionKey, unpadPkcs1, unwrapEcdh, type SessionKey } from '../../openpgp/session-key.js';
import type { RecipientList } from '../../recipients/file.js';
import type { Recipient, TrustMode } from '../../recipients/match.js';
import { nearestKeysFolder } from '../../recipients/nearest.js';
import { resolveRecipients } from '../../recipients/resolve.js';
import { listId } from '../../recipients/source.js';
import { driftOf, partsOf, readerOf } from '../drift.js';
import type { Encryptor, Messages, Reader, ReaderId, Sealer } from '../encryptor.js';
import { mislabelledIn, type Attempt } from './labels.js';
import { unreadableHere } from './read-back.js';

// How long to wait for an agent that does not answer when only a warning hangs on it, in milliseconds.
const PATIENCE = 1500;

/** What the GPG encryptor works with. */
export interface GpgEncryptorOptions {
  readonly keystore: Keystore;
  /** What makes the key of a recipient acceptable. */
  readonly trust: TrustMode;
  /** Who may read values in a given file. */
  readonly recipientsFor: (target: string) => Promise<RecipientList>;
  readonly messages: Messages;
  /** How many octets one value may hold. */
  readonly maxPlaintext?: number | undefined;
}

/** Encrypts and decrypts `ENC[GPG,…]` values. Each list of recipients is resolved once, each of the user's keys loaded once. */
export function createGpgEncryptor(options: GpgEncryptorOptions): Encryptor {
  const { keystore, trust, recipientsFor, messages, maxPlaintext } = options;
  // Many values may be under way, and what one decompresses to may be large.
  const unpacking = pLimit(1);
  const sealers = new Map<string, Promise<Sealer>>();
  const owners = new Map<string, PublicKey | undefined>();
  let ownKeys: Promise<ReadonlyMap<string, LoadedKey>> | undefined;
  const openpgp = () => import('../../openpgp/message.js');

  async function prepareFor(list: RecipientList): Promise<Sealer> {
    const recipients = await resolveRecipients(list, keystore, trust);
    // Only a warning hangs on it: who cannot list secret keys can encrypt all the same. Not at the same time as the search: two
    // runs of gpg that both find their trust database out of date get in each other's way.
    const own = await keystore.ownSubkeys(PATIENCE).catch((error: unknown) => (isGpgMissing(error) ? [] : undefined));
    const warning = own && unreadableHere(list.source, recipients, own);
    if (warning !== undefined) messages.warn(warning);
    // A cloned repository must not choose readers unseen.
    const tell = list.chosenBy === undefined ? messages.detail : messages.insist;
    tell(`encrypting for the recipients of ${list.source}:`);
    for (const { publicKey } of recipients) {
      const { fingerprint } = publicKey.primaryKey;
      tell(`  ${fingerprint} ${publicKey.userIds[0]?.text ?? ''}, from ${keystore.hints(fingerprint).place}`);
    }
    return createSealer(list, recipients);
  }

  async function createSealer(list: RecipientList, recipients: readonly Recipient[]): Promise<Sealer> {
    const { encryptMessage, loadKeys } = await openpgp();
    const keys = await loadKeys(
      await keystore.exportKeys(recipients.map(({ publicKey }) => publicKey.primaryKey.fingerprint)),
    );
    const targets = recipients.flatMap(({ publicKey, encryptionSubkey }) => {
      const loaded = keys.get(publicKey.primaryKey.fingerprint);
      return loaded ? [{ publicKey: loaded, encryptionSubkey: encryptionSubkey.keyId }] : [];
    });
    let needsGpg = targets.length < recipients.length;
    const encrypt = async (plaintext: Uint8Array) => {
      if (!needsGpg) {
        try {
          return await encryptMessage(plaintext, targets);
        } catch {
          // DSA with ElGamal, Brainpool, or whatever else openpgp.js cannot encrypt to: GnuPG itself can, or says why not.
          needsGpg = true;
        }
      }
      return keystore.encrypt(
        plaintext,
        recipients.map(({ encryptionSubkey }) => encryptionSubkey.fingerprint),
      );
    };
    const wanted = recipients.map(({ encryptionSubkey }) => encryptionSubkey.keyId);
    return {
      source: list.source,
      readers: recipients.map(({ publicKey }) => readerOf(publicKey)),
      encrypt: async (plaintext) => {
        const ciphertext = await encrypt(plaintext);
        const { readers, protection, hasPassword } = readHead(ciphertext);
        if (!sameMembers(readers, wanted) || protection !== 'mdc' || hasPassword) {
          throw new EyamlError(
            'ENCRYPT_FAILED',
            `the message made for ${list.source} is not for exactly its recipients`,
          );
        }
        return ciphertext;
      },
      compare: (ciphertext) => driftOf(readHead(ciphertext), recipients),
    };
  }

  async function decrypt(
    ciphertext: Uint8Array,
    onMislabelled?: (id: ReaderId) => void,
    target?: string,
  ): Promise<Uint8Array> {
    const { readMessage } = await openpgp();
    const [message, own] = await Promise.all([readMessage(ciphertext), keystore.ownSubkeys()]);
    const mine = own.filter((subkey) => message.pkesks.some((pkesk) => mayOpen(subkey, pkesk)));
    if (mine.length === 0 && !message.hasPassword) throw await notForYou(message, own, target);
    const failures: unknown[] = [];
    const tried: OwnSubkey[] = [];
    const review = async (opened?: Attempt['opened']) => {
      const attempt = { pkesks: message.pkesks, mine, tried, opened, openSessionKey };
      if (onMislabelled) (await mislabelledIn(attempt, keystore)).forEach(onMislabelled);
    };
    for (const subkey of await keystore.byCost(mine)) {
      tried.push(subkey);
      for (const pkesk of message.pkesks.filter((pkesk) => mayOpen(subkey, pkesk))) {
        const sessionKey = await openSessionKey(subkey, pkesk).catch((error: unknown) => {
          // A hidden recipient's packet is tried with every key; that a key does not fit it is to be expected.
          if (!isHidden(pkesk) || passphraseRefused(error)) failures.push(error);
          return undefined;
        });
        if (sessionKey) await review({ pkesk, sessionKey });
        if (sessionKey)
          return (await unpacking(() => message.open(sessionKey, maxPlaintext))) ?? keystore.decrypt(ciphertext);
      }
    }
    await review();
    if (failures.length > 0) throw failures[0];
    // What one of the user's keys should open and did not is for GnuPG itself: it knows more algorithms, or says what is wrong.
    const forGpg = mine.some(
      ({ algorithm, keyId }) =>
        algorithm === PUBLIC_KEY.elgamal || message.pkesks.some((pkesk) => pkesk.keyId === keyId),
    );
    if (forGpg || message.hasPassword) return keystore.decrypt(ciphertext).catch(unlessUsed(message.pkesks, tried));
    throw await notForYou(message, own, target);
  }

  async function notForYou(
    { pkesks }: EncryptedMessage,
    own: readonly OwnSubkey[],
    target?: string,
  ): Promise<EyamlError> {
    const known = await whoReads(
      pkesks.map(({ keyId }) => keyId),
      target,
    );
    const names = pkesks.map((pkesk) => {
      const reader = known.get(pkesk.keyId);
      return isHidden(pkesk) ? 'a hidden recipient' : reader ? `${pkesk.keyId} (${reader.userId})` : pkesk.keyId;
    });
    const readers = `it is encrypted for ${names.join(', ')}`;
    if (own.length > 0) return new EyamlError('NO_SECRET_KEY', `${readers}: none of your secret keys is among them`);
    return new EyamlError('NO_SECRET_KEY', `${readers}, and your keyring holds no secret key at all`, {
      suggestions: [keystore.hints().own],
    });
  }

  async function whoReads(ids: readonly ReaderId[], target?: string): Promise<ReadonlyMap<ReaderId, Reader>> {
    const keyIds = ids.flatMap((id) => parseKeyId(id) ?? []);
    if (keyIds.length === 0) return new Map();
    // A folder of keys that cannot be looked into keeps nobody from being told the rest; that it cannot is said where it matters.
    const folder = target && (await nearestKeysFolder(target).catch(() => undefined));
    const nameIn = (keyId: KeyId) => `${folder ?? ''}\n${keyId}`;
    const unknown = keyIds.filter((keyId) => keyId !== WILDCARD_KEY_ID && !owners.has(nameIn(keyId)));
    if (unknown.length > 0) {
      const terms = unknown.map((hex) => ({ kind: 'hex' as const, hex }));
      const keys = await keystore.search(terms, folder || undefined);
      for (const keyId of unknown)
        owners.set(
          nameIn(keyId),
          keys.find((key) => partsOf(key).some((part) => part.keyId === keyId)),
        );
    }
    return new Map(
      keyIds.flatMap((keyId) => {
        const key = owners.get(nameIn(keyId));
        return key ? [[keyId, readerOf(key)]] : [];
      }),
    );
  }

  async function openSessionKey(subkey: OwnSubkey, { fields }: Pkesk): Promise<SessionKey | undefined> {
    if (fields === undefined) return undefined;
    const [{ form, octets }, keys] = await Promise.all([
      keystore.unwrap(subkey, fields),
      fields.kind === 'ecdh' ? (ownKeys ??= loadOwnKeys()) : undefined,
    ]);
    if (form === 'bare') return readSessionKey(octets);
    if (form === 'pkcs1' || fields.kind !== 'ecdh') return unpadPkcs1(octets);
    const { ecdhParametersOf } = await openpgp();
    const key = keys?.get(subkey.primaryFingerprint);
    const parameters = key && ecdhParametersOf(key, subkey.fingerprint);
    return parameters && unwrapEcdh(octets, fields.wrapped, parameters);
  }

  async function loadOwnKeys(): Promise<ReadonlyMap<string, LoadedKey>> {
    const { loadKeys } = await openpgp();
    const fingerprints = (await keystore.ownSubkeys()).map(({ primaryFingerprint }) => primaryFingerprint);
    return loadKeys(await keystore.exportKeys([...new Set(fingerprints)]));
  }

  return {
    tag: 'GPG',
    prepare: async (target, again = false) => {
      const list = await recipientsFor(target);
      const earlier = sealers.get(listId(list));
      const isOver = earlier !== undefined && again && (await isRejected(earlier));
      if (isOver) keystore.lookAgain();
      const sealer = earlier && !isOver ? earlier : prepareFor(list);
      sealers.set(listId(list), sealer);
      return sealer;
    },
    decrypt,
    whoReads,
    isAvailable: (target) =>
      recipientsFor(target).then(
        () => true,
        (error: unknown) => {
          if (error instanceof EyamlError && error.code === 'RECIPIENTS_MISSING') return false;
          throw error;
        },
      ),
  };
}

function isRejected(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}

function isHidden({ keyId }: Pkesk): boolean {
  return keyId === WILDCARD_KEY_ID;
}

function mayOpen(subkey: OwnSubkey, pkesk: Pkesk): boolean {
  if (!isHidden(pkesk)) return subkey.keyId === pkesk.keyId;
  const family = (algorithm: number) => (algorithm === PUBLIC_KEY.rsaEncryptOnly ? PUBLIC_KEY.rsa : algorithm);
  return family(subkey.algorithm) === family(pkesk.algorithm);
}

// Where there is no GnuPG, and no private key is named either.
function isGpgMissing(error: unknown): boolean {
  return error instanceof EyamlError && error.code === 'GPG_NOT_FOUND';
}

function passphraseRefused(error: unknown): boolean {
  return error instanceof EyamlError && /^(?:PASSPHRASE|PINENTRY)_/.test(error.code);
}

/**
 * Judges an error of gpg by what the agent could do. gpg-sq says that there is no secret key where a session key is damaged; but the
 * agent has used that key without an error.
 */
function unlessUsed(pkesks: readonly Pkesk[], used: readonly OwnSubkey[]): (error: unknown) => never {
  return (error) => {
    const isUsed = used.some(({ keyId }) => pkesks.some((pkesk) => pkesk.keyId === keyId && pkesk.fields));
    if (!isUsed || !(error instanceof EyamlError) || error.code !== 'NO_SECRET_KEY') throw error;
    throw new EyamlError('MESSAGE_INVALID', 'the message cannot be read: its session key is damaged');
  };
}

function sameMembers(a: readonly KeyId[], b: readonly KeyId[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === new Set(b).size && new Set(a).size === new Set(b).size;
}
