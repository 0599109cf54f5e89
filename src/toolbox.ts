import type { Config } from './config.js';
import { createAuditor, type Auditor } from './encryptors/audit.js';
import type { Encryptor, Encryptors, Messages } from './encryptors/encryptor.js';
import { createGpgEncryptor } from './encryptors/gpg.js';
import { EyamlError } from './errors.js';
import { createGnupgKeystore } from './keys/gnupg/gnupg.js';
import { findRecipients, requireRecipients } from './recipients/source.js';

/** What every verb works with. */
export interface Toolbox {
  readonly encryptors: Encryptors;
  /**
   * The encryptor for new values in a file: the one asked for, else GPG when recipients are named for the file.
   *
   * @throws {@link EyamlError} `METHOD_UNAVAILABLE` when neither helps.
   */
  encryptorForNew(target: string): Promise<Encryptor>;
  /** Reviews the recipients of a file, for `check`. */
  readonly audit: Auditor;
  /** Lets go of connections. */
  close(): void;
}

/** Puts together the encryptors that a configuration asks for. */
export function createToolbox(config: Config, environment: NodeJS.ProcessEnv, messages: Messages): Toolbox {
  const keystore = createGnupgKeystore({ home: config.gnupgHome, environment });
  const gpg = createGpgEncryptor({
    keystore,
    trust: config.alwaysTrust ? 'always' : 'wot',
    recipientsFor: (target) => requireRecipients(target, config),
    messages,
  });
  const encryptors: Encryptors = new Map([gpg].map((encryptor) => [encryptor.tag, encryptor]));
  return {
    encryptors,
    encryptorForNew: async (target) => {
      const { encryptMethod } = config;
      if (encryptMethod !== undefined) return requireEncryptor(encryptors, encryptMethod);
      if (await findRecipients(target, config)) return gpg;
      throw new EyamlError(
        'METHOD_UNAVAILABLE',
        'it is not known how to encrypt: no method was named, and nobody to encrypt for',
        {
          suggestions: [
            'for GPG: write a hiera-eyaml-gpg.recipients file in the folder or above it, or give --gpg-recipients or --gpg-recipients-file',
            'for PKCS7: use Ruby eyaml for now; this version leaves PKCS7 values as they are',
          ],
        },
      );
    },
    audit: createAuditor({
      keystore,
      trust: config.alwaysTrust ? 'always' : 'wot',
      recipientsFor: (target) => findRecipients(target, config),
    }),
    close: () => keystore.close(),
  };
}

/** The encryptor with the given tag. */
export function requireEncryptor(encryptors: Encryptors, tag: string): Encryptor {
  const encryptor = encryptors.get(tag);
  if (encryptor) return encryptor;
  throw new EyamlError('METHOD_UNAVAILABLE', `the encryption method ${tag} is not available`, {
    suggestions: [`available: ${[...encryptors.keys()].join(', ')}`],
  });
}
