/** Every code an {@link EyamlError} can carry; docs/errors.md says what each means and what to do. */
export const ERROR_CODES = [
  'USAGE',
  'CONFIG_MISSING',
  'CONFIG_UNREADABLE',
  'CONFIG_INVALID',
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'FILE_UNWRITABLE',
  'FILE_CHANGED',
  'FILE_LOCKED',
  'FILE_INCOMPLETE',
  'NOT_UTF8',
  'VALUE_UNREADABLE',
  'MARKER_INVALID',
  'YAML_INVALID',
  'KEY_NOT_FOUND',
  'KEY_UNUSABLE',
  'METHOD_UNAVAILABLE',
  'RECIPIENTS_MISSING',
  'RECIPIENTS_FILE_MISSING',
  'RECIPIENTS_UNREADABLE',
  'RECIPIENTS_INVALID',
  'RECIPIENTS_ADDED',
  'RECIPIENTS_UNSIGNED',
  'MEMORY_UNUSABLE',
  'NO_SECRET_KEY',
  'MESSAGE_INVALID',
  'MESSAGE_TOO_LARGE',
  'OPENPGP_KEY_MISSING',
  'OPENPGP_KEY_UNREADABLE',
  'KEY_FILE_MISSING',
  'KEY_FILE_UNREADABLE',
  'KEY_FILE_INVALID',
  'PLUGIN_MISSING',
  'PLUGIN_UNREADABLE',
  'PLUGIN_INVALID',
  'PLUGIN_FAILED',
  'PASSPHRASE_MISSING',
  'PASSPHRASE_UNREADABLE',
  'PASSPHRASE_CANCELLED',
  'PASSPHRASE_WRONG',
  'PINENTRY_UNAVAILABLE',
  'GPG_NOT_FOUND',
  'GPG_FAILED',
  'GNUPG_HOME_MISSING',
  'GNUPG_HOME_UNREADABLE',
  'GNUPG_HOME_INVALID',
  'GNUPG_HOME_CLOSED',
  'AGENT_UNAVAILABLE',
  'AGENT_FAILED',
  'ENCRYPT_FAILED',
  'EDITOR_NOT_FOUND',
  'EDITOR_FAILED',
  'ABORTED',
  'UNEXPECTED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What `check` looks for; docs/check.md explains each. */
export const RULES = [
  'extra-recipient',
  'missing-recipient',
  'unknown-recipient',
  'outdated-subkey',
  'hidden-recipient',
  'duplicate-reader',
  'mislabelled-reader',
  'password-recipient',
  'aead-value',
  'unprotected-value',
  'foreign-method',
  'unknown-method',
  'damaged-value',
  'passed-over-value',
  'suspect-value',
  'undecryptable-value',
  'leftover-marker',
  'conflict-marker',
  'recipient-added',
  'no-recipients-file',
  'recipients-empty',
  'recipient-unknown',
  'recipient-ambiguous',
  'recipient-refused',
  'recipient-expired',
  'recipient-revoked',
  'recipient-disabled',
  'recipient-no-encryption-key',
  'recipient-not-valid',
  'recipient-expiring',
  'recipient-duplicate',
  'recipient-comment',
  'recipients-unsigned',
  'invalid-yaml',
  'duplicate-key',
  'private-key',
  'unreadable-file',
] as const;

export type Rule = (typeof RULES)[number];

/** Where something is: in a file, in the edit buffer (a line without a file), or in an option of the command line. */
export type Place =
  | {
      /** As messages show it. */
      readonly file: string;
      /** Counted from 1, as the column is; without it the file as a whole is meant. */
      readonly line?: number | undefined;
      readonly column?: number | undefined;
      /** The setting, where the file is a configuration file. */
      readonly setting?: string | undefined;
    }
  | { readonly line: number }
  | { /** With its dashes. */ readonly option: string };

/** One problem with its place, so that many can be reported at once. `check` turns those that break a rule into findings. */
export interface Problem {
  readonly place?: Place | undefined;
  /** The YAML key path of the value concerned. */
  readonly keyPath?: string | undefined;
  /** The rule of `check` that it breaks, if there is one. */
  readonly rule?: Rule;
  /** What is wrong, lower case, no full stop, never a plaintext. */
  readonly message: string;
  /** What to do about it. */
  readonly suggestion?: string | undefined;
}

/** What an {@link EyamlError} may hold besides its code and message. */
export interface ErrorDetails {
  /** The file with the problem, if it is not the file that the command works on. */
  readonly file?: string | undefined;
  readonly problems?: readonly Problem[];
  readonly suggestions?: readonly string[];
}

/**
 * The one error class of this package. Messages say what failed and where, suggestions say what to do.
 * Neither ever holds a plaintext, a passphrase or the text of a third-party error: callers may print all of it.
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

/** Whether an error is an {@link EyamlError} with one of the codes. Codes are compared only with this function. */
export function hasCode<C extends ErrorCode>(
  error: unknown,
  ...codes: readonly C[]
): error is EyamlError & { readonly code: C } {
  return error instanceof EyamlError && (codes as readonly ErrorCode[]).includes(error.code);
}

/**
 * The problem with a file of recipients or keys that cannot be read, or undefined for any other error. Such a file must not be treated
 * as missing: its content may differ from what is used without it.
 */
export function unreadableProblem(error: unknown): Problem | undefined {
  const isOne = hasCode(error, 'RECIPIENTS_UNREADABLE', 'RECIPIENTS_FILE_MISSING', 'KEY_FILE_UNREADABLE');
  if (!isOne || error.file === undefined) return undefined;
  const { file, message, suggestions } = error;
  return { place: { file }, rule: 'unreadable-file', message, suggestion: suggestions[0] };
}

/**
 * Turns any error into an {@link EyamlError}, so that an error at one value or file is reported with its place and the others are
 * processed. Of a third-party error only the class is named: its message may quote the data.
 *
 * @throws the error when a person interrupted a question.
 */
export function asEyamlError(error: unknown): EyamlError {
  if (error instanceof EyamlError) return error;
  if (error instanceof Error && error.name === 'ExitPromptError') throw error;
  const name = error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : 'error';
  return new EyamlError('UNEXPECTED', `unexpected ${name}: this is a bug in eyaml, please report it`);
}

/** The problems, with their places, of an error that happened at a file. */
export function problemsOfFile(file: string, error: unknown): readonly Problem[] {
  const { message, suggestions, problems } = asEyamlError(error);
  return [{ place: { file }, message, suggestion: suggestions[0] }, ...problems];
}

/** The errno name (`ENOENT`, …) of an error thrown by Node, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
