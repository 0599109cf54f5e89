import { shownArgument } from '../files/shown.js';
import { problemLines } from '../text/problems.js';
import type { MergeOutcome } from '../verbs/git/merge.js';
import { count } from './plan-text.js';
import type { Ui } from './ui.js';

/** Tells what a person has to do after a merge. */
export function tellMerge(file: string, { conflicts, recrypted, unopened }: MergeOutcome, ui: Ui): void {
  const name = shownArgument(file);
  if (recrypted > 0) {
    const values = count(recrypted, 'value');
    ui.notify(`${file}: both sides re-encrypted ${values}; ours kept. After the merge: eyaml recrypt ${name}`);
  }
  if (conflicts === 0) return;
  if (unopened.length > 0) {
    ui.notify(`${file}: some values cannot be decrypted, so their ciphertexts were compared:`);
    problemLines(unopened.map(({ message }) => ({ message }))).forEach(ui.notify);
  }
  ui.notify(`${file}: ${count(conflicts, 'conflict')}. To resolve: eyaml edit ${name}, then git add ${name}`);
}
