import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { OptionFlag } from '@oclif/core/interfaces';
import { SETTINGS, type SettingName, type ValueOf } from '../config/settings.js';
import { BadValue } from './usage.js';

/** How an option is shown in the help; its default is added. */
interface Shown {
  readonly summary: string;
  readonly helpValue: string;
  readonly helpGroup?: string;
  readonly hidden?: true;
}

/** An option that is read like the setting of its name in a configuration file, with the same limits and default. */
export function setting<N extends SettingName>(
  name: N,
  { summary, ...shown }: Shown,
): OptionFlag<ValueOf<N> | undefined> {
  const { kind, default: otherwise } = SETTINGS[name];
  const hasDefault = typeof otherwise === 'string' || typeof otherwise === 'number';
  const option = Flags.custom<unknown>({
    ...shown,
    summary: hasDefault ? `${summary} (default: ${otherwise})` : summary,
    parse: (text) => {
      const read = kind.read(text);
      if ('fault' in read) return Promise.reject(new BadValue(name, read.fault, read.suggestions ?? []));
      return Promise.resolve(read.value);
    },
  })();
  return option as OptionFlag<ValueOf<N> | undefined>;
}

const gpg = (helpValue: string, summary: string) => Flags.string({ helpValue, summary, helpGroup: 'GPG' });
const pkcs7 = (helpValue: string, summary: string) => Flags.string({ helpValue, summary, helpGroup: 'PKCS7' });
const pkcs7Setting = <N extends SettingName>(name: N, helpValue: string, summary: string) =>
  setting(name, { helpValue, summary, helpGroup: 'PKCS7' });
const paths = (helpValue: string, summary: string) =>
  Flags.string({ helpValue, summary, helpGroup: 'GPG', multiple: true, multipleNonGreedy: true });

/** The help groups of options that every command takes. */
export const SHARED_GROUPS: readonly string[] = ['GLOBAL', 'GPG', 'PKCS7'];

/** The options for GPG recipients and OpenPGP keys; every command has them. */
export const GPG_FLAGS = {
  'gpg-gnupghome': gpg('DIR', 'GnuPG home to use'),
  'gpg-recipients': setting('gpg-recipients', {
    helpValue: 'A,B',
    summary: 'recipients, separated by commas',
    helpGroup: 'GPG',
  }),
  'gpg-recipients-file': gpg('FILE', 'recipients file to use'),
  'gpg-trust': Flags.option({
    options: ['wot', 'pinned', 'always'] as const,
    summary:
      "which recipients' keys to accept: trusted by GnuPG (wot, default with GnuPG); named by fingerprint (pinned, default without GnuPG); all (always)",
    helpGroup: 'GPG',
  })(),
  'gpg-always-trust': Flags.boolean({ allowNo: true, summary: 'the same as --gpg-trust always', helpGroup: 'GPG' }),
  'gpg-public-keys': paths('PATH', 'file or folder of public keys (default: the nearest folder .eyaml/public-keys)'),
  'gpg-private-key': paths('FILE', 'your private key in a file, for keys that are not in GnuPG'),
  'gpg-private-key-env-var': gpg('NAME', 'environment variable that holds your private key'),
  'gpg-passphrase-file': gpg(
    'FILE',
    'file whose first line is the passphrase of your private key, in a file or in GnuPG',
  ),
  'gpg-passphrase-env-var': gpg('NAME', 'environment variable that holds the passphrase of your private key'),
};

/** The options of createkeys for a PKCS7 pair. Every command takes them, as in Ruby eyaml, and only its help shows them. */
export function pkcs7KeyFlags(shown: { readonly helpGroup?: string; readonly hidden?: true }) {
  const option = <N extends SettingName>(name: N, helpValue: string, summary: string) =>
    setting(name, { helpValue, summary, ...shown });
  return {
    'pkcs7-keysize': option('pkcs7-keysize', 'BITS', 'length of the key in bits, 2048 to 4096'),
    'pkcs7-subject': option('pkcs7-subject', 'NAME', 'subject of the certificate'),
    'pkcs7-digest': option('pkcs7-digest', 'HASH', 'digest that signs the certificate'),
  };
}

/** The options for PKCS7 keys; every command has them. */
export const PKCS7_FLAGS = {
  'pkcs7-private-key': pkcs7Setting('pkcs7-private-key', 'FILE', 'private key, in PEM'),
  'pkcs7-public-key': pkcs7Setting('pkcs7-public-key', 'FILE', 'certificate or public key, in PEM'),
  'pkcs7-private-key-env-var': pkcs7('NAME', 'environment variable that holds the private key'),
  'pkcs7-public-key-env-var': pkcs7('NAME', 'environment variable that holds the public key'),
  'pkcs7-b64-private-key-env-var': pkcs7('NAME', 'environment variable that holds the private key in base64'),
  'pkcs7-b64-public-key-env-var': pkcs7('NAME', 'environment variable that holds the public key in base64'),
  ...pkcs7KeyFlags({ hidden: true }),
};

const globs = (summary: string) =>
  Flags.string({ helpValue: 'GLOB', multiple: true, multipleNonGreedy: true, summary });

/** The options that choose among the files below folders. */
export const TREE_FLAGS = {
  include: globs('in folders, only these files'),
  exclude: globs('in folders, skip these files'),
};

/** The options that say what `check` reports. */
export const CHECK_FLAGS = {
  'expiry-days': setting('expiry-days', {
    helpValue: 'DAYS',
    summary: 'report keys that expire within this many days',
  }),
  'disable-rule': setting('disable-rule', {
    helpValue: 'RULE,…',
    summary: 'rules to turn off, separated by commas',
  }),
};

/** The options of the commands that change git's configuration. */
export const GIT_FLAGS = {
  local: Flags.boolean({
    default: false,
    summary: 'for this repository: its configuration, .gitattributes and hooks (default)',
    exclusive: ['global'],
  }),
  global: Flags.boolean({
    default: false,
    summary: 'for all your repositories: your own git configuration and attributes, and no hooks',
  }),
  'dry-run': Flags.boolean({ default: false, summary: 'show what would be written, and write nothing' }),
};

/** The argument of the commands about signed recipients. */
export const REPOSITORY_ARGS = {
  path: Args.string({
    name: 'PATH',
    description: 'a file or folder of the repository (default: the current folder)',
  }),
};
