import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { DEFAULT_MAX_PLAINTEXT, tooLarge } from '../../openpgp/plaintext-limit.js';
import { isKeyAbsent, passphraseError } from './agent-errors.js';
import type { Gpg } from './gpg.js';
import { gpgFailed } from './outcome.js';

// Error codes of libgpg-error: a checksum that is wrong, a session key that does not fit its secret key.
const DAMAGED: ReadonlySet<number> = new Set([10, 18]);

/**
 * Encrypts for exactly the given subkeys. The options prevent a user's gpg.conf from adding or hiding recipients, and make a message
 * that every GnuPG reads.
 */
export async function encryptWithGpg(
  gpg: Gpg,
  plaintext: Uint8Array,
  subkeys: readonly Fingerprint[],
): Promise<Buffer> {
  const result = await gpg.run(
    [
      ...[
        '--rfc4880',
        '--cipher-algo',
        'AES256',
        '--compress-algo',
        'none',
        '--no-armor',
        '--no-textmode',
        '--set-filename',
        '',
      ],
      ...[
        '--no-encrypt-to',
        '--no-default-recipient',
        '--no-throw-keyids',
        '--trust-model',
        'always',
        '--disable-dirmngr',
      ],
      ...['--encrypt', '--output', '-', ...subkeys.flatMap((subkey) => ['--recipient', `0x${subkey}!`])],
    ],
    plaintext,
  );
  if (result.exitCode === null || !result.status.some((line) => line.startsWith('END_ENCRYPTION'))) {
    throw gpgFailed('encrypt', result);
  }
  return result.stdout;
}

/** How gpg is to decrypt. */
export interface DecryptOptions {
  readonly maxPlaintext?: number | undefined;
  readonly passphrase?: Uint8Array | undefined;
}

/**
 * Decrypts a message with gpg, which asks the agent for passphrases when it needs them.
 *
 * @param options - how many octets it may hold, and a passphrase that answers in place of a person.
 * @throws {@link EyamlError} unless gpg confirms that the decryption succeeded; its output is then discarded.
 */
export async function decryptWithGpg(
  gpg: Gpg,
  message: Uint8Array,
  { maxPlaintext = DEFAULT_MAX_PLAINTEXT, passphrase }: DecryptOptions = {},
): Promise<Buffer> {
  const args = ['--no-auto-key-retrieve', '--disable-dirmngr', '--decrypt', '--output', '-'];
  const result = await gpg.run(args, message, { passphrase, maxOutput: maxPlaintext });
  if (result.wroteTooMuch) throw tooLarge(maxPlaintext);
  const said = (keyword: string) => result.status.find((line) => line.split(' ', 1)[0] === keyword);
  // Of several texts gpg outputs the first, and reports success together with this error.
  if (result.status.some((line) => line.startsWith('ERROR proc_pkt.plaintext'))) throw severalTexts();
  // gpg-sq reports the last two for a message that is not encrypted, too.
  const isOpened = said('BEGIN_DECRYPTION') !== undefined;
  if (isOpened && said('DECRYPTION_OKAY') && said('GOODMDC') && result.exitCode !== null) return result.stdout;
  // It did not start reading the message, or did not reach its end.
  if (result.exitCode === null || result.status.every(isNotOfMessage)) throw gpgFailed('decrypt', result);
  const code = /^ERROR pkdecrypt_failed (\d+)/.exec(said('ERROR') ?? '')?.[1];
  if (DAMAGED.has(Number(code) & 0xffff)) throw damaged();
  // GnuPG 2.4 reports a missing key as a failure too.
  if (code !== undefined && !isKeyAbsent(Number(code) & 0xffff))
    throw passphraseError(Number(code) & 0xffff, (Number(code) >>> 24) & 0x7f, 'this value');
  // gpg-sq has no status line for this; it asks until the password is right or none is given.
  const lacksPassword = said('NEED_PASSPHRASE_SYM') && !isOpened;
  if (said('CANCELED_BY_USER') || (lacksPassword && !passphrase)) {
    throw new EyamlError('PASSPHRASE_CANCELLED', 'no passphrase or password was given for this value');
  }
  const badPassword = result.status.some((line) => /^ERROR symkey_decrypt\S* 11(?!\d)/.test(line));
  if (badPassword || lacksPassword || said('MISSING_PASSPHRASE') || said('BAD_PASSPHRASE')) {
    throw new EyamlError('PASSPHRASE_WRONG', 'no passphrase, or a wrong one, was given for this value');
  }
  if (said('NO_SECKEY')) throw new EyamlError('NO_SECRET_KEY', 'gpg has no secret key that opens this value');
  throw damaged();
}

function damaged(): EyamlError {
  return new EyamlError(
    'MESSAGE_INVALID',
    'the message cannot be read: gpg cannot decrypt it, or its integrity check failed',
  );
}

function severalTexts(): EyamlError {
  return new EyamlError(
    'MESSAGE_INVALID',
    'the message cannot be read: it holds several texts where a value holds one, or content that gpg cannot read',
  );
}

function isNotOfMessage(line: string): boolean {
  return /^(?:ERROR add_keyblock_resource|FAILURE (?:option-parser|gpg-exit)) /.test(line);
}
