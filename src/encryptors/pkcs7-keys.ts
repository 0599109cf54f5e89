import { EyamlError } from '../errors.js';
import type { KeySource, LockedPrivateKey, PrivateKey, RecipientKey } from '../pkcs7/keys.js';
import type { Messages } from './encryptor.js';

/** Where the keys of the PKCS7 encryptor are. */
export interface TeamKeyOptions {
  readonly publicKey: KeySource;
  readonly privateKey: KeySource;
  readonly environment: NodeJS.ProcessEnv;
  readonly messages: Messages;
  /** Asks a person for the passphrase of the private key; see {@link PemPassphraseFor}. */
  readonly askPassphrase?: PemPassphraseFor | undefined;
}

/**
 * Gives the passphrase of a private key in PEM, found at `name`.
 *
 * @param attempt - 1, then 2 and 3 when the last answer was wrong.
 * @returns undefined if there is nobody to ask.
 */
export type PemPassphraseFor = (name: string, attempt: number) => Promise<Buffer | undefined>;

const TRIES = 3;

/** The key pair of a team. Each half is loaded once, when it is needed. */
export interface TeamKeys {
  /** Whether there is a public key. */
  hasPublicKey(): Promise<boolean>;
  /** @param again - tries again what failed before. */
  publicKey(again?: boolean): Promise<RecipientKey>;
  /** The private key for decrypting; asks for its passphrase if it has one, and only once. */
  privateKey(): Promise<PrivateKey>;
  /** The private key, or undefined if it is missing or its passphrase would have to be asked for. */
  privateKeyUnasked(): Promise<PrivateKey | undefined>;
  isPair(mine: PrivateKey, own: RecipientKey): Promise<boolean>;
}

/** Makes {@link TeamKeys}. */
export function createTeamKeys(options: TeamKeyOptions): TeamKeys {
  const { environment, messages, askPassphrase } = options;
  const keys = () => import('../pkcs7/keys.js');
  let publicKey: Promise<RecipientKey> | undefined;
  let found: Promise<PrivateKey | LockedPrivateKey> | undefined;
  let unlocked: Promise<PrivateKey> | undefined;

  async function loadPublicKey(): Promise<RecipientKey> {
    const loaded = await (await keys()).loadPublicKey(options.publicKey, environment);
    messages.detail(`PKCS7 public key: ${loaded.name} (${loaded.certificate.text})`);
    return loaded;
  }

  async function loadPrivateKey(): Promise<PrivateKey | LockedPrivateKey> {
    const loaded = await (await keys()).loadPrivateKey(options.privateKey, environment);
    messages.detail(`PKCS7 private key: ${loaded.name}`);
    return loaded;
  }

  return {
    hasPublicKey: async () => (await keys()).hasKey(options.publicKey, environment),
    publicKey: async (again = false) => {
      if (again && (await publicKey?.catch(() => undefined)) === undefined) publicKey = undefined;
      return (publicKey ??= loadPublicKey());
    },
    // One promise for all values: nobody is asked twice.
    privateKey: async () => {
      const key = await (found ??= loadPrivateKey());
      return 'privateKey' in key ? key : (unlocked ??= unlock(key, askPassphrase));
    },
    privateKeyUnasked: async () => {
      const key = await (unlocked ?? (found ??= loadPrivateKey())).catch(() => undefined);
      return key && 'privateKey' in key ? key : undefined;
    },
    isPair: async (mine, own) => (await keys()).isPair(mine, own),
  };
}

async function unlock(key: LockedPrivateKey, ask: PemPassphraseFor | undefined): Promise<PrivateKey> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const passphrase = await ask?.(key.name, attempt);
    if (passphrase === undefined) {
      throw new EyamlError(
        'PASSPHRASE_CANCELLED',
        `the private key in ${key.name} has a passphrase, and there is no terminal to ask for it`,
        {
          suggestions: [
            'Puppet cannot use a key with a passphrase either; to remove it: openssl rsa -in KEY -out NEW-KEY',
          ],
        },
      );
    }
    const unlocked = key.unlock(passphrase);
    passphrase.fill(0);
    if (unlocked) return unlocked;
  }
  throw new EyamlError('PASSPHRASE_WRONG', `the passphrase for the private key in ${key.name} is wrong`);
}
