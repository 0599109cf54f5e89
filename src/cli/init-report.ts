import { isRecipientsFile, lineFor } from '../recipients/file.js';
import type { TrustMode } from '../recipients/match.js';
import type { InitOutcome, ListedKey } from '../verbs/init.js';

const ADVICE = [
  'Compare each fingerprint with its owner: who is in the recipients file can read what is encrypted from now on.',
  'Commit these files. Never commit a private key, a passphrase, or the output of eyaml decrypt.',
  'Then: eyaml edit common.eyaml',
];

/** What `init` says of what it did, line by line. */
export function initReport(
  { written, kept, chosen }: InitOutcome & { readonly chosen: readonly ListedKey[] },
  trust: TrustMode,
): readonly string[] {
  const isReader = chosen.some(({ isOwn }) => isOwn);
  const isKept = kept.some(isRecipientsFile);
  const isTrusted = trust !== 'wot' || chosen.every(({ isVouchedFor }) => isVouchedFor);
  return [
    ...kept.map((file) => `${file} is there already and stays as it is`),
    ...written.map((file) => `wrote ${file}`),
    ...(isReader
      ? []
      : ['warning: no private key for these is at hand: you will not be able to read what you encrypt here']),
    ...(isKept ? ['a line for the recipients file names each of them:'] : []),
    ...(isKept ? chosen.map((key) => `  ${lineFor(key)}`) : []),
    ...(isTrusted
      ? []
      : [
          'GnuPG does not trust all of these keys: sign them, or trust the fingerprints in the recipients file, with gpg_trust: pinned in ~/.eyaml/config.yaml',
        ]),
    ...(written.length > 0 ? ADVICE : []),
  ];
}
