import pLimit from 'p-limit';
import type { Methods } from '../context/methods.js';
import type { EyamlError } from '../errors.js';
import { isAboutOneValue } from './about-one-value.js';
import { createOpener, type Opener } from './opener.js';

/**
 * Makes an {@link Opener} for values of which some may stay closed. It opens one after the other until one opens, since a question that is answered, or
 * refused, counts for all. After an error that is not about one value, such as a passphrase that was refused, none is opened any more.
 *
 * @param onRefused - is told of that error.
 */
export function createPatientOpener({ encryptors }: Methods, onRefused: (error: EyamlError) => void): Opener {
  const opener = createOpener(encryptors);
  const oneByOne = pLimit(1);
  const state: { isOpen: boolean; refused?: EyamlError } = { isOpen: false };
  // Others may be waiting for the same answer.
  const refuse = (error: EyamlError) => {
    if (!state.refused) onRefused(error);
    state.refused = error;
  };
  const open: Opener = async (value, target) => {
    if (state.refused) return { error: state.refused };
    const opened = await opener(value, target);
    if ('plaintext' in opened) state.isOpen = true;
    else if (!isAboutOneValue(opened.error)) refuse(opened.error);
    return opened;
  };
  return async (value, target) => {
    if (!state.isOpen) await oneByOne(async () => (state.isOpen ? undefined : open(value, target)));
    return open(value, target);
  };
}
