import path from 'node:path';
import type { Context } from '../context/context.js';
import { EyamlError } from '../errors.js';
import { shownPath } from '../files/shown.js';
import { createConsent, readAccepted, type Added } from '../recipients/seen/added.js';
import type { Whole } from '../recipients/seen/seen.js';
import { isSame } from '../recipients/seen/whole.js';
import { targetIn } from '../verbs/recipients/show.js';
import { count } from './plan-text.js';
import { confirmAck, hasTerminal } from './questions.js';
import { addedText, keysText, originsOf, type Origins } from './seen.js';
import type { Ui } from './ui.js';

/** How a person answered beforehand. */
export interface AckOptions {
  readonly 'accept-recipients'?: string | undefined;
  readonly yes?: boolean | undefined;
}

/**
 * Shows how the recipients of a repository differ from those that were seen, asks, and remembers them.
 *
 * @param given - a file or folder in it.
 * @throws {@link EyamlError} `RECIPIENTS_MISSING`, `RECIPIENTS_ADDED`, `ABORTED`, `USAGE`, `MEMORY_UNUSABLE`.
 */
export async function acknowledge(given: string, options: AckOptions, { seen }: Context, ui: Ui): Promise<void> {
  const whole = await seen?.compareWhole(await targetIn(given));
  if (seen === undefined || whole === undefined) {
    throw new EyamlError('USAGE', 'nothing can be remembered: you have no home folder', {
      suggestions: ['name a folder of yours in the environment variable XDG_STATE_HOME'],
    });
  }
  const { changes, now } = whole;
  if (changes === undefined && now.files.size + now.rules.size === 0)
    throw new EyamlError('RECIPIENTS_MISSING', 'nothing to accept: there is no recipients file here');
  const files = count(now.files.size, 'recipients file');
  if (changes && isSame(changes)) {
    ui.notify(`nothing to do: no changes in ${files} since you last encrypted here`);
    return;
  }
  wholeText(whole, await originsOf(changes?.added ?? [])).forEach(ui.insist);
  await agree(changes?.added ?? everybodyIn(whole), options);
  await seen.acceptWhole(whole);
  ui.notify(`remembered who is in ${files}`);
}

async function agree(added: readonly Added[], options: AckOptions): Promise<void> {
  const named = readAccepted(options['accept-recipients']);
  if (named !== undefined) await createConsent(named, () => Promise.resolve())(added, []);
  else if (options.yes) return;
  else if (!hasTerminal()) {
    throw new EyamlError('ABORTED', 'nothing was remembered: there is no terminal to ask for confirmation', {
      suggestions: ['--yes does not ask, --accept-recipients FPR,FPR names those who are new'],
    });
  } else if (!(await confirmAck())) throw new EyamlError('ABORTED', 'nothing was remembered');
}

function everybodyIn({ repository, now }: Whole): readonly Added[] {
  const at = (name: string) => path.resolve(repository.top, name);
  return [...now.recipients].map(([name, recipients]) => ({
    file: at(name),
    formerly: undefined,
    targets: [],
    recipients,
  }));
}

function wholeText({ now, changes }: Whole, origins: Origins): readonly string[] {
  if (changes === undefined) {
    const lists = [...now.files].map(([name, keys]) => `  ${name}: ${keys.map((key) => key.name).join(', ')}`);
    return ['first use here; the recipients are:', ...lists];
  }
  const { added, removed, newSubkeys, gone, rules } = changes;
  return [
    ...addedText(added, origins),
    ...removed.map((list) => `no longer in ${keysText(list)}`),
    ...newSubkeys.map((list) => `new subkey in ${keysText(list)}`),
    ...gone.map((file) => `${shownPath(file)} is gone`),
    ...rules.flatMap(({ file, lines }) => [`rules in ${shownPath(file)}:`, ...lines.map((line) => `  ${line}`)]),
  ];
}
