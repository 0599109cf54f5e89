import type { Context } from '../context/context.js';
import type { NewReader, OnNewReaders } from '../verbs/new-readers.js';
import { count } from './plan-text.js';
import { confirmNewReaders } from './questions.js';
import type { Ui } from './ui.js';

/**
 * Names the readers of newly encrypted values who cannot read the other values of the file. Without the web of trust this cannot be
 * silenced, and on a terminal the user is asked.
 *
 * @param verb - what the user does to the file's text, "change" for instance.
 */
export function newReadersTeller(verb: string, { trust }: Pick<Context, 'trust'>, ui: Ui): OnNewReaders {
  return async (readers, tag) => {
    const mustAsk = tag === 'GPG' && trust !== 'wot';
    for (const reader of readers) (mustAsk ? ui.insist : ui.notify)(lineOf(reader, verb));
    if (mustAsk) await confirmNewReaders(readers.length, verb);
  };
}

function lineOf({ reader: { userId, fingerprint }, values }: NewReader, verb: string): string {
  const others = `${count(values, 'other value')} of this file ${values === 1 ? 'is' : 'are'} not encrypted to them`;
  return `+ ${userId} ${fingerprint} will read what you ${verb}; ${others}`;
}
