import path from 'node:path';
import type { GivenOptions } from '../config/config.js';
import { createKeystore } from '../context/keystores.js';
import { hasCode } from '../errors.js';
import { findFiles } from '../files/find.js';
import { shownArgument } from '../files/shown.js';
import type { Keystore } from '../keys/keystore.js';
import { RECIPIENTS_FILE } from '../recipients/file.js';
import { init } from '../verbs/init.js';
import type { ListedKey } from '../verbs/init-folder.js';
import { acceptNamed } from '../verbs/recipients/accept.js';
import type { Started } from './begin.js';
import { createGpgKey } from './create-gpg-key.js';
import { initReport } from './init-report.js';
import { askLine, chooseKeys, confirmNewKey, hasTerminal } from './questions.js';

/** The options of `init`. */
export interface InitOptions extends GivenOptions {
  readonly recipient?: readonly string[] | undefined;
  readonly 'all-keys'?: boolean | undefined;
}

/**
 * Prepares a folder for values. Someone at a terminal who has no key is offered a new one first.
 *
 * @param given - the options of the command line alone.
 */
export async function initAtTerminal(folder: string, given: InitOptions, started: Started<InitOptions>): Promise<void> {
  const { options, context, ui } = started;
  const isAsking = options.recipient === undefined && !options['all-keys'];
  const keystore = (isAsking && (await withNewKey(started))) || context.keystore;
  const trust = { mode: context.trust, isGiven: Boolean(given['gpg-trust'] ?? given['gpg-always-trust']) };
  const choice = { names: options.recipient, choose: isAsking ? chooseKeys : all };
  const done = await init(folder, choice, keystore, trust);
  if (keystore !== context.keystore) keystore.close();
  // There may be new keys.
  context.keystore.lookAgain();
  const named = done.added.map(({ fingerprint }) => fingerprint);
  await acceptNamed(path.join(folder, RECIPIENTS_FILE), named, context);
  const hasFiles = (await findFiles([folder], { exclude: ['**/.eyaml/**'] })).files.length > 0;
  initReport(done, { folder, hasFiles, options: keyOptions(given, folder) }).forEach(ui.notify);
}

const all = (keys: readonly ListedKey[]) => Promise.resolve(keys);

// A keystore that has the new key, or undefined when none was created.
async function withNewKey({ options, config, context, ui }: Started<InitOptions>): Promise<Keystore | undefined> {
  if (!hasTerminal() || (await hasOwnKey(context.keystore)) || !(await confirmNewKey())) return undefined;
  const confirmOverwrite = async (file: string) =>
    /^y(?:es)?$/i.test(await askLine(`Are you sure you want to overwrite "${file}"? (y/N): `));
  const host = { confirmOverwrite, notify: ui.notify };
  await createGpgKey({ options, config, ui }, host, (line) => ui.notify(`Your new key: ${line}`));
  const warn = (message: string) => ui.notify(`warning: ${message}`);
  const messages = { warn, detail: ui.detail, insist: ui.insist, trace: ui.trace };
  return createKeystore(config, { environment: process.env, messages });
}

// If GnuPG cannot say, there may be one.
async function hasOwnKey(keystore: Keystore): Promise<boolean> {
  return keystore.ownSubkeys().then(
    (own) => own.length > 0,
    (error: unknown) => !hasCode(error, 'GPG_NOT_FOUND'),
  );
}

const FILES = ['gpg-gnupghome', 'gpg-private-key', 'gpg-passphrase-file'] as const;
const NAMES = ['gpg-private-key-env-var', 'gpg-passphrase-env-var'] as const;

// Options for the user's own keys, which the next command needs too; it is run in the folder.
function keyOptions(given: InitOptions, folder: string): readonly string[] {
  const there = (file: string) => (path.isAbsolute(file) ? file : path.relative(folder, file));
  return [
    ...FILES.flatMap((option) =>
      [given[option] ?? []].flat().map((file) => `--${option} ${shownArgument(there(file))}`),
    ),
    ...NAMES.flatMap((option) => [given[option] ?? []].flat().map((name) => `--${option} ${name}`)),
  ];
}
