import { SETTINGS } from '../../config/settings.js';
import { EyamlError } from '../../errors.js';
import type { KeyPart, PublicKey } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { faultOf, newestEncryptionKey } from '../../recipients/usability.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';

const SECONDS_PER_DAY = 86_400;

const { ok, warning, error } = reporterOf('keys');

/** The user's own secret keys, and whether others can still encrypt for them. */
export async function checkKeys(checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const { own } = checkup;
  try {
    const primaries = [...new Map((await own()).map((subkey) => [subkey.primaryFingerprint, subkey.userId]))];
    const keys: DoctorFinding[] = [];
    for (const [primary, userId] of primaries) keys.push(await keyFinding(primary, userId, checkup));
    return keys.length > 0 ? keys : [await withoutKey(checkup)];
  } catch (fault) {
    if (!(fault instanceof EyamlError)) throw fault;
    // That is a finding about gpg.
    if (fault.code === 'GPG_NOT_FOUND') return [await withoutKey(checkup)];
    return [error(fault, 'gpg --list-secret-keys')];
  }
}

async function withoutKey({ files }: Checkup): Promise<DoctorFinding> {
  const scanned = await files().catch(() => []);
  const isNeeded = scanned.some(({ values }) => values.some(({ tag }) => tag === 'GPG'));
  const message = 'you have no OpenPGP secret key';
  return isNeeded
    ? warning(message, NEW_KEY)
    : ok(`${message}; without one you can encrypt, but not decrypt GPG values`);
}

async function keyFinding(
  primary: Fingerprint,
  userId: string,
  { context: { keystore }, now }: Checkup,
): Promise<DoctorFinding> {
  const found = await keystore.search([{ kind: 'hex', hex: primary }]);
  const publicKey = found.find(({ primaryKey }) => primaryKey.fingerprint === primary);
  const name = `${userId} (${primary})`;
  if (publicKey === undefined) return warning(`${name}: the public half of your key is missing`, 'gpg --import FILE');
  const subkey = newestEncryptionKey(publicKey, now);
  const { place, renew } = keystore.hints(primary);
  const extend = extensionOf(publicKey, subkey, place === 'GnuPG');
  const fault = faultOf(publicKey, undefined, subkey, { renew, now });
  if (fault) {
    const isRevoked = fault.rule === 'recipient-revoked';
    const message = `${name} ${fault.reason}: you can read old values, but nobody can encrypt for you`;
    return warning(message, isRevoked ? NEW_KEY : extend);
  }
  const expires = Math.min(...[publicKey.primaryKey, subkey].map((part) => part?.expires ?? Infinity));
  const days = Math.floor((expires - now) / SECONDS_PER_DAY);
  if (days < SETTINGS['expiry-days'].default) return warning(`${name} expires on ${dayOf(expires)}`, extend);
  return ok(expires === Infinity ? `${name} does not expire` : `${name} expires on ${dayOf(expires)}`);
}

const NEW_KEY = 'eyaml createkeys -n gpg --gpg-user-id "NAME <ADDRESS>"';

// GnuPG extends the primary key and its subkeys by two commands.
function extensionOf({ primaryKey, subkeys }: PublicKey, subkey: KeyPart | undefined, isInGnupg: boolean): string {
  if (!isInGnupg) return NEW_KEY;
  const extend = `gpg --quick-set-expire ${primaryKey.fingerprint} 2y`;
  const part = subkey ?? subkeys.find(({ canEncrypt }) => canEncrypt);
  const hasOwnEnd = part?.expires !== undefined && part.fingerprint !== primaryKey.fingerprint;
  if (!hasOwnEnd) return extend;
  const ofSubkey = `${extend} ${part.fingerprint}`;
  return primaryKey.expires === undefined ? ofSubkey : `${extend} && ${ofSubkey}`;
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
