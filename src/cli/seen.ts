import * as Flags from '@oclif/core/flags';
import type { Config } from '../config/config.js';
import { trustIn } from '../context/context.js';
import { EyamlError } from '../errors.js';
import { shownPath } from '../files/shown.js';
import {
  createConsent,
  readAccepted,
  recipientsAdded,
  validityOf,
  whyNow,
  type Added,
  type UsedList,
} from '../recipients/seen/added.js';
import type { Recipient } from '../recipients/match.js';
import { memoryFile } from '../recipients/seen/memory.js';
import type { MemoryOptions, SeenTeller } from '../recipients/seen/seen.js';
import { groupedFingerprint } from '../text/fingerprint.js';
import { count } from './plan-text.js';
import { confirmAdded, hasTerminal } from './questions.js';
import type { Ui } from './ui.js';

/** The option of the commands that encrypt. */
export const ACCEPT_FLAG = {
  'accept-recipients': Flags.string({
    helpValue: 'FPR,…',
    summary: 'encrypt for these new recipients without asking: exactly those who are new, by full fingerprints',
  }),
};

/** The memory of the person at the command line; undefined for somebody without a home folder. */
export function memoryOf(
  accepted: string | undefined,
  config: Pick<Config, 'trust' | 'homeFolder'>,
  ui: Ui,
): MemoryOptions | undefined {
  const named = readAccepted(accepted);
  const file = memoryFile(process.env, config.homeFolder);
  // Where there is no home folder, as for some users of services, nothing can be remembered and nothing is said of that.
  if (file === undefined) return undefined;
  return {
    file,
    consent: createConsent(named, (added) => ask(added, ui)),
    tell: tellerFor(trustIn(config, process.env) === 'wot' ? ui.notify : ui.insist, ui),
  };
}

async function ask(added: readonly Added[], ui: Ui): Promise<void> {
  const origins = await originsOf(added);
  if (!hasTerminal()) {
    throw recipientsAdded(added, (one, recipient) =>
      [`validity: ${validityOf(recipient)}`, origins(one, recipient)].filter(Boolean).join(', '),
    );
  }
  addedText(added, origins).forEach(ui.insist);
  if (await confirmAdded()) return;
  throw new EyamlError('ABORTED', 'nothing was encrypted', {
    suggestions: ['to see who changed the recipients, and when: eyaml recipients log'],
  });
}

/** Says which commit brought the line of a recipient; nothing if that is unknown. */
export type Origins = (one: Added, recipient: Recipient) => string;

/** Looks up {@link Origins}. */
export async function originsOf(added: readonly Added[]): Promise<Origins> {
  const { createLineOrigin } = await import('../recipients/line-origin.js');
  const lineOrigin = createLineOrigin(process.env);
  const found = new Map<string, string>();
  const idOf = ({ file }: Added, { spec }: Recipient) => `${file}\n${spec}`;
  for (const one of added) {
    for (const recipient of one.recipients) {
      found.set(idOf(one, recipient), (await lineOrigin(one.file, recipient.spec)) ?? '');
    }
  }
  return (one, recipient) => found.get(idOf(one, recipient)) ?? '';
}

/** People who were not seen before, as lines for a person. */
export function addedText(added: readonly Added[], origins: Origins = () => ''): readonly string[] {
  return added.flatMap((one) => [
    `${shownPath(one.file)}: ${count(one.recipients.length, 'recipient')} added since you last encrypted here`,
    ...whyNow(one).map((line) => `  ${line}`),
    ...one.recipients.flatMap((recipient) => [
      `  + ${recipient.publicKey.userIds[0]?.text ?? 'no user ID'}`,
      `    ${groupedFingerprint(recipient.publicKey.primaryKey.fingerprint)}`,
      `    validity: ${validityOf(recipient)}`,
      ...[origins(one, recipient)].filter(Boolean).map((origin) => `    ${origin}`),
    ]),
  ]);
}

/** A recipients file with keys in it, on one line. */
export function keysText({ file, keys }: UsedList): string {
  return `${shownPath(file)}: ${keys.map(({ name, fingerprint }) => `${name} ${fingerprint}`).join(', ')}`;
}

function tellerFor(tell: (line: string) => void, ui: Ui): SeenTeller {
  return {
    firstUse: (lists, files) => {
      for (const { file, keys } of lists)
        tell(`note: recipients in ${shownPath(file)}: ${keys.map(({ name }) => name).join(', ')}`);
      tell(
        `note: first use here: eyaml remembers who is in ${count(files, 'recipients file')}, and asks before it encrypts for anyone else`,
      );
    },
    removed: (list) => ui.notify(`note: no longer in ${keysText(list)}`),
    newSubkeys: (list) => ui.notify(`note: new subkey in ${keysText(list)}`),
    notRemembered: ({ message }) => ui.notify(`warning: the recipients are not remembered: ${message}`),
  };
}
