import { EyamlError } from '../../errors.js';
import { WILDCARD_KEY_ID, type Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey } from '../../openpgp/keys.js';
import type { Pkesk } from '../../openpgp/packets.js';
import type { Keystore, OwnSubkey } from '../keystore.js';
import type { PublicKeys } from './public-keys.js';

/** A subkey of the user's own, with the key it belongs to. */
interface Own {
  readonly key: ReadKey;
  readonly subkey: OwnSubkey;
}

/**
 * The error when a message for some subkeys could not be written: it names the key when its type needs GnuPG.
 */
export async function explainUnsealed(
  publicKeys: PublicKeys,
  encryptionSubkeys: readonly Fingerprint[],
): Promise<EyamlError> {
  const [{ canSeal }, { publicNumbersOf }] = await Promise.all([
    import('../../openpgp/write-message.js'),
    import('../../openpgp/keys.js'),
  ]);
  for (const fingerprint of encryptionSubkeys) {
    const key = publicKeys.find(fingerprint);
    const numbers = key && publicNumbersOf(key, fingerprint);
    if (numbers === undefined || !canSeal(numbers))
      return new EyamlError(
        'ENCRYPT_FAILED',
        `only GnuPG can encrypt to the key ${fingerprint} (${key?.userIds[0] ?? 'no user ID'}): it is an old or rare type of key`,
        { suggestions: ['use GnuPG, or ask its owner for a new key: Curve25519 or RSA'] },
      );
  }
  return new EyamlError(
    'ENCRYPT_FAILED',
    'a recipient’s key is damaged, or on a curve that this OpenSSL does not support',
    { suggestions: ['use GnuPG'] },
  );
}

/**
 * The error when a message for one of the user's keys cannot be opened: only GnuPG supports its cipher or the type of its key, it is
 * encrypted with a password, or its session key is damaged.
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
      if (pkesk.keyId !== WILDCARD_KEY_ID && pkesk.fields === undefined) return needsGnupg('is for a type of key that');
      // A hidden recipient's packet is for one key at most; the failure of other keys means nothing.
      const opens = opensSessionKey(key, subkey, pkesk, unwrap);
      if (pkesk.keyId === WILDCARD_KEY_ID ? await opens.catch(() => false) : await opens)
        return needsGnupg('is encrypted with a cipher that');
    }
  }
  if (hasPassword) return needsGnupg('is encrypted with a password, which');
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
  return new EyamlError('METHOD_UNAVAILABLE', `this value ${what} only GnuPG supports`, {
    suggestions: ['encrypt it again on a machine with GnuPG: eyaml recrypt'],
  });
}
