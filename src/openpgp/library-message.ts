import type { AnyPacket } from 'openpgp';
import type { EyamlError } from '../errors.js';
import { readContents } from './contents.js';
import { CONFIG } from './config.js';
import { invalidMessage, type EncryptedMessage } from './encrypted-message.js';
import { loadLibrary } from './library.js';
import { readPkesk, type Pkesk } from './packets.js';
import { DEFAULT_MAX_PLAINTEXT } from './plaintext-limit.js';
import { rawPackets, RAW_PACKETS, type RawPacket } from './raw-packets.js';
import type { SessionKey } from './session-key.js';

const ARMOR = '-----BEGIN ';

/**
 * Reads any binary (or armored) OpenPGP message with openpgp.js.
 *
 * @throws {@link EyamlError} `MESSAGE_INVALID` when it is cut short or is not an encrypted message.
 */
export async function readWithLibrary(octets: Uint8Array): Promise<EncryptedMessage> {
  const { enums } = await loadLibrary();
  const { packets } = await parse(octets);
  const pkesks = packets.filterByTag(enums.packet.publicKeyEncryptedSessionKey).map(pkeskOf);
  const hasPassword = packets.filterByTag(enums.packet.symEncryptedSessionKey).length > 0;
  if (pkesks.length === 0 && !hasPassword) throw invalidMessage('it is not an encrypted OpenPGP message');
  return {
    pkesks,
    hasPassword,
    open: (sessionKey, maxPlaintext = DEFAULT_MAX_PLAINTEXT) => open(octets, sessionKey, maxPlaintext),
  };
}

function pkeskOf(packet: AnyPacket): Pkesk {
  try {
    return readPkesk(packet.write());
  } catch {
    // openpgp.js reads the number zero, but does not write it.
    throw damaged();
  }
}

async function open(octets: Uint8Array, { algorithm, data }: SessionKey, maxPlaintext: number) {
  const { config, enums } = await loadLibrary();
  const names = Object.keys(enums.symmetric) as (keyof typeof enums.symmetric)[];
  const cipher = names.find((name) => (enums.symmetric[name] as number) === algorithm);
  if (cipher === undefined) return undefined;
  const message = await parse(octets);
  let held: readonly RawPacket[];
  try {
    const sessionKey = { data, algorithm: cipher };
    const raw = { ...config, ...CONFIG, ...RAW_PACKETS };
    // No content is read before the whole message is known to be complete.
    held = rawPackets((await message.decrypt(undefined, undefined, [sessionKey], undefined, raw)).packets);
  } catch {
    throw invalidMessage('its integrity check failed: it was damaged or changed, or it lacks integrity protection');
  }
  return readContents(held, maxPlaintext);
}

async function parse(octets: Uint8Array) {
  const { readMessage } = await loadLibrary();
  try {
    const armored = Buffer.from(octets.subarray(0, ARMOR.length)).toString('latin1') === ARMOR;
    return armored
      ? await readMessage({ armoredMessage: Buffer.from(octets).toString('latin1'), config: CONFIG })
      : await readMessage({ binaryMessage: octets, config: CONFIG });
  } catch {
    throw damaged();
  }
}

function damaged(): EyamlError {
  return invalidMessage('it is damaged or cut short, or it is not an OpenPGP message');
}
