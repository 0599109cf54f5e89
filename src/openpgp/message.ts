import { randomBytes } from 'node:crypto';
import * as openpgp from 'openpgp';
import { EyamlError } from '../errors.js';
import { splitKeys } from './components.js';
import { CONFIG } from './config.js';
import { readContents } from './contents.js';
import { parseFingerprint, parseKeyId, type Fingerprint, type KeyId } from './identifiers.js';
import { PACKET, readPackets, readPkesk, writePacket, type Packet, type Pkesk } from './packets.js';
import { DEFAULT_MAX_PLAINTEXT } from './plaintext-limit.js';
import { readEcdhParameters } from './public-numbers.js';
import { rawPackets, RAW_PACKETS, type RawPacket } from './raw-packets.js';
import type { EcdhParameters, SessionKey } from './session-key.js';

/** An encrypted OpenPGP message, parsed but not decrypted. */
export interface EncryptedMessage {
  readonly pkesks: readonly Pkesk[];
  /** Whether a password may open it too. */
  readonly hasPassword: boolean;
  /**
   * Decrypts the message and checks its integrity. Resolves to undefined when only GnuPG supports its cipher;
   * throws `MESSAGE_INVALID` when the integrity check fails or it does not hold exactly one text, `MESSAGE_TOO_LARGE` when that has more
   * than the given number of octets.
   */
  readonly open: (sessionKey: SessionKey, maxPlaintext?: number) => Promise<Uint8Array | undefined>;
}

/** A public key as openpgp.js holds it, to be handed back to {@link encryptMessage}. */
export type LoadedKey = openpgp.PublicKey;

/** One recipient of a message to be written. */
export interface MessageRecipient {
  readonly publicKey: LoadedKey;
  readonly encryptionSubkey: KeyId;
}

const ARMOR = '-----BEGIN ';

/**
 * Reads a binary (or armored) OpenPGP message.
 *
 * @throws {@link EyamlError} `MESSAGE_INVALID` when it is cut short or is not an encrypted message.
 */
export async function readMessage(octets: Uint8Array): Promise<EncryptedMessage> {
  const { packets } = await parse(octets);
  const pkesks = packets.filterByTag(openpgp.enums.packet.publicKeyEncryptedSessionKey);
  const hasPassword = packets.filterByTag(openpgp.enums.packet.symEncryptedSessionKey).length > 0;
  if (pkesks.length === 0 && !hasPassword) throw invalid('it is not an encrypted OpenPGP message');
  return {
    pkesks: pkesks.map((packet) => readPkesk(packet.write())),
    hasPassword,
    open: (sessionKey, maxPlaintext = DEFAULT_MAX_PLAINTEXT) => open(octets, sessionKey, maxPlaintext),
  };
}

/**
 * Encrypts for the given subkeys: PKESK version 3 for each, SEIPD version 1 with AES-256, no compression, a binary literal without
 * a name (RFC 9580, sections 5.1 and 5.13.1). Every GnuPG since 2.0 reads that.
 *
 * @throws a third-party error when openpgp.js cannot encrypt to one of the keys.
 */
export async function encryptMessage(
  plaintext: Uint8Array,
  recipients: readonly MessageRecipient[],
): Promise<Uint8Array> {
  const message: unknown = await openpgp.encrypt({
    message: await openpgp.createMessage({ binary: plaintext, format: 'binary' }),
    encryptionKeys: recipients.map(({ publicKey }) => publicKey),
    encryptionKeyIDs: recipients.map(openpgpKeyId),
    sessionKey: { data: randomBytes(32), algorithm: 'aes256' },
    format: 'binary',
    config: CONFIG,
  });
  return message as Uint8Array;
}

// openpgp.js declares a class KeyID and does not export it, so its key IDs can only be taken from its keys.
function openpgpKeyId({ publicKey, encryptionSubkey }: MessageRecipient): openpgp.KeyID {
  const ids = publicKey.getKeys().map((candidate) => candidate.getKeyID());
  const found = ids.find((id) => parseKeyId(id.toHex()) === encryptionSubkey);
  if (found === undefined) throw new RangeError(`no subkey ${encryptionSubkey}`);
  return found;
}

/**
 * Reads binary public keys, as `gpg --export` writes them. Keys that openpgp.js cannot read are left out; if it cannot read the
 * signatures of a key, only the key packets are used.
 */
export async function loadKeys(octets: Uint8Array): Promise<ReadonlyMap<Fingerprint, LoadedKey>> {
  const loaded = new Map<Fingerprint, LoadedKey>();
  for (const packets of splitKeys(readPackets(octets))) {
    const bare = packets.filter(({ tag }) => tag === PACKET.publicKey || tag === PACKET.publicSubkey);
    const key = (await loadKey(packets)) ?? (await loadKey(bare));
    const fingerprint = key && parseFingerprint(key.getFingerprint());
    if (fingerprint && key instanceof openpgp.PublicKey) loaded.set(fingerprint, key);
  }
  return loaded;
}

async function loadKey(packets: readonly Packet[]): Promise<openpgp.Key | undefined> {
  try {
    const binaryKey = Buffer.concat(packets.map(({ tag, body }) => writePacket(tag, body)));
    return await openpgp.readKey({ binaryKey, config: CONFIG });
  } catch {
    return undefined;
  }
}

/** The ECDH parameters of a loaded key's primary key or subkey, or undefined when it has no such ECDH key. */
export function ecdhParametersOf(key: LoadedKey, subkey: Fingerprint): EcdhParameters | undefined {
  const found = key.getKeys().find((candidate) => parseFingerprint(candidate.getFingerprint()) === subkey);
  return found && readEcdhParameters(subkey, found.keyPacket.write());
}

async function open(octets: Uint8Array, { algorithm, data }: SessionKey, maxPlaintext: number) {
  const cipher = Object.entries(openpgp.enums.symmetric).find(([, number]) => Number(number) === algorithm)?.[0];
  if (cipher === undefined) return undefined;
  const message = await parse(octets);
  let held: readonly RawPacket[];
  try {
    const sessionKey = { data, algorithm: cipher as openpgp.enums.symmetricNames };
    const config = { ...openpgp.config, ...CONFIG, ...RAW_PACKETS };
    // No content is read before the whole message is known to be complete.
    held = rawPackets((await message.decrypt(undefined, undefined, [sessionKey], undefined, config)).packets);
  } catch {
    throw invalid('its integrity check failed: it was damaged or changed, or it lacks integrity protection');
  }
  try {
    return await readContents(held, maxPlaintext);
  } catch (error) {
    throw error instanceof RangeError ? invalid('its content is damaged') : error;
  }
}

async function parse(octets: Uint8Array) {
  try {
    const armored = Buffer.from(octets.subarray(0, ARMOR.length)).toString('latin1') === ARMOR;
    return armored
      ? await openpgp.readMessage({ armoredMessage: Buffer.from(octets).toString('latin1'), config: CONFIG })
      : await openpgp.readMessage({ binaryMessage: octets, config: CONFIG });
  } catch {
    throw invalid('it is damaged or cut short, or it is not an OpenPGP message');
  }
}

function invalid(reason: string): EyamlError {
  return new EyamlError('MESSAGE_INVALID', `the message cannot be read: ${reason}`);
}
