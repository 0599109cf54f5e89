import { EyamlError } from '../../errors.js';
import { unfinishedPairHints } from '../../files/key-pair.js';
import { LIMITS, readLimited } from '../../files/read.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { ReadKey } from '../../openpgp/keys.js';
import type { SecretState } from '../../openpgp/secret-numbers.js';
import { isKeyText } from '../../text/key-text.js';
import type { OwnSubkey } from '../keystore.js';
import { findKeyFiles, isReadByOthers, type KeyfilesMessages } from './files.js';

/**
 * Where secret keys are: in a file, in the files of the user's key home, which may hold other keys too, or given as octets with a name for
 * messages, such as that of an environment variable.
 */
export type SecretKeySource =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'home'; readonly folder: string }
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
  const told = new Set<string>();
  // A file in the key home may be named as well.
  const warn = (text: string) => {
    if (!told.has(text)) messages.warn(text);
    told.add(text);
  };
  for (const source of sources) {
    for (const key of await readSource(source, { ...messages, warn }))
      if (!keys.has(key.key.fingerprint)) keys.set(key.key.fingerprint, key);
  }
  return [...keys.values()];
}

async function readSource(source: SecretKeySource, messages: KeyfilesMessages): Promise<readonly SecretKey[]> {
  if (source.kind === 'home') return readHome(source.folder, messages);
  const name = source.kind === 'file' ? source.file : source.name;
  const octets = source.kind === 'file' ? await readSecretFile(source.file) : source.octets;
  const { found, faults } = await readSecrets(name, octets, messages);
  if (source.kind === 'file') await warnIfOpen(found, source.file, messages);
  if (found.length === 0 && faults[0] !== undefined)
    throw new EyamlError('KEY_FILE_INVALID', `no secret key can be read from ${name}: ${faults[0]}`);
  for (const fault of faults) messages.warn(`${name}: ${fault}`);
  if (found.length > 0) return found;
  throw new EyamlError('KEY_FILE_INVALID', `${name} holds a public key, not a secret key`, {
    suggestions: ['to export the secret key: gpg --export-secret-keys --armor FINGERPRINT'],
  });
}

// Faults are reported where the same files are searched for public keys.
async function readHome(folder: string, messages: KeyfilesMessages): Promise<readonly SecretKey[]> {
  const { files } = await findKeyFiles({ fileOrFolder: folder, kind: 'home' });
  const keys: SecretKey[] = [];
  for (const { file, octets } of files) {
    const { found } = await readSecrets(file, octets, messages).catch(() => unusable(file, messages));
    await warnIfOpen(found, file, messages);
    keys.push(...found);
  }
  return keys;
}

// One such file must not keep the user from the other keys.
function unusable(file: string, { warn }: KeyfilesMessages): { readonly found: readonly SecretKey[] } {
  warn(`${file}: it holds a secret key that cannot be read: it is not used`);
  return { found: [] };
}

async function readSecrets(name: string, octets: Uint8Array, { detail }: KeyfilesMessages) {
  const [{ readKeyFile }] = await openpgp();
  const { keys, faults } = readKeyFile(octets);
  const found: SecretKey[] = [];
  for (const key of keys) {
    const secret = await describe(name, key);
    if (secret === undefined) continue;
    detail(`secret key ${key.fingerprint} (${key.userIds[0] ?? 'no user ID'}) from ${name}`);
    found.push(secret);
  }
  return { found, faults };
}

async function warnIfOpen(found: readonly SecretKey[], file: string, { warn }: KeyfilesMessages): Promise<void> {
  if (found.length > 0 && (await isReadByOthers(file)))
    warn(`the secret key ${file} can be read by users other than its owner: chmod 600 ${file}`);
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
