import { EyamlError, RULES, type Place, type Rule } from '../errors.js';
import { placeText } from '../text/problems.js';
import { nearest } from './nearest.js';

/**
 * Reads a list of rules to leave out, separated by commas.
 *
 * @param place - where it was set.
 * @throws {@link EyamlError} for what is not a rule, else a slip would turn off nothing, or another rule than was meant: `USAGE` for an
 * option, `CONFIG_INVALID` for a configuration file.
 */
export function rulesIn(list: string | undefined, place: Place): readonly Rule[] {
  const words = (list ?? '').split(',').map((word) => word.trim());
  return words.filter(Boolean).map((word) => {
    const rule = RULES.find((candidate) => candidate === word);
    if (rule) return rule;
    const meant = nearest(word, RULES);
    // Anything else than what a rule looks like may be a secret that went astray.
    const which = /^[a-z]+(?:-[a-z]+)*$/.test(word) ? `no rule ${word}` : 'no such rule';
    throw new EyamlError('option' in place ? 'USAGE' : 'CONFIG_INVALID', `${placeText(place)}: there is ${which}`, {
      suggestions: [...(meant ? [`did you mean ${meant}?`] : []), 'docs/check.md lists the rules'],
    });
  });
}
