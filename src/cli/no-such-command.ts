import { EyamlError } from '../errors.js';
import { nearest } from '../text/nearest.js';
import { spaced, tooMany, withHelp, type CommandLine } from './usage.js';

// The options of hiera-eyaml 1, which had no commands; old scripts and pages still use them.
const FIRST_VERSION: readonly (readonly [RegExp, string])[] = [
  [/^(?:-e|--encrypt)$/, 'encrypt'],
  [/^(?:-d|--decrypt)$/, 'decrypt'],
  [/^(?:-i|--edit)$/, 'edit'],
  [/^(?:-c|--createkeys)$/, 'createkeys'],
];

/** The error when no command was found; the name is not repeated. oclif takes an extra argument for a part of the name. */
export function noSuchCommand(argv: readonly string[], commands: readonly Omit<CommandLine, 'argv'>[]): EyamlError {
  const current = FIRST_VERSION.find(([option]) => option.test(argv[0] ?? ''))?.[1];
  if (current !== undefined) {
    const hints = { suggestions: [`eyaml ${current} --help`] };
    return new EyamlError('USAGE', `options of hiera-eyaml 1 are not supported: use eyaml ${current}`, hints);
  }
  const words = argv.filter((argument) => !argument.startsWith('-'));
  const named = words.length > 1 && words[0] === 'help' ? words.slice(1) : words;
  const [word = ''] = named;
  const ids = [named.slice(0, 2).join(':'), words[0] === 'help' && words.length > 2 ? 'help' : word];
  const command = ids.map((id) => commands.find((one) => one.id === id)).find((found) => found !== undefined);
  if (command !== undefined && argv[0] !== word && argv[0] !== 'help')
    return withHelp(command, [`options come after the command: eyaml ${spaced(command.id)} [options]`]);
  if (command !== undefined) return withHelp(command, tooMany({ ...command, argv }));
  const below = commands.flatMap(({ id }) => (id.startsWith(`${word}:`) ? [id.slice(word.length + 1)] : []));
  if (below.length > 0) {
    const all = `one of: ${below.sort().join(', ')}`;
    if (named.length === 1) return new EyamlError('USAGE', `eyaml ${word} needs a command`, { suggestions: [all] });
    const meant = nearest(named[1] ?? '', below);
    const hint = meant ? `did you mean eyaml ${word} ${meant}?` : all;
    return new EyamlError('USAGE', `eyaml ${word} has no such command`, { suggestions: [hint] });
  }
  const meant = nearest(
    word,
    commands.map(({ id }) => id),
  );
  const hints = [...(meant ? [`did you mean eyaml ${meant}?`] : []), 'eyaml help lists the commands'];
  return new EyamlError('USAGE', 'there is no such command', { suggestions: hints });
}
