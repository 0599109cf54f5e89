import { abridged } from './text/abridged.js';
import { groupBy } from './text/group-by.js';

/** Every code an {@link EyamlError} can carry; docs/errors.md says what each means and what to do. */
export type ErrorCode =
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'FILE_NOT_FOUND'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'FILE_CHANGED'
  | 'FILE_LOCKED'
  | 'FILE_INCOMPLETE'
  | 'NOT_UTF8'
  | 'VALUE_UNREADABLE'
  | 'MARKER_INVALID'
  | 'METHOD_UNAVAILABLE'
  | 'RECIPIENTS_MISSING'
  | 'RECIPIENTS_UNREADABLE'
  | 'RECIPIENTS_INVALID'
  | 'NO_SECRET_KEY'
  | 'MESSAGE_INVALID'
  | 'MESSAGE_TOO_LARGE'
  | 'KEY_FILE_MISSING'
  | 'KEY_FILE_UNREADABLE'
  | 'KEY_FILE_INVALID'
  | 'PLUGIN_INVALID'
  | 'PLUGIN_FAILED'
  | 'PASSPHRASE_CANCELLED'
  | 'PASSPHRASE_WRONG'
  | 'PINENTRY_UNAVAILABLE'
  | 'GPG_NOT_FOUND'
  | 'GPG_FAILED'
  | 'GNUPG_HOME_INVALID'
  | 'GNUPG_HOME_CLOSED'
  | 'AGENT_UNAVAILABLE'
  | 'AGENT_FAILED'
  | 'ENCRYPT_FAILED'
  | 'EDITOR_NOT_FOUND'
  | 'EDITOR_FAILED'
  | 'ABORTED'
  | 'UNEXPECTED';

/** What `check` looks for; docs/check.md explains each. */
export type Rule =
  | 'extra-recipient'
  | 'missing-recipient'
  | 'unknown-recipient'
  | 'outdated-subkey'
  | 'hidden-recipient'
  | 'duplicate-reader'
  | 'mislabelled-reader'
  | 'password-recipient'
  | 'aead-value'
  | 'unprotected-value'
  | 'foreign-method'
  | 'unknown-method'
  | 'damaged-value'
  | 'passed-over-value'
  | 'suspect-value'
  | 'undecryptable-value'
  | 'leftover-marker'
  | 'no-recipients-file'
  | 'recipients-empty'
  | 'recipient-unknown'
  | 'recipient-ambiguous'
  | 'recipient-refused'
  | 'recipient-expired'
  | 'recipient-revoked'
  | 'recipient-disabled'
  | 'recipient-no-encryption-key'
  | 'recipient-not-valid'
  | 'recipient-expiring'
  | 'recipient-duplicate'
  | 'recipient-comment'
  | 'invalid-yaml'
  | 'duplicate-key'
  | 'unreadable-file';

/** One thing that is wrong, with its place, so that many can be reported at once. */
export interface Problem {
  /** Where, as `file:line`. */
  readonly place?: string;
  /** The YAML key path of the value concerned. */
  readonly keyPath?: string | undefined;
  /** The rule of `check` that it breaks, for what `check` looks for. */
  readonly rule?: Rule;
  /** What is wrong, lower case, no full stop, never a plaintext. */
  readonly message: string;
  /** What to do about it. */
  readonly suggestion?: string | undefined;
}

/** What an {@link EyamlError} may carry beside its code and message. */
export interface ErrorDetails {
  /** The file that is at fault, where it is not the one that is worked on. */
  readonly file?: string | undefined;
  readonly problems?: readonly Problem[];
  readonly suggestions?: readonly string[];
}

/**
 * The one error class of this package. Messages say what failed and where, suggestions say what to do.
 * Neither ever holds a plaintext, a passphrase or the text of a foreign error: callers may print all of it.
 */
export class EyamlError extends Error {
  override readonly name = 'EyamlError';
  readonly code: ErrorCode;
  readonly file: string | undefined;
  readonly problems: readonly Problem[];
  readonly suggestions: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.file = details.file;
    this.problems = details.problems ?? [];
    this.suggestions = details.suggestions ?? [];
  }
}

/** What an error says beside its message, as lines for a person: each problem with its place, then what to do. */
export function detailLines({ problems, suggestions }: EyamlError): readonly string[] {
  return [...problemLines(problems), ...suggestions.map((suggestion) => `hint: ${suggestion}`)];
}

/** Problems as lines for a person: what many places have in common is told once, with the first of them. */
export function problemLines(problems: readonly Problem[]): readonly string[] {
  const groups = groupBy(problems, ({ message, suggestion = '' }) => `${message}\n${suggestion}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { message, suggestion } = first;
    const places = group.map(({ place, keyPath }) => [place, keyPath].filter(Boolean).join(': '));
    const advice = suggestion ? [`    ${suggestion}`] : [];
    if (places.length === 1) return [`  ${[...places.filter(Boolean), message].join(': ')}`, ...advice];
    const { shown, more } = abridged(places.filter(Boolean));
    const rest = more > 0 ? [`    and ${more} more`] : [];
    return [`  ${message}`, ...shown.map((place) => `    ${place}`), ...rest, ...advice];
  });
}

/** Codes that speak of one value alone; any other failure would befall the next value just as well. */
const OF_ONE_VALUE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'NO_SECRET_KEY',
  'MESSAGE_INVALID',
  'MESSAGE_TOO_LARGE',
  'UNEXPECTED',
  'METHOD_UNAVAILABLE',
  // Who has no private key of one method may well read the values of another.
  'KEY_FILE_MISSING',
  'KEY_FILE_UNREADABLE',
  'PLUGIN_FAILED',
]);

/** Whether an error speaks of one value, so that other values may still be read. */
export function isAboutOneValue({ code }: EyamlError): boolean {
  return OF_ONE_VALUE.has(code);
}

/**
 * Codes of a file that is there and cannot be read. It is not as good as absent: what it says might be another thing than what would
 * be done without it.
 */
const UNREADABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['RECIPIENTS_UNREADABLE', 'KEY_FILE_UNREADABLE']);

/** The problem with a file of recipients or keys that is there and cannot be read, or undefined for any other error. */
export function unreadableProblem(error: unknown): Problem | undefined {
  if (!(error instanceof EyamlError) || error.file === undefined || !UNREADABLE.has(error.code)) return undefined;
  const { file, message, suggestions } = error;
  return { place: file, rule: 'unreadable-file', message, suggestion: suggestions[0] };
}

/**
 * Any error as one of ours, so that what befalls one value or file is told with its place and the others are done all the same. Of a
 * foreign error its class alone is told: its message may quote what was being worked on.
 *
 * @throws what is neither an error of ours nor a fault: a person who interrupted a question.
 */
export function asEyamlError(error: unknown): EyamlError {
  if (error instanceof EyamlError) return error;
  if (error instanceof Error && error.name === 'ExitPromptError') throw error;
  const name = error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : 'error';
  return new EyamlError('UNEXPECTED', `unexpected ${name}: this is a fault of eyaml itself, please report it`);
}

/** What an error means for the file that it befell, as problems with their places. */
export function problemsOfFile(file: string, error: unknown): readonly Problem[] {
  const { message, suggestions, problems } = asEyamlError(error);
  return [{ place: file, message, suggestion: suggestions[0] }, ...problems];
}

/** The errno name (`ENOENT`, …) of an error thrown by Node, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
