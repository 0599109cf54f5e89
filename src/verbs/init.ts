import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { cannot } from '../files/cannot.js';
import { createDurably } from '../files/durable.js';
import { sweepStale } from '../files/stale.js';
import type { Keystore, PublicKey } from '../keys/keystore.js';
import type { Fingerprint } from '../openpgp/identifiers.js';
import { KEYS_FOLDER, RECIPIENTS_FILE } from '../recipients/file.js';
import { matchSpec } from '../recipients/match.js';
import { resolveRecipients } from '../recipients/resolve.js';
import { printable } from '../text/printable.js';

/** A key that values can be encrypted for. */
export interface ListedKey {
  readonly fingerprint: Fingerprint;
  readonly userId: string;
  /** Whether its secret half is at hand. */
  readonly isOwn: boolean;
  /** Whether GnuPG vouches for it. */
  readonly isVouchedFor: boolean;
}

/** What was written, and what was there already and is as it was. */
export interface InitOutcome {
  readonly written: readonly string[];
  readonly kept: readonly string[];
}

/** The keys at hand that can be encrypted for today, one's own first. */
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
 * The keys that are named, each once, by the rules of recipients files.
 *
 * @param option - what names them, for messages.
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` that lists every name that means no usable key or several.
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
  const own = await keystore.ownSubkeys().catch(() => []);
  const mine = new Set<string>(own.map(({ primaryFingerprint }) => primaryFingerprint));
  return keys.map(({ primaryKey: { fingerprint }, userIds }) => ({
    fingerprint,
    userId: userIds[0]?.text ?? 'no user ID',
    isOwn: mine.has(fingerprint),
    isVouchedFor: userIds.some(({ validity }) => validity === 'f' || validity === 'u'),
  }));
}

/**
 * Makes a folder ready for values: a recipients file that names the given keys, their public halves, and a configuration file. What
 * is there already stays as it is.
 *
 * @throws {@link EyamlError} `FILE_UNWRITABLE`.
 */
export async function initFolder(folder: string, keys: readonly ListedKey[], keystore: Keystore): Promise<InitOutcome> {
  const recipients = [
    '# Who may read the secrets in this folder and below, one fingerprint a line.',
    '# After a change: eyaml recrypt .',
    ...keys.map(({ fingerprint, userId }) => `${fingerprint} # ${printable(userId)}`),
  ];
  const files: [string, string][] = [
    [RECIPIENTS_FILE, lines(recipients)],
    ['.eyaml/config.yaml', CONFIGURATION],
  ];
  const { armorKeys } = await import('../openpgp/keys.js');
  for (const { fingerprint } of keys) {
    files.push([path.join(KEYS_FOLDER, `${fingerprint}.asc`), armorKeys(await keystore.exportKeys([fingerprint]))]);
  }
  const written = new Set<string>();
  // The recipients file last: where it is, the keys that it needs are too, also after a crash.
  for (const [name, content] of [...files].reverse()) {
    if (await writeNew(path.join(folder, name), content)) written.add(name);
  }
  const inFolder = (names: readonly string[]) => names.map((name) => path.join(folder, name));
  const names = files.map(([name]) => name);
  return {
    written: inFolder(names.filter((name) => written.has(name))),
    kept: inFolder(names.filter((name) => !written.has(name))),
  };
}

const CONFIGURATION = lines([
  '# Options for eyaml when it is run in this folder; eyaml COMMAND --help lists them, with dashes for underscores.',
  'encrypt_method: gpg',
]);

async function writeNew(file: string, content: string): Promise<boolean> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
  } catch (error) {
    // Something that is no folder and has its name is no reason to say that the file is there.
    throw cannot('write', file, error);
  }
  sweepStale(path.dirname(path.resolve(file)));
  if ((await stat(file).catch(() => undefined))?.isFile()) return false;
  try {
    createDurably(file, content);
    return true;
  } catch (error) {
    throw cannot('write', file, error);
  }
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}
