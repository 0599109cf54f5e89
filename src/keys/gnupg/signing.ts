import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { PACKET, readPackets } from '../../openpgp/packets.js';
import type { KeyPart, Keystore } from '../keystore.js';
import { isKeyAbsent, passphraseError } from './agent-errors.js';
import type { KeyringKey } from './colons.js';
import type { Gpg } from './gpg.js';
import { listSecretKeys } from './keyring.js';
import { once } from './once.js';
import { gpgFailed } from './outcome.js';
import type { GpgResult } from './run.js';

/** What signing works with. */
export interface SigningOptions {
  /** Makes sure that the GnuPG home can be used. */
  readonly checked: () => Promise<void>;
  /** A passphrase for gpg that is given in place of a person's answer. */
  readonly passphrase: () => Promise<Uint8Array | undefined>;
}

/** Makes the signing with GnuPG's keys; the agent asks for passphrases, PINs and touches. */
export function createSigning(
  gpg: Gpg,
  { checked, passphrase }: SigningOptions,
): Pick<Keystore, 'ownSigners' | 'signText'> {
  const own = once(async () => {
    await checked();
    return (await listSecretKeys(gpg)).filter(canSignNow);
  });
  return {
    ownSigners: async () =>
      (await own()).map(({ primaryKey, userIds }) => ({
        fingerprint: primaryKey.fingerprint,
        userId: userIds[0]?.text ?? '',
      })),
    signText: async (primary, text) => {
      await checked();
      return signWithGpg(gpg, primary, { text, passphrase: await passphrase() });
    },
  };
}

function canSignNow({ primaryKey, subkeys, secrets, disabled }: KeyringKey): boolean {
  const isAlive = ({ validity }: KeyPart) => !['e', 'r', 'i', 'd', 'n'].includes(validity);
  const canSign = (part: KeyPart) => part.canSign && isAlive(part) && secrets.get(part.fingerprint) === true;
  return !disabled && isAlive(primaryKey) && [primaryKey, ...subkeys].some(canSign);
}

// What a user's gpg.conf adds to signatures is taken away again, as far as gpg can.
const PLAIN = [
  ...['--rfc4880', '--digest-algo', 'SHA512', '--textmode', '--no-armor', '--no-ask-sig-expire'],
  ...['--default-sig-expire', '0', '--no-force-v3-sigs', '--trust-model', 'always', '--disable-dirmngr'],
];

/** @throws `EyamlError` why gpg made no signature, or one by another key, or several: gpg.conf can name more signers. */
async function signWithGpg(
  gpg: Gpg,
  primary: Fingerprint,
  { text, passphrase }: { readonly text: Uint8Array; readonly passphrase: Uint8Array | undefined },
): Promise<Uint8Array> {
  const args = [...PLAIN, '--local-user', `0x${primary}`, '--detach-sign', '--output', '-'];
  const result = await gpg.run(args, text, { passphrase });
  const made = result.status.filter((line) => line.startsWith('SIG_CREATED '));
  if (result.exitCode === null || made.length === 0) throw notMade(primary, result);
  const [packet, ...more] = readPackets(result.stdout);
  if (packet?.tag === PACKET.signature && more.length === 0) return packet.body;
  throw new EyamlError('GPG_FAILED', 'gpg made several signatures where one was asked for', {
    suggestions: ['remove local-user from gpg.conf'],
  });
}

function notMade(primary: Fingerprint, result: GpgResult): EyamlError {
  // GnuPG, doc/DETAILS: FAILURE WHERE CODE, with the source of the error in the upper bits.
  const [, code = ''] = result.status.map((line) => /^FAILURE sign (\d+)/.exec(line)).find(Boolean) ?? [];
  const [number, source] = [Number(code) & 0xffff, (Number(code) >>> 24) & 0x7f];
  const whose = `the secret key ${primary}`;
  if (isKeyAbsent(number) || result.status.some((line) => line.startsWith('INV_SGNR ')))
    return new EyamlError(
      'NO_SECRET_KEY',
      `gpg cannot sign with ${whose}: it is missing, expired, revoked, or may not sign`,
      {
        suggestions: ['"gpg --list-secret-keys" shows your keys; insert your smart card'],
      },
    );
  if (code === '' || number === GENERAL) return gpgFailed('sign', result);
  return passphraseError(number, source, whose);
}

// GPG_ERR_GENERAL of libgpg-error.
const GENERAL = 1;
