import path from 'node:path';
import { readMapping } from '../eyaml/document.js';
import { createNew } from '../files/create.js';
import { LIMITS, readLimited } from '../files/read.js';
import { readSnapshot, replaceFile, textOf } from '../files/snapshot.js';
import type { Keystore } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { addToRecipientsFile } from '../recipients/add.js';
import { createRecipientsFile, RECIPIENTS_FILE } from '../recipients/file.js';
import type { TrustMode } from '../recipients/match.js';
import { KEYS_FOLDER } from '../recipients/nearest.js';

/** A key that values can be encrypted for. */
export interface ListedKey {
  readonly fingerprint: Fingerprint;
  readonly userId: string;
  /** Whether the user has its secret key. */
  readonly isOwn: boolean;
  /** Whether GnuPG trusts it. */
  readonly isTrusted: boolean;
}

/** What was done to each file. */
export interface WrittenFiles {
  readonly written: readonly string[];
  /** Files that existed and were changed. */
  readonly changed: readonly string[];
  /** Files that existed and were not changed. */
  readonly kept: readonly string[];
}

/**
 * Prepares a folder for values: a recipients file with the given keys, their public keys, and a configuration file. Where there is a
 * recipients file, the keys are added to it; other existing files stay unchanged, but that the configuration gets a trust mode where it
 * is to have one and has none.
 *
 * @param configuration - `pin` lets the configuration say that the fingerprints in the recipients file are trusted.
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function initFolder(
  folder: string,
  keys: readonly ListedKey[],
  keystore: Keystore,
  { pin }: { readonly pin: boolean } = { pin: false },
): Promise<WrittenFiles> {
  const { armorKeys } = await import('../openpgp/keys.js');
  const made = (isMade: boolean) => (isMade ? 'written' : 'kept');
  const files: [string, (file: string) => Promise<keyof WrittenFiles>][] = [
    [RECIPIENTS_FILE, (file) => writeRecipients(file, keys)],
    [CONFIGURATION_FILE, (file) => writeConfiguration(file, pin)],
  ];
  for (const { fingerprint } of keys) {
    const armored = await armorKeys(await keystore.exportKeys([fingerprint]));
    files.push([path.join(KEYS_FOLDER, `${fingerprint}.asc`), async (file) => made(await createNew(file, armored))]);
  }
  const outcome: Record<keyof WrittenFiles, string[]> = { written: [], changed: [], kept: [] };
  // The recipients file last: if it names somebody, the keys that it needs exist, even after a crash.
  for (const [name, write] of files.reverse()) {
    const file = path.join(folder, name);
    outcome[await write(file)].unshift(file);
  }
  return outcome;
}

async function writeRecipients(file: string, keys: readonly ListedKey[]): Promise<keyof WrittenFiles> {
  if (await createRecipientsFile(file, keys)) return 'written';
  return (await addToRecipientsFile(file, keys)) ? 'changed' : 'kept';
}

async function writeConfiguration(file: string, pin: boolean): Promise<keyof WrittenFiles> {
  if (await createNew(file, CONFIGURATION + (pin ? PINNED : ''))) return 'written';
  return pin && (await addToMapping(file)) ? 'changed' : 'kept';
}

/** The trust mode that a folder's configuration sets, for commands that are run in the folder; undefined if it sets none. */
export async function recordedTrust(folder: string): Promise<TrustMode | undefined> {
  const read = await readLimited(path.join(folder, CONFIGURATION_FILE), { limit: LIMITS.configuration });
  const mapping = 'octets' in read ? await readMapping(read.octets.toString()) : undefined;
  if (mapping?.get('gpg_always_trust')?.value === true) return 'always';
  const mode = mapping?.get('gpg_trust')?.value;
  return mode === 'pinned' || mode === 'always' || mode === 'wot' ? mode : undefined;
}

// Nothing else in the file may get another meaning by the lines that are added.
async function addToMapping(file: string): Promise<boolean> {
  const snapshot = await readSnapshot(file);
  const text = textOf(snapshot.octets ?? Buffer.alloc(0), file);
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const [before, after] = [await readMapping(text), await readMapping(ended + PINNED)];
  if (!before || before.has('gpg_trust') || before.has('gpg_always_trust')) return false;
  if (after?.size !== before.size + 1 || after.get('gpg_trust')?.value !== 'pinned') return false;
  await replaceFile(snapshot, Buffer.from(ended + PINNED), { onConflict: 'fail' });
  return true;
}

/** The configuration file, from the folder. */
export const CONFIGURATION_FILE = '.eyaml/config.yaml';
const CONFIGURATION =
  '# Options for eyaml when it is run in this folder; eyaml COMMAND --help lists them, with dashes for underscores.\nencrypt_method: gpg\n';
const PINNED =
  '# The keys whose fingerprints the recipients file names are trusted, whatever GnuPG knows of them.\ngpg_trust: pinned\n';
