import { isRecipientsFile, lineFor } from '../recipients/file.js';
import type { TrustMode } from '../recipients/match.js';
import type { InitOutcome, ListedKey } from '../verbs/init.js';

const ADVICE = [
  'Compare each fingerprint with its owner: everyone in the recipients file can read what is encrypted from now on.',
  'Commit these files. Never commit a private key, a passphrase, or the output of eyaml decrypt.',
  'Next step: eyaml edit common.eyaml',
];

/** The report of `init`, line by line. */
export function initReport(
  { written, kept, chosen }: InitOutcome & { readonly chosen: readonly ListedKey[] },
  trust: TrustMode,
): readonly string[] {
  const isReader = chosen.some(({ isOwn }) => isOwn);
  const isKept = kept.some(isRecipientsFile);
  const areTrusted = trust !== 'wot' || chosen.every(({ isTrusted }) => isTrusted);
  return [
    ...kept.map((file) => `${file} already exists and was not changed`),
    ...written.map((file) => `wrote ${file}`),
    ...(isReader
      ? []
      : ['warning: you have no private key for any of them: you will not be able to read what you encrypt here']),
    ...(isKept ? ['their lines for the recipients file:'] : []),
    ...(isKept ? chosen.map((key) => `  ${lineFor(key)}`) : []),
    ...(areTrusted
      ? []
      : [
          'GnuPG does not trust all of these keys: sign them, or trust the fingerprints in the recipients file, with gpg_trust: pinned in ~/.eyaml/config.yaml',
        ]),
    ...(written.length > 0 ? ADVICE : []),
  ];
}
