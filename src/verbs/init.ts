import path from 'node:path';
import { partsOf } from '../encryptors/drift.js';
import { EyamlError, hasCode } from '../errors.js';
import { faultAt } from '../files/fault.js';
import type { Keystore, PublicKey } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { readRecipientsFile, RECIPIENTS_FILE } from '../recipients/file.js';
import { matchSpec, type TrustMode } from '../recipients/match.js';
import { nearestKeysFolder } from '../recipients/nearest.js';
import { resolve, resolveRecipients } from '../recipients/resolve.js';
import { CONFIGURATION_FILE, initFolder, recordedTrust, type ListedKey, type WrittenFiles } from './init-folder.js';

/** The result of {@link init}. */
export interface InitOutcome extends WrittenFiles {
  /** The keys that are recipients now and were not before. */
  readonly added: readonly ListedKey[];
  /** Whether the user has the secret key of a recipient. */
  readonly isReader: boolean;
  /** Whether the recipients' keys are accepted by a command that is run in the folder. */
  readonly isTrusted: boolean;
  /** Whether the configuration file got its trust mode now. */
  readonly isPinned: boolean;
}

/** How the keys of the recipients are chosen. */
export interface KeyChoice {
  /** Named keys, by the rules of recipients files. */
  readonly names: readonly string[] | undefined;
  /** Chooses some of all available keys, if none are named; `there` are those that are recipients already. */
  readonly choose: (keys: readonly ListedKey[], there: ReadonlySet<Fingerprint>) => Promise<readonly ListedKey[]>;
}

/** Which keys of recipients are accepted, and whether that was said for this folder. */
export interface InitTrust {
  readonly mode: TrustMode;
  readonly isGiven: boolean;
}

/**
 * Prepares a folder for values, with the chosen keys as recipients. In a folder that is prepared already they are added.
 *
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` for names, `RECIPIENTS_MISSING` if there is no key, `ABORTED` if none was chosen.
 */
export async function init(
  folder: string,
  { names, choose }: KeyChoice,
  keystore: Keystore,
  trust: InitTrust,
): Promise<InitOutcome> {
  const keysFolder = await nearestKeysFolder(path.join(folder, 'new.yaml'));
  const there = await presentRecipients(folder, keystore, keysFolder);
  const present = new Set(there?.keys.map(({ fingerprint }) => fingerprint));
  const chosen = names
    ? await findKeys(names, '--recipient', keystore, keysFolder)
    : await choose(someOf(await listKeys(keystore, keysFolder).catch(noneWithoutGnupg)), present);
  if (chosen.length === 0 && present.size === 0)
    throw new EyamlError('ABORTED', 'no key was chosen; nothing was written');
  const added = chosen.filter(({ fingerprint }) => !present.has(fingerprint));
  const all = [...(there?.keys ?? []), ...added];
  const mode = trust.isGiven ? trust.mode : ((await recordedTrust(folder)) ?? trust.mode);
  const isTrusted = mode !== 'wot' || all.every((key) => key.isTrusted);
  // The trust mode of a folder that others set up is theirs to change.
  const isToBePinned = trust.isGiven ? trust.mode !== 'wot' : there === undefined && !isTrusted;
  const pin = isToBePinned && (there?.arePins ?? true);
  const done = await initFolder(folder, added, keystore, { pin });
  const isPinned = pin && !done.kept.includes(path.join(folder, CONFIGURATION_FILE));
  return {
    ...done,
    added,
    isReader: all.some(({ isOwn }) => isOwn),
    isTrusted: isTrusted || isPinned,
    isPinned,
  };
}

/** The recipients of a folder's own recipients file, and whether every line names a full fingerprint; undefined without such a file. */
async function presentRecipients(folder: string, keystore: Keystore, keysFolder: string | undefined) {
  const file = path.join(folder, RECIPIENTS_FILE);
  if (faultAt(file, 'file') !== undefined) return undefined;
  const list = { ...(await readRecipientsFile(file, folder)), keysFolder };
  const { recipients } = await resolve(list, keystore, 'always');
  const { problems } = await resolve(list, keystore, 'pinned');
  const keys = await listedAs(
    recipients.map(({ publicKey }) => publicKey),
    keystore,
  );
  return { keys, arePins: problems.length === 0 };
}

// There is neither GnuPG nor a key file.
function noneWithoutGnupg(error: unknown): readonly ListedKey[] {
  if (hasCode(error, 'GPG_NOT_FOUND')) return [];
  throw error;
}

function someOf(keys: readonly ListedKey[]): readonly ListedKey[] {
  if (keys.length > 0) return keys;
  throw new EyamlError('RECIPIENTS_MISSING', 'no keys found to encrypt for', {
    suggestions: [
      'create your own key with: eyaml createkeys -n gpg --gpg-user-id "NAME <ADDRESS>"',
      'name a file or folder of public keys with --gpg-public-keys, or import them into GnuPG',
    ],
  });
}

/** The available keys that can be encrypted for now, the user's own first. */
export async function listKeys(keystore: Keystore, keysFolder: string | undefined): Promise<readonly ListedKey[]> {
  const all = await keystore.search([{ kind: 'text', text: '' }], keysFolder);
  const usable = all.filter(
    (key) =>
      'recipient' in
      matchSpec({ spec: key.primaryKey.fingerprint, place: { file: '' } }, [key], 'always', keystore.hints),
  );
  const listed = await listedAs(usable, keystore);
  return [...listed].sort((a, b) => Number(b.isOwn) - Number(a.isOwn) || a.userId.localeCompare(b.userId));
}

/**
 * The named keys, each once, by the rules of recipients files.
 *
 * @param option - the option that names them, for messages.
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` that lists every name that does not match exactly one usable key.
 */
export async function findKeys(
  names: readonly string[],
  option: string,
  keystore: Keystore,
  keysFolder: string | undefined,
): Promise<readonly ListedKey[]> {
  const specs = names.map((spec) => ({ spec, place: { option }, isTyped: true }));
  const recipients = await resolveRecipients({ source: option, specs, keysFolder }, keystore, 'always');
  const keys = new Map(recipients.map(({ publicKey }) => [publicKey.primaryKey.fingerprint, publicKey]));
  return listedAs([...keys.values()], keystore);
}

async function listedAs(keys: readonly PublicKey[], keystore: Keystore): Promise<readonly ListedKey[]> {
  const ids = keys.flatMap((key) => partsOf(key).map(({ keyId }) => keyId));
  const own = await keystore.ownAmong(ids).catch(() => []);
  const mine = new Set<string>(own.map(({ primaryFingerprint }) => primaryFingerprint));
  return keys.map(({ primaryKey: { fingerprint }, userIds }) => ({
    fingerprint,
    userId: userIds[0]?.text ?? 'no user ID',
    isOwn: mine.has(fingerprint),
    isTrusted: userIds.some(({ validity }) => validity === 'f' || validity === 'u'),
  }));
}
