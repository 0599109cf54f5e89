import { conflictsIn, readConflicts } from '../../eyaml/conflicts.js';
import { puppetFaults } from '../../eyaml/puppet-view.js';
import { leftoverOffsets } from '../../eyaml/stray-markers.js';
import type { EyamlText } from '../../eyaml/text.js';
import type { Fault } from './findings.js';

/**
 * The faults in the text of a file that holds values or markers, except those of its readers. Any other file is not checked.
 *
 * @param file - the path for suggested commands.
 */
export async function textFaults(file: string, eyaml: EyamlText): Promise<readonly Fault[]> {
  const leftovers = leftoverOffsets(eyaml.text);
  const suspects = await eyaml.suspects();
  const forPuppet = await puppetFaults(eyaml);
  if (eyaml.values.length + suspects.length + leftovers.length + forPuppet.length === 0) return [];
  const conflicts = conflictsIn(readConflicts(eyaml.text));
  return [
    ...forPuppet,
    ...conflicts.map(({ offset }) => ({
      offset,
      rule: 'conflict-marker' as const,
      message: 'this is a merge conflict that nobody has resolved',
      suggestion: `eyaml edit ${file}, then git add ${file}`,
    })),
    // The markers of a conflict are not YAML.
    ...(conflicts.length > 0 ? [] : await notYaml(eyaml)),
    ...leftovers.map((offset) => ({
      offset,
      rule: 'leftover-marker' as const,
      message: 'an edit marker was left here in plain text',
      suggestion: `eyaml edit ${file}, and change the secret`,
    })),
    ...suspects.map(({ offset, reason }) => ({
      offset,
      rule: 'suspect-value' as const,
      message: `this looks like an encrypted value, but ${reason}`,
    })),
    ...Array.from(await eyaml.passedOver(), ({ offset }) => ({
      offset,
      rule: 'passed-over-value' as const,
      message: 'it contains line ends or tabs: Puppet does not decrypt it and hands out the ciphertext',
      suggestion: `eyaml recrypt ${file}`,
    })),
  ];
}

// After the first fault the rest of a text is misread, so further faults are its consequences.
async function notYaml({ yaml }: EyamlText): Promise<readonly Fault[]> {
  const { faults, equalKeys } = await yaml();
  const [first] = faults;
  if (first !== undefined)
    return [{ offset: first.offset, rule: 'invalid-yaml', message: `this is not valid YAML (${first.reason})` }];
  return equalKeys.map((offset) => ({
    offset,
    rule: 'duplicate-key',
    message: 'this key is a duplicate; Puppet uses the last one',
  }));
}
