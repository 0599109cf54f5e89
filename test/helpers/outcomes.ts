import { EyamlError } from '../../src/errors.js';
import type { EncryptedMessage } from '../../src/openpgp/encrypted-message.js';
import type { Pkesk } from '../../src/openpgp/packets.js';
import type { SessionKey } from '../../src/openpgp/session-key.js';

/** What became of a message, so that two ways of reading it can be compared: what was read, or the error. */
export async function outcomeOf(
  read: (octets: Uint8Array) => Promise<EncryptedMessage>,
  octets: Uint8Array,
  sessionKey: SessionKey,
  maxPlaintext?: number,
): Promise<unknown> {
  try {
    const { pkesks, hasPassword, open } = await read(octets);
    const head = { pkesks: pkesks.map(plain), hasPassword };
    try {
      return { head, text: hex(await open(sessionKey, maxPlaintext)) };
    } catch (error) {
      return { head, error: told(error) };
    }
  } catch (error) {
    return { error: told(error) };
  }
}

/** All that an error says; of a third-party error, only that it is one. */
export function told(error: unknown): unknown {
  return error instanceof EyamlError ? [error.code, error.message, error.suggestions] : 'a third-party error';
}

export function hex(octets: Uint8Array | undefined): string | undefined {
  return octets && Buffer.from(octets).toString('hex');
}

/** Every octet string cut short, and every one with one bit changed; `step` leaves some out. */
export function* damaged(octets: Uint8Array, step = 1): Generator<Buffer> {
  for (let at = 0; at < octets.length; at += step) yield Buffer.from(octets.subarray(0, at));
  for (let bit = 0; bit < octets.length * 8; bit += step) {
    const changed = Buffer.from(octets);
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    yield changed;
  }
}

function plain({ keyId, algorithm, fields }: Pkesk): unknown {
  const entries = Object.entries(fields ?? {}) as [string, string | Uint8Array][];
  return {
    keyId,
    algorithm,
    fields: entries.map(([name, field]) => [name, typeof field === 'string' ? field : hex(field)]),
  };
}
