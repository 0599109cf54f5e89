import { EyamlError, type Rule } from '../errors.js';
import { RULES } from '../verbs/check/rules.js';
import { nearest } from './nearest.js';

/**
 * Reads a list of rules to turn off, separated by commas.
 *
 * @param place - where it was set.
 * @throws {@link EyamlError} for an unknown rule, since a typing mistake would silently turn off nothing: `USAGE` for an option,
 * `CONFIG_INVALID` for a configuration file.
 */
export function rulesIn(list: string | undefined, place: string): readonly Rule[] {
  const words = (list ?? '').split(',').map((word) => word.trim());
  return words.filter(Boolean).map((word) => {
    const rule = RULES.find((candidate) => candidate === word);
    if (rule) return rule;
    const meant = nearest(word, RULES);
    // Text that does not look like a rule may be a secret in the wrong place.
    const which = /^[a-z]+(?:-[a-z]+)*$/.test(word) ? `no rule ${word}` : 'no such rule';
    throw new EyamlError(place.startsWith('--') ? 'USAGE' : 'CONFIG_INVALID', `${place}: there is ${which}`, {
      suggestions: [...(meant ? [`did you mean ${meant}?`] : []), 'docs/check.md lists the rules'],
    });
  });
}
