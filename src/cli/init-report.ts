import { shownArgument } from '../files/shown.js';
import { groupedFingerprint } from '../text/fingerprint.js';
import type { InitOutcome } from '../verbs/init.js';
import type { ListedKey } from '../verbs/init-folder.js';

/** What the report of `init` works with. */
export interface InitReport {
  readonly folder: string;
  /** Whether the folder holds files that may hold values. */
  readonly hasFiles: boolean;
  /** The options for keys that the next command needs too, as words for a shell. */
  readonly options: readonly string[];
}

/** The report of `init`, line by line; the last one ends with a command that works. */
export function initReport(done: InitOutcome, report: InitReport): readonly string[] {
  const { written, changed, kept, added, isReader, isPinned } = done;
  const wasThere = written.length === 0 || changed.length > 0;
  return [
    ...kept.map((file) => `${file} already exists and was not changed`),
    ...written.map((file) => `wrote ${file}`),
    ...changed.map((file) => `changed ${file}`),
    ...(added.length > 0 ? [`${wasThere ? 'new ' : ''}recipients:`, ...added.map(recipientLine)] : []),
    ...(added.length === 0 ? ['there is nobody to add: these keys are recipients already'] : []),
    ...(isReader
      ? []
      : ['warning: you have no private key for any of them: you will not be able to read what you encrypt here']),
    ...(isPinned ? [PINNED] : []),
    ...(written.length + changed.length > 0 ? ADVICE : []),
    `Next step: ${nextStep(done, report)}`,
  ];
}

function recipientLine({ fingerprint, userId, isOwn }: ListedKey): string {
  return `  ${groupedFingerprint(fingerprint)}  ${userId}${isOwn ? ' (you)' : ''}`;
}

const PINNED =
  'The configuration says gpg_trust: pinned, so the fingerprints in the recipients file are trusted, whatever GnuPG knows of these keys.';
const ADVICE = [
  'Compare each fingerprint with its owner: everyone in the recipients file can read what is encrypted from now on.',
  'Commit these files. Never commit a private key, a passphrase, or the output of eyaml decrypt.',
];

// The folder's configuration counts only where a command is run in it.
function nextStep({ isTrusted, changed, added }: InitOutcome, { folder, hasFiles, options }: InitReport): string {
  const place = shownArgument(folder);
  if (!isTrusted) {
    const again = ['eyaml init --gpg-trust pinned', ...added.map(({ fingerprint }) => `--recipient ${fingerprint}`)];
    return `sign the keys that GnuPG does not trust, or trust the fingerprints in the recipients file: ${[...again, ...options, place].join(' ')}`;
  }
  const eyaml = (command: string, ...args: string[]) => ['eyaml', command, ...options, ...args].join(' ');
  const isForOldValues = hasFiles && changed.length > 0 && added.length > 0;
  const command = isForOldValues ? eyaml('recrypt', '--dry-run', '.') : eyaml('edit', 'common.eyaml');
  return place === '.' ? command : `cd ${place} && ${command}`;
}
