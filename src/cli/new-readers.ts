import type { Context } from '../context/context.js';
import type { NewReader, OnNewReaders } from '../verbs/new-readers.js';
import { count } from './plan-text.js';
import { confirmNewReaders } from './questions.js';
import type { Ui } from './ui.js';

/**
 * Says who will read what is encrypted now although other values of the file are not encrypted to them. Where GnuPG does not answer
 * for the keys of a recipients file, this cannot be silenced, and on a terminal the person is asked.
 *
 * @param verb - what they do to the file's text, "change" for instance.
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
