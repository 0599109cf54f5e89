import { EyamlError } from '../../errors.js';
import { unfinishedPairHints } from '../../files/key-pair.js';
import { LIMITS, readLimited } from '../../files/read.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey } from '../../openpgp/keys.js';
import type { SecretState } from '../../openpgp/secret-numbers.js';
import { isKeyText } from '../../text/key-text.js';
import type { OwnSubkey } from '../keystore.js';
import { isReadByOthers, type KeyfilesMessages } from './files.js';

/** Where a secret key is: in a file, or given as octets with a name for messages, such as that of an environment variable. */
export type SecretKeySource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'octets'; readonly name: string; readonly octets: Uint8Array };

/** A secret key of the user's own. */
export interface SecretKey {
  /** Its file or the name of its source. */
  readonly name: string;
  readonly key: ReadKey;
  readonly octets: Uint8Array;
  readonly subkeys: readonly OwnSubkey[];
  readonly states: ReadonlyMap<Fingerprint, SecretState>;
}

const openpgp = () =>
  Promise.all([
    import('../../openpgp/keys.js'),
    import('../../openpgp/validity.js'),
    import('../../openpgp/secret.js'),
  ]);

/**
 * Reads secret keys. If a key is in several places, the first one is used.
 *
 * @throws {@link EyamlError} `OPENPGP_KEY_MISSING` or `OPENPGP_KEY_UNREADABLE` when a source cannot be read, `KEY_FILE_INVALID` when it holds no
 * secret key.
 */
export async function loadSecretKeys(
  sources: readonly SecretKeySource[],
  messages: KeyfilesMessages,
): Promise<readonly SecretKey[]> {
  const keys = new Map<Fingerprint, SecretKey>();
  for (const source of sources) {
    for (const key of await readSource(source, messages))
      if (!keys.has(key.key.fingerprint)) keys.set(key.key.fingerprint, key);
  }
  return [...keys.values()];
}

async function readSource(source: SecretKeySource, messages: KeyfilesMessages): Promise<readonly SecretKey[]> {
  const name = source.kind === 'file' ? source.file : source.name;
  const octets = source.kind === 'file' ? await readSecretFile(source.file) : source.octets;
  const [{ readKeyFile }] = await openpgp();
  const { keys, faults } = readKeyFile(octets);
  const found: SecretKey[] = [];
  for (const key of keys) {
    const secret = await describe(name, key);
    if (secret === undefined) continue;
    messages.detail(`secret key ${key.fingerprint} (${key.userIds[0] ?? 'no user ID'}) from ${name}`);
    found.push(secret);
  }
  if (found.length > 0 && source.kind === 'file' && (await isReadByOthers(source.file)))
    messages.warn(`the secret key ${name} can be read by users other than its owner: chmod 600 ${name}`);
  if (found.length === 0 && faults[0] !== undefined)
    throw new EyamlError('KEY_FILE_INVALID', `no secret key can be read from ${name}: ${faults[0]}`);
  for (const fault of faults) messages.warn(`${name}: ${fault}`);
  if (found.length > 0) return found;
  throw new EyamlError('KEY_FILE_INVALID', `${name} holds a public key, not a secret key`, {
    suggestions: ['to export the secret key: gpg --export-secret-keys --armor FINGERPRINT'],
  });
}

async function readSecretFile(file: string): Promise<Buffer> {
  const read = await readLimited(file, { limit: LIMITS.openpgpKeys, pipes: 'inherited' });
  if ('octets' in read) return read.octets;
  const isKey = isKeyText(file);
  throw new EyamlError(
    isKey ? 'KEY_FILE_INVALID' : read.fault.isAbsent ? 'OPENPGP_KEY_MISSING' : 'OPENPGP_KEY_UNREADABLE',
    isKey
      ? 'this looks like key material, not a path: name the file of the secret key'
      : `cannot read the secret key ${file}: ${read.fault.reason}`,
    { suggestions: unfinishedPairHints(file) },
  );
}

async function describe(name: string, key: ReadKey): Promise<SecretKey | undefined> {
  const { secretOctets: octets } = key;
  if (octets === undefined) return undefined;
  const [, { judgeKey }, { secretStates }] = await openpgp();
  const { primaryKey, subkeys, userIds } = judgeKey(key, Date.now() / 1000);
  const states = await secretStates(octets);
  // Used whatever its signatures say, even if none of them is valid: it opens old messages.
  const own = [primaryKey, ...subkeys]
    .filter(({ canEncrypt, fingerprint }) => canEncrypt && states.has(fingerprint))
    .map((part) => ({
      ...part,
      keygrip: undefined,
      primaryFingerprint: primaryKey.fingerprint,
      userId: userIds[0]?.text ?? key.userIds[0] ?? '',
    }));
  return { name, key, octets, subkeys: own, states };
}
