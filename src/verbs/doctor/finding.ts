import type { ErrorCode, EyamlError } from '../../errors.js';

/** What `doctor` looks at, in the order of its report. */
export const TOPICS = [
  'configuration',
  'eyaml',
  'editor',
  'temporary folder',
  'gpg',
  'gpg-agent',
  'keys',
  'pinentry',
  'recipients',
  'values',
  'Puppet',
  'git',
] as const;

export type Topic = (typeof TOPICS)[number];

/** One line of the report. What is not ok names one command to run next; no part of it ever holds a plaintext. */
export type DoctorFinding =
  | { readonly state: 'ok'; readonly about: Topic; readonly message: string }
  | {
      /** A problem is wrong now, a warning may become one. */
      readonly state: 'warning' | 'problem';
      readonly about: Topic;
      readonly message: string;
      readonly command: string;
    };

/** Makes the findings of one topic. */
export interface Reporter {
  readonly ok: (message: string) => DoctorFinding;
  readonly warning: (message: string, command: string) => DoctorFinding;
  readonly problem: (message: string, command: string) => DoctorFinding;
  /** The problem that an error is; `command` is for an error that names none. */
  readonly error: (error: EyamlError, command: string) => DoctorFinding;
}

/** Makes a {@link Reporter}. */
export function reporterOf(about: Topic): Reporter {
  return {
    ok: (message) => ({ state: 'ok', about, message }),
    warning: (message, command) => ({ state: 'warning', about, message, command }),
    problem: (message, command) => ({ state: 'problem', about, message, command }),
    error: ({ code, message, suggestions }, command) => ({
      state: 'problem',
      about,
      message: `${message} [${code}]`,
      command: COMMANDS[code] ?? commandIn(suggestions.join('\n')) ?? command,
    }),
  };
}

// Where an error's own suggestions name no command, or several.
const COMMANDS: Partial<Readonly<Record<ErrorCode, string>>> = {
  AGENT_FAILED: 'gpgconf --kill gpg-agent',
  UNEXPECTED: 'eyaml doctor --trace',
};

// A file's name in it might hold anything, so that no character counts which a shell would act on; one known command has some.
const COMMAND = /export GPG_TTY=\$\(tty\)|\b(?:gpg|gpgconf|gpg-error|eyaml|chmod) [\w@%+=:./ -]*[\w@%+=:./-]/;

/** The first command that a suggestion names. */
export function commandIn(suggestion: string): string | undefined {
  return COMMAND.exec(suggestion)?.[0];
}

const SHOWN = 3;

/** The first of some names or places, with the number of the others. */
export function listText(list: readonly string[]): string {
  const more = list.length - SHOWN;
  return more > 0 ? `${list.slice(0, SHOWN).join(', ')} and ${more} more` : list.join(', ');
}
