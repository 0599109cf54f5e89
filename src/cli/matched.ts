import { EyamlError } from '../errors.js';

/** The error for paths that match no file: the user named them, so this is not a success. */
export function nothingMatches(done: string): EyamlError {
  return new EyamlError('USAGE', `nothing was ${done}: no file matches`, {
    suggestions: [
      'in folders, only *.eyaml, *.yaml and *.yml files count, without those that --exclude names; --include names others',
    ],
  });
}
