import { EyamlError } from '../../errors.js';
import { WILDCARD_KEY_ID, type Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey } from '../../openpgp/keys.js';
import type { Pkesk } from '../../openpgp/packets.js';
import type { SealRecipient } from '../../openpgp/write-message.js';
import type { Keystore, OwnSubkey } from '../keystore.js';
import type { PublicKeys } from './public-keys.js';

/** A subkey of the user's own, with the key it belongs to. */
interface Own {
  readonly key: ReadKey;
  readonly subkey: OwnSubkey;
}

/**
 * Encrypts for subkeys that openpgp.js cannot encrypt to.
 *
 * @throws {@link EyamlError} `ENCRYPT_FAILED` that names the key when it is of a kind that needs GnuPG.
 */
export async function encryptForSubkeys(
  publicKeys: PublicKeys,
  plaintext: Uint8Array,
  encryptionSubkeys: readonly Fingerprint[],
): Promise<Uint8Array> {
  const [{ canSeal, sealMessage }, { publicNumbersOf }] = await Promise.all([
    import('../../openpgp/write-message.js'),
    import('../../openpgp/keys.js'),
  ]);
  const recipients = encryptionSubkeys.map((fingerprint): SealRecipient => {
    const key = publicKeys.find(fingerprint);
    const part = key?.parts.find((candidate) => candidate.fingerprint === fingerprint);
    const numbers = key && publicNumbersOf(key, fingerprint);
    const recipient = part && numbers && { keyId: part.keyId, numbers };
    if (recipient && canSeal(recipient)) return recipient;
    throw new EyamlError(
      'ENCRYPT_FAILED',
      `only GnuPG can encrypt to the key ${fingerprint} (${key?.userIds[0] ?? 'no user ID'}): it is of an old or rare kind`,
      { suggestions: ['use GnuPG, or ask its owner for a new key: Curve25519 or RSA'] },
    );
  });
  try {
    return sealMessage(plaintext, recipients);
  } catch {
    throw new EyamlError('ENCRYPT_FAILED', 'a recipient’s key is damaged, or on a curve that this OpenSSL lacks', {
      suggestions: ['use GnuPG'],
    });
  }
}

/**
 * Says why a message that is for one of the user's keys was not opened: its cipher or the kind of its key is one that GnuPG alone
 * knows, it is for a password, or its session key is damaged.
 */
export async function explainUnopened(
  message: Uint8Array,
  own: readonly Own[],
  unwrap: Keystore['unwrap'],
): Promise<EyamlError> {
  const { readMessage } = await import('../../openpgp/message.js');
  const { pkesks, hasPassword } = await readMessage(message);
  for (const pkesk of pkesks) {
    const mine = own.filter(({ subkey }) => pkesk.keyId === subkey.keyId || pkesk.keyId === WILDCARD_KEY_ID);
    for (const { key, subkey } of mine) {
      if (pkesk.keyId !== WILDCARD_KEY_ID && pkesk.fields === undefined) return needsGnupg('is for a kind of key');
      // A hidden recipient's packet fits one key at most; that others fail on it means nothing.
      const opens = opensSessionKey(key, subkey, pkesk, unwrap);
      if (pkesk.keyId === WILDCARD_KEY_ID ? await opens.catch(() => false) : await opens)
        return needsGnupg('is encrypted with a cipher');
    }
  }
  if (hasPassword) return needsGnupg('opens with a password, which is something');
  return new EyamlError('MESSAGE_INVALID', 'the message cannot be read: its session key is damaged');
}

async function opensSessionKey(
  key: ReadKey,
  subkey: OwnSubkey,
  { fields }: Pkesk,
  unwrap: Keystore['unwrap'],
): Promise<boolean> {
  const [{ unpadPkcs1, unwrapEcdh }, { publicNumbersOf }] = await Promise.all([
    import('../../openpgp/session-key.js'),
    import('../../openpgp/keys.js'),
  ]);
  const numbers = publicNumbersOf(key, subkey.fingerprint);
  if (fields === undefined || numbers?.kind !== fields.kind) return false;
  const { octets } = await unwrap(subkey, fields);
  const sessionKey =
    fields.kind === 'ecdh' && numbers.kind === 'ecdh'
      ? unwrapEcdh(octets, fields.wrapped, numbers.parameters)
      : unpadPkcs1(octets);
  return sessionKey !== undefined;
}

function needsGnupg(what: string): EyamlError {
  return new EyamlError('METHOD_UNAVAILABLE', `this value ${what} that only GnuPG can handle`, {
    suggestions: ['decrypt it where GnuPG is, and encrypt it again: eyaml recrypt'],
  });
}
