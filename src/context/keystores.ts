import path from 'node:path';
import type { Config } from '../config/config.js';
import type { Messages } from '../encryptors/encryptor.js';
import { EyamlError } from '../errors.js';
import { LIMITS, readLimited } from '../files/read.js';
import { combineKeystores } from '../keys/combined/combined.js';
import { createGnupgKeystore } from '../keys/gnupg/gnupg.js';
import { isGpgThere } from '../keys/gnupg/gpg.js';
import type { GivenPassphrase } from '../keys/gnupg/passphrases.js';
import { gpgNotFound } from '../keys/gnupg/run.js';
import { isReadByOthers, type KeyPlace } from '../keys/keyfiles/files.js';
import { createKeyfilesKeystore } from '../keys/keyfiles/keyfiles.js';
import type { SecretKeySource } from '../keys/keyfiles/secret-keys.js';
import type { PassphraseFor } from '../keys/keyfiles/unlock.js';
import type { Keystore } from '../keys/keystore.js';
import { nearestKeysFolder } from '../recipients/nearest.js';
import { variableText } from '../text/key-text.js';
import { decodeUtf8, firstLine } from '../text/utf8.js';
import { usableKeyHome } from './key-home.js';

/** What a keystore works with, beside the configuration. */
export interface KeystoreOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly messages: Messages;
  readonly askPassphrase?: PassphraseFor;
}

/**
 * Makes the keystore for OpenPGP keys: GnuPG, and files for keys that GnuPG does not have; only files if there is no gpg. If there is
 * neither, the first key that is needed causes the error `GPG_NOT_FOUND`.
 */
export function createKeystore({ gnupgHome, keyfiles, maxPlaintext, cwd }: Config, options: KeystoreOptions): Keystore {
  const { environment, messages } = options;
  const gpgIsThere = isGpgThere(environment);
  const given = () => givenOctets(keyfiles, environment, messages.warn);
  let looking: Promise<string | undefined> | undefined;
  const keyHome = () => (looking ??= usableKeyHome(keyfiles.keyHome, messages.warn));
  const ownKeys = async () => secretKeySources(keyfiles, environment, await keyHome());
  const files = createKeyfilesKeystore({
    publicKeys: async (keysFolder) => {
      const shared = keysFolder ?? (await nearestKeysFolder(path.join(cwd, 'file')));
      const places = [
        ...keyfiles.publicKeys.map((fileOrFolder) => ({ fileOrFolder, kind: 'named' }) as const),
        ...placeOf(shared, 'shared'),
        ...placeOf(await keyHome(), 'home'),
      ];
      if (places.length === 0 && !gpgIsThere && (await ownKeys()).length === 0) throw gpgNotFound();
      return places;
    },
    secretKeys: async () => {
      const sources = await ownKeys();
      if (sources.length === 0 && !gpgIsThere) throw gpgNotFound();
      return sources;
    },
    passphraseFor: passphraseSource(keyfiles, options),
    messages,
  });
  return gpgIsThere
    ? combineKeystores(
        createGnupgKeystore({
          home: gnupgHome,
          environment,
          maxPlaintext,
          givenPassphrase: given,
          onWait: messages.warn,
        }),
        files,
        messages.warn,
      )
    : files;
}

function placeOf(fileOrFolder: string | undefined, kind: KeyPlace['kind']): readonly KeyPlace[] {
  return fileOrFolder === undefined ? [] : [{ fileOrFolder, kind }];
}

// What the user names comes first: a key that is in several places is taken from the first.
function secretKeySources(
  { privateKeys, privateKeyVariable }: Config['keyfiles'],
  environment: NodeJS.ProcessEnv,
  keyHome: string | undefined,
): readonly SecretKeySource[] {
  const files = privateKeys.map((file) => ({ kind: 'file', file }) as const);
  const home = keyHome === undefined ? [] : [{ kind: 'home', folder: keyHome } as const];
  if (privateKeyVariable === undefined) return [...files, ...home];
  const content = environment[privateKeyVariable];
  const name = `the environment variable ${privateKeyVariable}`;
  if (!content) {
    const which = variableText(privateKeyVariable, 'gpg-private-key-env-var');
    throw new EyamlError('OPENPGP_KEY_MISSING', `${which} is ${content === undefined ? 'not set' : 'empty'}`);
  }
  return [...files, { kind: 'octets', name, octets: Buffer.from(content) }, ...home];
}

// A passphrase from a file or variable does not change when it is asked for again.
function passphraseSource(
  keyfiles: Config['keyfiles'],
  { environment, messages, askPassphrase }: KeystoreOptions,
): PassphraseFor {
  const isGiven = keyfiles.passphraseFile !== undefined || keyfiles.passphraseVariable !== undefined;
  return async (key, attempt) => {
    if (!isGiven) return askPassphrase?.(key, attempt);
    return attempt > 1 ? undefined : givenPassphrase(keyfiles, environment, messages.warn);
  };
}

/**
 * The passphrase in the file or environment variable that the configuration names; undefined when it names none.
 *
 * @throws {@link EyamlError} `PASSPHRASE_MISSING` if the file or variable does not exist, `PASSPHRASE_UNREADABLE` if it cannot be read or
 * is not UTF-8: openpgp.js takes text, so it would become another passphrase.
 */
export async function givenPassphrase(
  names: Config['keyfiles'],
  environment: NodeJS.ProcessEnv,
  warn: Messages['warn'],
): Promise<Buffer | undefined> {
  const given = await givenOctets(names, environment, warn);
  if (given === undefined || decodeUtf8(given.octets) !== undefined) return given?.octets;
  throw new EyamlError(
    'PASSPHRASE_UNREADABLE',
    `the passphrase that ${given.source} names is not UTF-8: only GnuPG can use it`,
  );
}

async function givenOctets(
  { passphraseFile, passphraseVariable }: Config['keyfiles'],
  environment: NodeJS.ProcessEnv,
  warn: Messages['warn'],
): Promise<GivenPassphrase | undefined> {
  if (passphraseVariable !== undefined) {
    const text = environment[passphraseVariable];
    if (text) return { octets: firstLine(Buffer.from(text)), source: '--gpg-passphrase-env-var' };
    // Its name is not shown: it may be the passphrase itself.
    const message = `the environment variable that --gpg-passphrase-env-var names is ${text === undefined ? 'not set' : 'empty'}`;
    if (passphraseFile === undefined) throw new EyamlError('PASSPHRASE_MISSING', message);
  }
  if (passphraseFile === undefined) return undefined;
  const read = await readLimited(passphraseFile, { limit: LIMITS.passphrase, pipes: 'inherited' });
  if ('fault' in read) {
    const { isAbsent, reason } = read.fault;
    const code = isAbsent ? 'PASSPHRASE_MISSING' : 'PASSPHRASE_UNREADABLE';
    throw new EyamlError(code, `cannot read the file that --gpg-passphrase-file names: ${reason}`);
  }
  if (await isReadByOthers(passphraseFile))
    warn(`the passphrase in ${passphraseFile} can be read by users other than its owner: chmod 600 ${passphraseFile}`);
  return { octets: firstLine(read.octets), source: '--gpg-passphrase-file' };
}
