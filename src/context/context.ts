import type { Config } from '../config/config.js';
import { createRules, createRulesSearch } from '../config/rules.js';
import { encryptorByTarget } from '../encryptors/by-target.js';
import type { Encryptor, Encryptors, Messages } from '../encryptors/encryptor.js';
import { createGpgEncryptor } from '../encryptors/gpg/encryptor.js';
import type { PemPassphraseFor } from '../encryptors/pkcs7-keys.js';
import { createPkcs7Encryptor } from '../encryptors/pkcs7.js';
import { traced } from '../encryptors/traced.js';
import { pkcs7ByForm } from '../eyaml/scan.js';
import { createRealPaths } from '../files/real-paths.js';
import { isGpgThere } from '../keys/gnupg/gpg.js';
import type { PassphraseFor } from '../keys/keyfiles/unlock.js';
import type { Keystore } from '../keys/keystore.js';
import { startsAsMessage } from '../openpgp/inspect.js';
import { limitPlaintext } from '../openpgp/plaintext-limit.js';
import type { Approve } from '../recipients/approval.js';
import type { TrustMode } from '../recipients/match.js';
import { recordTree, type TreeRecord } from '../recipients/record-tree.js';
import type { Rules } from '../recipients/rule.js';
import { createApproveSigned } from '../recipients/signed/approve.js';
import type { Signing } from '../recipients/signed/signing.js';
import { signableTree } from '../recipients/signed/tree.js';
import { createSeen, type MemoryOptions, type Seen } from '../recipients/seen/seen.js';
import {
  createFreshSearch,
  createRecipientsSearch,
  type RecipientOptions,
  type RecipientsSearch,
} from '../recipients/source.js';
import { createKeystore } from './keystores.js';
import { encryptorForNew, type Methods } from './methods.js';
import { createRecipients, type Recipients } from './recipients.js';
import { methodFor, pkcs7KeysFor, tellingRules } from './rules.js';

/** What every verb works with. */
export interface Context extends Required<Methods> {
  /**
   * The encryptor for new values in a file: the one that was asked for or that a rule says, else GPG if the file has recipients, else
   * PKCS7 if its public key exists.
   *
   * @throws {@link EyamlError} `METHOD_UNAVAILABLE` if there is none of these.
   */
  encryptorForNew(target: string): Promise<Encryptor>;
  /** Which keys of recipients are accepted. */
  readonly trust: TrustMode;
  /** Where OpenPGP keys are. */
  readonly keystore: Keystore;
  /** Who may read the values in files, and what says so. */
  readonly recipients: Recipients;
  /** The rules for files, whether an option outranks them or not. */
  readonly rules: Rules;
  /** Decides whether values may be encrypted for recipients. Whatever an encryptor prepares is approved so; a plan asks for all at once. */
  readonly approve: Approve;
  /** The memory of recipients that were seen, if there is one. */
  readonly seen: Seen | undefined;
  /** What signed recipients work with. */
  readonly signing: Signing;
  /**
   * Makes the record of a work tree as it is now.
   *
   * @param top - the real path of its top folder.
   * @param trust - which keys count, if not those that are accepted.
   */
  readonly recordOf: (top: string, trust?: TrustMode) => Promise<TreeRecord>;
  /**
   * The same for one run over many files that only reads: which recipients apply to a file is looked up once for each folder. It must
   * not outlive the run, since recipients may change.
   *
   * @param approve - decides instead, so that a plan can ask later; then nothing may be encrypted before.
   */
  readonly forOneRun: (approve?: Approve) => Context;
  /** Closes connections. */
  close(): void;
}

/** What a context is made of. */
export interface ContextOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly messages: Messages;
  /** Encryptors besides the built-in ones. */
  readonly others?: readonly Encryptor[];
  /** Asks a person for the passphrase of a key file. Without it, only a file or environment variable can give one. */
  readonly askPassphrase?: PassphraseFor;
  /** The same for a PKCS7 private key. */
  readonly askPemPassphrase?: PemPassphraseFor;
  /** Remembers recipients and asks about new ones. Without it, every acceptable recipient is approved. */
  readonly memory?: MemoryOptions | undefined;
}

/** Puts together the encryptors that a configuration asks for. */
export function createContext(config: Config, options: ContextOptions): Context {
  const { environment, messages, others = [], askPemPassphrase, memory } = options;
  const { maxPlaintext } = config;
  const keystore = createKeystore(config, options);
  const trust = trustIn(config, environment);
  const rulesSearch = createRulesSearch(config);
  const telling = tellingRules(messages);
  const rules = telling(createRules(rulesSearch));
  const { ruleFor } = rules;
  const pem = { environment, messages, askPassphrase: askPemPassphrase };
  const pkcs7 = encryptorByTarget(
    'PKCS7',
    async (target) => pkcs7KeysFor(config, target === undefined ? undefined : await ruleFor(target)),
    (keys) => createPkcs7Encryptor({ ...keys, ...pem }),
  );
  const limit = limitPlaintext(maxPlaintext);
  const trace = messages.trace ?? (() => undefined);
  const ready = (encryptor: Encryptor) => traced(limit(encryptor), trace);

  const searching: RecipientOptions = { ...config, ruleFor };
  const searchingInTree = { ...searching, recipients: undefined, recipientsFile: undefined };
  const ofTree = (mode: TrustMode = trust) => ({
    ...{ keystore, trust: mode, rulesAt: rules.rulesAt },
    search: createRecipientsSearch(searchingInTree),
  });
  const recordOf: Context['recordOf'] = (top, mode) => recordTree(top, ofTree(mode));
  const seen = memory && createSeen({ ...memory, environment, recordOf });
  const signing: Signing = {
    ...{ memoryFile: memory?.file, environment, keystore, recordOf, origins: config.origins },
    ...{ configured: config.recipientsSigners ?? [], warn: messages.warn },
    treeOf: (top) => signableTree(top, ofTree()),
  };
  const approveSigned = createApproveSigned(signing);
  const approveHere: Approve = async (requests) => {
    const confirmed = await approveSigned(requests);
    await seen?.accept(requests.filter((request) => confirmed.has(request)));
    await seen?.approve(requests.filter((request) => !confirmed.has(request)));
  };

  function contextWith(
    createSearch: (options: RecipientOptions) => RecipientsSearch,
    rules: Rules,
    approve: Approve = approveHere,
  ): Context {
    const { ruleFor } = rules;
    const search = createSearch({ ...searching, ruleFor });
    const inTree = createSearch({ ...searchingInTree, ruleFor });
    const gpg = createGpgEncryptor({ keystore, trust, ...search, messages, maxPlaintext, approve });
    const encryptors: Encryptors = new Map([gpg, pkcs7, ...others].map((one) => [one.tag, ready(one)]));
    return {
      encryptors,
      encryptorForNew: async (target) =>
        encryptorForNew(target, methodFor(config, await ruleFor(target)), config, encryptors),
      untagged: (octets) =>
        pkcs7ByForm(octets) ?? (config.encryptMethod === gpg.tag && startsAsMessage(octets) ? gpg.tag : undefined),
      trust,
      keystore,
      recipients: createRecipients(search, inTree),
      rules,
      approve,
      seen,
      signing,
      recordOf,
      forOneRun: (other) => {
        const realPathOf = createRealPaths();
        const ofRun = telling(createRules(rulesSearch, realPathOf));
        return contextWith((options) => createRecipientsSearch(options, realPathOf), ofRun, other ?? approve);
      },
      close: () => keystore.close(),
    };
  }

  return contextWith(createFreshSearch, rules);
}

/** Which keys of recipients are accepted. */
export function trustIn({ trust }: Pick<Config, 'trust'>, environment: NodeJS.ProcessEnv): TrustMode {
  return trust ?? (isGpgThere(environment) ? 'wot' : 'pinned');
}
