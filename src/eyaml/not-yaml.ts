import { EyamlError } from '../errors.js';
import { shownArgument } from '../files/shown.js';
import { readConflicts } from './conflicts.js';
import { lineCounter } from './lines.js';
import type { Outline } from './outline.js';

/** The error for a text that is not YAML, perhaps because of a merge conflict; `file` is what messages call it. */
export function notYaml(
  { file, text }: { readonly file: string; readonly text: string },
  { reason, offset }: Outline['faults'][number],
): EyamlError {
  const isConflict = readConflicts(text).some((part) => typeof part !== 'string');
  const shown = shownArgument(file);
  const suggestion = isConflict
    ? `resolve it first: eyaml edit ${shown}, then git add ${shown}`
    : '"eyaml edit" and "eyaml decrypt -f" work on any text';
  return new EyamlError('YAML_INVALID', `${file} ${isConflict ? 'has a merge conflict' : 'is not valid YAML'}`, {
    problems: isConflict ? [] : [{ place: { file, line: lineCounter(text)(offset) }, message: reason }],
    suggestions: [suggestion],
  });
}
