import { EyamlError } from '../errors.js';

/** The error for paths below which there is no file to work on: that is no good news for whoever named them. */
export function nothingMatches(done: string): EyamlError {
  return new EyamlError('USAGE', `nothing was ${done}: no file matches`, {
    suggestions: ['below folders *.eyaml, *.yaml and *.yml count, less what exclude says; --include names others'],
  });
}
