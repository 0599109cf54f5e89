import { EyamlError } from '../errors.js';
import { nearest } from '../text/nearest.js';

/** An option of a command. */
export interface KnownFlag {
  readonly type: 'boolean' | 'option';
  readonly options?: readonly string[] | undefined;
  readonly exactlyOne?: readonly string[] | undefined;
  readonly dependsOn?: readonly unknown[] | undefined;
  readonly exclusive?: readonly unknown[] | undefined;
}

/** An argument of a command. */
export interface KnownArgument {
  readonly required?: boolean | undefined;
  readonly options?: readonly string[] | undefined;
}

/** A command with its arguments. */
export interface CommandLine {
  readonly id: string;
  readonly argv: readonly string[];
  readonly flags: Readonly<Record<string, KnownFlag>>;
  readonly args: Readonly<Record<string, KnownArgument>>;
}

/** An error of oclif about the command line. Its message may repeat a word, which may be the secret to encrypt. */
export interface Refusal extends Error {
  readonly oclif: { readonly exit?: number };
  /** The words that look like options but are not. */
  readonly flags?: readonly string[];
  /** The arguments that are missing. */
  readonly args?: readonly { readonly name: string }[];
  readonly parse?: { readonly output?: { readonly flags?: object } };
}

/** The value of an option that cannot be read. Like errors of oclif it is turned into our own words, with the option's name. */
export class BadValue extends Error {
  readonly oclif = { exit: 2 };
  readonly words: readonly [string, ...string[]];

  constructor(option: string, fault: string, suggestions: readonly string[]) {
    super('the value of an option cannot be read');
    this.words = [`--${option}${fault}`, ...suggestions];
  }
}

/** Whether an error is oclif's own. */
export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && 'oclif' in error;
}

/** The error for a command line; its words repeat nothing of it except the names of existing options. */
export function usageError(error: Refusal, line: CommandLine): EyamlError {
  return withHelp(line, problemOf(error, line));
}

/** The error with these words, which ends with where the help is. */
export function withHelp({ id }: Pick<CommandLine, 'id'>, [message, ...suggestions]: Words): EyamlError {
  return new EyamlError('USAGE', message, { suggestions: [...suggestions, `eyaml ${spaced(id)} --help`] });
}

/** A command as it is typed: oclif joins its words with colons. */
export function spaced(id: string): string {
  return id.replaceAll(':', ' ');
}

/** What is wrong, and what to do. */
export type Words = readonly [string, ...string[]];

function problemOf(error: Refusal, line: CommandLine): Words {
  if (error instanceof BadValue) return error.words;
  switch (error.constructor.name) {
    case 'UnexpectedArgsError':
      return tooMany(line);
    case 'NonExistentFlagsError':
      return unknownOptions(error.flags ?? [], line);
    case 'RequiredArgsError':
      return [`missing ${(error.args ?? []).map(({ name }) => name.toUpperCase()).join(' and ')}`];
    case 'ArgInvalidOptionError':
      return choiceOfArgument(line);
    case 'FailedFlagValidationError':
      return conflict(Object.keys(error.parse?.output?.flags ?? {}), line.flags);
    default:
      return badValue(error.message, line.flags);
  }
}

const TEXT_TO_ENCRYPT = '-p asks for the text to encrypt, --stdin reads it, -s takes it, in quotes when it has blanks';
const TEXT_TO_DECRYPT = '-f and -e name a file to decrypt, --stdin reads it, -s takes a value in quotes';

/** That there are more arguments than the command takes. */
export function tooMany(line: CommandLine): Words {
  const hints = 'password' in line.flags ? [TEXT_TO_ENCRYPT] : 'stdin' in line.flags ? [TEXT_TO_DECRYPT] : [];
  const isGivenOne = ([name, { type }]: readonly [string, KnownFlag]) =>
    type === 'boolean' && line.argv.some((word) => word.startsWith(`--${name}=`));
  const flag = Object.entries(line.flags).find(isGivenOne)?.[0];
  if (flag !== undefined) return [`--${flag} takes no value`, ...hints];
  const names = namesOf(line);
  return [
    `too many arguments: eyaml ${spaced(line.id)} takes ${names ? `options and ${names}` : 'options only'}`,
    ...hints,
  ];
}

function unknownOptions(words: readonly string[], { id, argv, flags }: CommandLine): Words {
  const places = words.map((word) => argv.indexOf(word) + 1).filter((place) => place > 0);
  const which =
    places.length > 1
      ? `arguments ${joined(places.map(String), 'and')}`
      : places.length === 1
        ? `argument ${places[0] ?? ''}`
        : 'an argument';
  const names = Object.keys(flags);
  const meant = words.flatMap((word) => nearest(/^--([^=]*)/.exec(word)?.[1] ?? '', names) ?? []);
  const hints = [...new Set(meant)].map((name) => `did you mean --${name}?`);
  return [`${which} of eyaml ${spaced(id)} ${places.length > 1 ? 'are not options' : 'is not an option'}`, ...hints];
}

function conflict(given: readonly string[], flags: CommandLine['flags']): Words {
  const isGiven = (name: unknown): name is string => typeof name === 'string' && given.includes(name);
  for (const [name, { exactlyOne = [], dependsOn = [], exclusive = [] }] of Object.entries(flags)) {
    const ofGroup = exactlyOne.filter(isGiven);
    if (exactlyOne.length > 0 && ofGroup.length !== 1) {
      const choice = `give one of ${listed(exactlyOne, 'or')}`;
      return [ofGroup.length === 0 ? choice : `${listed(ofGroup, 'and')} do not go together: ${choice}`];
    }
    if (!given.includes(name)) continue;
    const missing = dependsOn.filter((other) => typeof other === 'string' && !isGiven(other)) as string[];
    if (missing.length > 0) return [`--${name} needs ${listed(missing, 'and')}`];
    const others = exclusive.filter(isGiven);
    if (others.length > 0) return [`${listed([name, ...others], 'and')} do not go together`];
  }
  return ['these options do not go together'];
}

// oclif starts these messages with the name of an existing option.
function badValue(message: string, flags: CommandLine['flags']): Words {
  const [, name = ''] = /^(?:Flag|Parsing|Expected) --([a-z0-9-]+)/.exec(message) ?? [];
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag === undefined) return ['invalid options'];
  if (/^Flag --\S+ can only be specified once$/.test(message)) return [`--${name} can be given only once`];
  if (flag.options) return [`--${name} must be one of: ${flag.options.join(', ')}`];
  return [`--${name} needs a value`];
}

function choiceOfArgument({ args }: CommandLine): Words {
  const limited = Object.entries(args).flatMap(([name, { options }]) => (options ? [[name, options] as const] : []));
  const [[name, options] = ['argument', []]] = limited;
  return [`${name.toUpperCase()} must be one of: ${options.join(', ')}`];
}

function namesOf({ args }: CommandLine): string {
  return Object.keys(args)
    .map((name) => name.toUpperCase())
    .join(' and ');
}

function listed(names: readonly string[], word: 'and' | 'or'): string {
  return joined(
    names.map((name) => `--${name}`),
    word,
  );
}

function joined(words: readonly string[], word: 'and' | 'or'): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter(Boolean).join(` ${word} `);
}
