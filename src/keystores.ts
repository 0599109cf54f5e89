import { readFile } from 'node:fs/promises';
import type { Config } from './config.js';
import type { Messages } from './encryptors/encryptor.js';
import { EyamlError, errnoOf } from './errors.js';
import { combineKeystores } from './keys/combined.js';
import { createGnupgKeystore } from './keys/gnupg/gnupg.js';
import { gpgNotFound, isGpgThere } from './keys/gnupg/gpg.js';
import { createKeyfilesKeystore } from './keys/keyfiles/keyfiles.js';
import type { SecretKeySource } from './keys/keyfiles/secret-keys.js';
import type { PassphraseFor } from './keys/keyfiles/unlock.js';
import type { Keystore } from './keys/keystore.js';

/** What a keystore works with, beside the configuration. */
export interface KeystoreOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly messages: Messages;
  readonly askPassphrase?: PassphraseFor;
}

/**
 * Where OpenPGP keys are looked for: in GnuPG, and in files for what GnuPG lacks; in files alone where there is no gpg. Where there
 * are neither, the first key that is needed is the error `GPG_NOT_FOUND`.
 */
export function createKeystore({ gnupgHome, keyfiles }: Config, options: KeystoreOptions): Keystore {
  const { environment, messages } = options;
  const gpgIsThere = isGpgThere(environment);
  const folders = new Set<string>();
  const ownKeys = () => secretKeySources(keyfiles, environment);
  const files = createKeyfilesKeystore({
    publicKeyPaths: (keysFolder) => {
      if (keysFolder !== undefined) folders.add(keysFolder);
      const paths = [...keyfiles.publicKeys, ...(keysFolder === undefined ? folders : [keysFolder])];
      if (paths.length === 0 && !gpgIsThere && ownKeys().length === 0) throw gpgNotFound();
      return paths;
    },
    secretKeys: () => {
      const sources = ownKeys();
      if (sources.length === 0 && !gpgIsThere) throw gpgNotFound();
      return sources;
    },
    passphraseFor: passphraseSource(keyfiles, options),
    messages,
  });
  return gpgIsThere ? combineKeystores(createGnupgKeystore({ home: gnupgHome, environment }), files) : files;
}

function secretKeySources(
  { privateKeys, privateKeyVariable }: Config['keyfiles'],
  environment: NodeJS.ProcessEnv,
): readonly SecretKeySource[] {
  const files = privateKeys.map((file) => ({ kind: 'file', file }) as const);
  if (privateKeyVariable === undefined) return files;
  const content = environment[privateKeyVariable];
  const name = `the environment variable ${privateKeyVariable}`;
  if (!content) throw new EyamlError('KEY_FILE_MISSING', `${name} is not set (--gpg-private-key-env-var)`);
  return [...files, { kind: 'octets', name, octets: Buffer.from(content) }];
}

// A passphrase from a file or variable is right or wrong; asking for it again would not change it.
function passphraseSource(
  { passphraseFile, passphraseVariable }: Config['keyfiles'],
  { environment, askPassphrase }: KeystoreOptions,
): PassphraseFor {
  return async (key, attempt) => {
    const given = passphraseVariable === undefined ? undefined : environment[passphraseVariable];
    if (given === undefined && passphraseFile === undefined) return askPassphrase?.(key, attempt);
    if (attempt > 1) return undefined;
    return given === undefined ? readPassphrase(passphraseFile ?? '') : Buffer.from(given);
  };
}

async function readPassphrase(file: string): Promise<Buffer> {
  const octets = await readFile(file).catch((error: unknown) => {
    const errno = errnoOf(error) ?? 'unknown error';
    throw new EyamlError(
      'KEY_FILE_MISSING',
      `cannot read the passphrase from ${file} (${errno}) (--gpg-passphrase-file)`,
    );
  });
  const end = octets.findIndex((octet) => octet === 0x0a || octet === 0x0d);
  return end === -1 ? octets : octets.subarray(0, end);
}
