import { readContents } from './contents.js';
import type { EncryptedMessage } from './encrypted-message.js';
import { DEFAULT_MAX_PLAINTEXT } from './plaintext-limit.js';
import { openUsualMessage, readUsualMessage } from './usual-message.js';

/**
 * Reads a binary (or armored) OpenPGP message. A message in the usual form is read and opened here; openpgp.js has the last word on
 * everything else, so what is refused and why does not depend on who reads it.
 *
 * @throws {@link EyamlError} `MESSAGE_INVALID` when it is cut short or is not an encrypted message.
 */
export async function readMessage(octets: Uint8Array): Promise<EncryptedMessage> {
  const usual = readUsualMessage(octets);
  if (usual === undefined) return withLibrary(octets);
  return {
    pkesks: usual.pkesks,
    hasPassword: false,
    open: async (sessionKey, maxPlaintext = DEFAULT_MAX_PLAINTEXT) => {
      const packet = openUsualMessage(usual, sessionKey);
      if (packet) return readContents([packet], maxPlaintext);
      return (await withLibrary(octets)).open(sessionKey, maxPlaintext);
    },
  };
}

async function withLibrary(octets: Uint8Array): Promise<EncryptedMessage> {
  const { readWithLibrary } = await import('./library-message.js');
  return readWithLibrary(octets);
}
