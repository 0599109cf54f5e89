import { problemLines } from '../text/problems.js';
import type { OnKept } from '../verbs/open-all.js';
import { count } from './plan-text.js';
import type { Ui } from './ui.js';

/** Names the values that cannot be decrypted and stay as they are. */
export function keptTeller({ notify }: Ui): OnKept {
  return (problems) => {
    notify(
      `${count(problems.length, 'value')} cannot be decrypted and ${problems.length === 1 ? 'stays' : 'stay'} encrypted:`,
    );
    problemLines(problems).forEach(notify);
  };
}
