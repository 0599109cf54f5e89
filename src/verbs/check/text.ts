import { yamlFaults } from '../../eyaml/document.js';
import { puppetFaults } from '../../eyaml/puppet-view.js';
import { leftoverOffsets } from '../../eyaml/stray-markers.js';
import { isValue, type Token } from '../../eyaml/token.js';
import type { Fault } from './findings.js';

/**
 * What is wrong with the text of a file that holds values or markers, whoever its values are for. Any other file is none of ours.
 *
 * @param file - as a command that is suggested names it.
 */
export async function textFaults(file: string, text: string, tokens: readonly Token[]): Promise<readonly Fault[]> {
  const leftovers = leftoverOffsets(text);
  const forPuppet = await puppetFaults(text, tokens);
  if (tokens.every(({ kind }) => kind === 'text') && leftovers.length + forPuppet.length === 0) return [];
  return [
    ...forPuppet,
    ...(await notYaml(text)),
    ...leftovers.map((offset) => ({
      offset,
      rule: 'leftover-marker' as const,
      message: 'an edit marker was left here in plain text',
      suggestion: `eyaml edit ${file}, and change the secret`,
    })),
    ...tokens.flatMap((token): Fault | readonly [] => {
      if (token.kind === 'suspect') {
        const message = `this looks like an encrypted value, but ${token.reason}`;
        return { offset: token.offset, rule: 'suspect-value', message };
      }
      if (!isValue(token) || !token.isPassedOver) return [];
      const message = 'Puppet does not see it, since line ends or tabs stay in it, and hands out the ciphertext';
      return { offset: token.offset, rule: 'passed-over-value', message, suggestion: `eyaml recrypt ${file}` };
    }),
  ];
}

// After the first fault the rest of a text is read as something else than it was meant to be, so further faults are its consequences.
async function notYaml(text: string): Promise<readonly Fault[]> {
  const faults = await yamlFaults(text);
  const first = faults.find(({ isEqualKey }) => !isEqualKey);
  if (first !== undefined)
    return [{ offset: first.offset, rule: 'invalid-yaml', message: `this is not valid YAML (${first.reason})` }];
  return faults.map(({ offset }) => ({
    offset,
    rule: 'duplicate-key',
    message: 'this key stands here twice; Puppet takes the last',
  }));
}
