import * as Flags from '@oclif/core/flags';
import type { Context } from '../context/context.js';
import { shownArgument, shownPath } from '../files/shown.js';
import { findFollowers } from '../recipients/find.js';
import { groupedFingerprint } from '../text/fingerprint.js';
import { acceptListChange } from '../verbs/recipients/accept.js';
import type { ListChange, Member } from '../verbs/recipients/members.js';
import { planRecrypt } from '../verbs/recrypt/plan.js';
import { addedReaders, count } from './plan-text.js';
import { askRecrypt, hasTerminal } from './questions.js';
import { applyAndTell, showPlan, throwFailures } from './recrypt.js';
import type { Ui } from './ui.js';

/** The options of the commands that change a recipients file. */
export const LIST_FLAGS = {
  to: Flags.string({
    helpValue: 'DIR',
    default: '.',
    summary: 'change the recipients file that governs this folder or file (default: the current folder)',
  }),
  recrypt: Flags.boolean({ allowNo: true, summary: 're-encrypt the values that follow it, without asking' }),
};

/** Reports a change of a recipients file and of public keys. */
export function tellChange(change: ListChange, { trust }: Pick<Context, 'trust'>, ui: Ui): void {
  const { added, removed, already, rewritten, keysWritten, keysRemoved, keysKept } = change;
  const file = shownPath(change.file);
  // Without the web of trust nothing but the user's eyes decides whose key this is.
  const tell = trust === 'wot' ? ui.notify : ui.insist;
  if (added.length > 0) [`added to ${file}:`, ...added.flatMap(memberText)].forEach(tell);
  if (removed.length > 0) [`removed from ${file}:`, ...removed.flatMap(memberText)].forEach(ui.notify);
  if (rewritten > 0) [`now named by fingerprint in ${file}:`, ...already.flatMap(memberText)].forEach(tell);
  else for (const { userId, fingerprint } of already) ui.notify(`already in ${file}: ${userId} ${fingerprint}`);
  for (const key of keysWritten) ui.notify(`wrote ${shownPath(key)}`);
  for (const key of keysRemoved) ui.notify(`removed ${shownPath(key)}`);
  for (const key of keysKept) ui.notify(`warning: ${shownPath(key)} also holds other keys and was not changed`);
  if (trust !== 'wot' && added.length + rewritten > 0) tell('Compare each fingerprint with its owner.');
  const total = added.length + removed.length + rewritten + keysWritten.length + keysRemoved.length;
  if (total === 0) ui.notify(`nothing to do: ${file} is unchanged`);
}

function memberText({ userId, fingerprint, pin }: Member): readonly string[] {
  const isKey = /^[0-9A-F]{40,}$/.test(fingerprint);
  const shown = isKey ? groupedFingerprint(fingerprint) : fingerprint;
  return [`  ${userId}`.trimEnd(), `    ${shown}${pin.endsWith('!') ? ` (only the subkey ${pin.slice(0, -1)})` : ''}`];
}

/** How the user answered beforehand, and what else decides how much is shown. */
export interface Offering {
  readonly recrypt?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/**
 * Offers to encrypt the values again that follow a changed recipients file. Without a terminal and without an answer beforehand it only
 * names the command; if the answer was no, it does not even look for values.
 *
 * @throws {@link EyamlError} `VALUE_UNREADABLE` if values could not be re-encrypted.
 */
export async function offerRecrypt(
  change: ListChange,
  { recrypt, quiet = false }: Offering,
  context: Context,
  ui: Ui,
): Promise<void> {
  // Not after a removal: the plan names whose key is gone.
  if (change.keysWritten.length > 0) context.keystore.lookAgain();
  await acceptListChange(change, context);
  const command = `eyaml recrypt ${change.folders.map(shownArgument).join(' ')}`;
  if (recrypt === false) {
    ui.notify(`values were not re-encrypted: ${command}`);
    return;
  }
  const files = await findFollowers([change], context.recipients.governingInTree);
  const plan = await planRecrypt(files, { all: false, changeTo: undefined }, context);
  const values = plan.files.reduce((sum, { changes }) => sum + changes.length, 0);
  if (values === 0 && plan.problems.length === 0) return;
  if (recrypt) {
    showPlan(plan, context, ui);
    throwFailures((await applyAndTell(plan, context, ui, quiet)).failed);
    return;
  }
  const readers = addedReaders(plan.files).length;
  const mayAsk = hasTerminal() && values > 0;
  if (mayAsk) showPlan(plan, context, ui);
  if (mayAsk && (await askRecrypt(values, plan.files.length, readers))) {
    throwFailures((await applyAndTell(plan, context, ui, quiet)).failed);
    return;
  }
  const which = `${count(values, 'value')} in ${count(plan.files.length, 'file')}`;
  if (values > 0)
    ui.notify(`${which} ${values === 1 ? 'is' : 'are'} still encrypted for the recipients of before: ${command}`);
  else ui.notify(`some values could not be compared: ${command} --dry-run`);
}
