import path from 'node:path';
import { partsOf } from '../encryptors/drift.js';
import { EyamlError } from '../errors.js';
import { createNew } from '../files/create.js';
import type { Keystore, PublicKey } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { createRecipientsFile, RECIPIENTS_FILE } from '../recipients/file.js';
import { matchSpec } from '../recipients/match.js';
import { KEYS_FOLDER, nearestKeysFolder } from '../recipients/nearest.js';
import { resolveRecipients } from '../recipients/resolve.js';

/** A key that values can be encrypted for. */
export interface ListedKey {
  readonly fingerprint: Fingerprint;
  readonly userId: string;
  /** Whether the user has its secret key. */
  readonly isOwn: boolean;
  /** Whether GnuPG trusts it. */
  readonly isTrusted: boolean;
}

/** The files that were written, and those that already existed and were not changed. */
export interface InitOutcome {
  readonly written: readonly string[];
  readonly kept: readonly string[];
}

/** How the keys of the recipients are chosen. */
export interface KeyChoice {
  /** Named keys, by the rules of recipients files. */
  readonly names: readonly string[] | undefined;
  /** Chooses some of all available keys, if none are named. */
  readonly choose: (keys: readonly ListedKey[]) => Promise<readonly ListedKey[]>;
}

/**
 * Prepares a folder for values, with the chosen keys as recipients.
 *
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` for names, `RECIPIENTS_MISSING` if there is no key, `ABORTED` if none was chosen.
 */
export async function init(
  folder: string,
  { names, choose }: KeyChoice,
  keystore: Keystore,
): Promise<InitOutcome & { readonly chosen: readonly ListedKey[] }> {
  const keysFolder = await nearestKeysFolder(path.join(folder, 'new.yaml'));
  const chosen = names
    ? await findKeys(names, '--recipient', keystore, keysFolder)
    : await choose(someOf(await listKeys(keystore, keysFolder)));
  if (chosen.length === 0) throw new EyamlError('ABORTED', 'no key was chosen; nothing was written');
  return { chosen, ...(await initFolder(folder, chosen, keystore)) };
}

function someOf(keys: readonly ListedKey[]): readonly ListedKey[] {
  if (keys.length > 0) return keys;
  throw new EyamlError('RECIPIENTS_MISSING', 'no keys found to encrypt for', {
    suggestions: [
      'name a file or folder of public keys with --gpg-public-keys, or import them into GnuPG',
      'create your own key with: eyaml createkeys -n gpg',
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

/**
 * Prepares a folder for values: a recipients file with the given keys, their public keys, and a configuration file. Existing files
 * stay unchanged.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function initFolder(folder: string, keys: readonly ListedKey[], keystore: Keystore): Promise<InitOutcome> {
  const { armorKeys } = await import('../openpgp/keys.js');
  const files: [string, (file: string) => Promise<boolean>][] = [
    [RECIPIENTS_FILE, (file) => createRecipientsFile(file, keys)],
    ['.eyaml/config.yaml', (file) => createNew(file, CONFIGURATION)],
  ];
  for (const { fingerprint } of keys) {
    const armored = await armorKeys(await keystore.exportKeys([fingerprint]));
    files.push([path.join(KEYS_FOLDER, `${fingerprint}.asc`), (file) => createNew(file, armored)]);
  }
  const outcome: Record<'written' | 'kept', string[]> = { written: [], kept: [] };
  // The recipients file last: if it exists, the keys that it needs exist too, even after a crash.
  for (const [name, create] of files.reverse()) {
    const file = path.join(folder, name);
    outcome[(await create(file)) ? 'written' : 'kept'].unshift(file);
  }
  return outcome;
}

const CONFIGURATION =
  '# Options for eyaml when it is run in this folder; eyaml COMMAND --help lists them, with dashes for underscores.\nencrypt_method: gpg\n';
