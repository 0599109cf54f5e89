import { EyamlError } from '../errors.js';
import { printable } from '../text/printable.js';
import { answered } from './asking.js';
import { hasTerminal } from './questions.js';

/** One entry of a list to tick. */
export interface Entry<T> {
  readonly text: string;
  readonly value: T;
}

/**
 * Lets the user search a list and tick entries in it: what is typed is searched for, Enter ticks an entry or takes the tick away, and the
 * first entry ends it.
 *
 * @throws {@link EyamlError} `USAGE` if there is no terminal, `ABORTED` if nothing is in the list or nothing was ticked.
 */
export async function tick<T>(message: string, entries: readonly Entry<T>[], hint: string): Promise<readonly T[]> {
  if (!hasTerminal()) throw new EyamlError('USAGE', 'missing KEY', { suggestions: [hint] });
  if (entries.length === 0) throw new EyamlError('ABORTED', 'nothing was changed: there is nobody to choose from');
  const { search } = await import('@inquirer/prompts');
  const ticked = new Set<Entry<T>>();
  for (;;) {
    const picked = await answered(
      search<Entry<T> | 'done'>(
        { message, pageSize: 12, source: (term = '') => choices(entries, ticked, term), theme: { prefix: '' } },
        { output: process.stderr, clearPromptOnDone: true },
      ),
    );
    if (picked === 'done') break;
    if (!ticked.delete(picked)) ticked.add(picked);
  }
  if (ticked.size === 0) throw new EyamlError('ABORTED', 'nothing was changed: nobody was chosen');
  return [...ticked].map(({ value }) => value);
}

function choices<T>(entries: readonly Entry<T>[], ticked: ReadonlySet<Entry<T>>, term: string) {
  const wanted = term.toLowerCase();
  const found = entries.filter((entry) => entry.text.toLowerCase().includes(wanted));
  const shown = found.map((entry) => ({
    name: printable(`[${ticked.has(entry) ? 'x' : ' '}] ${entry.text}`),
    value: entry,
  }));
  // While something is searched for, Enter ticks what was found.
  const done = { name: `done (${ticked.size} chosen)`, value: 'done' as const };
  return term === '' ? [done, ...shown] : [...shown, done];
}
