import type { Command } from '@oclif/core/command';

/** What a word of the command line is, for a shell that completes it. */
export type Word = 'file' | 'folder' | 'key' | 'command' | 'text' | readonly string[];

/** An option, without its dashes. */
export interface CompletedOption {
  readonly name: string;
  readonly char?: string | undefined;
  readonly summary: string;
  /** What its value is; undefined for an option without one. */
  readonly value?: Word | undefined;
}

/** A command that shells complete. */
export interface CompletedCommand {
  /** Its name, one or more words. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What its arguments are, in order; the last one stands for all that follow when there may be many. */
  readonly operands: readonly Word[];
  readonly takesMany: boolean;
}

const METHODS = ['gpg', 'pkcs7'];
const WORDS: Readonly<Record<string, Word>> = {
  ...{ FILE: 'file', PATH: 'file', DIR: 'folder', FOLDER: 'folder', KEY: 'key', COMMAND: 'command', METHOD: METHODS },
};

/** The commands of the program as shells complete them, by name. */
export function completedCommands(commands: readonly Command.Cached[]): readonly CompletedCommand[] {
  const completed = commands.map(({ id, summary = '', flags, args, strict }) => ({
    name: id.replaceAll(':', ' '),
    summary: plain(summary),
    options: Object.values(flags).flatMap((flag) => (flag.hidden === true ? [] : [optionOf(flag)])),
    operands: Object.values(args).map(({ name, options }) => options ?? WORDS[name.toUpperCase()] ?? 'text'),
    takesMany: strict === false,
  }));
  return completed.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function optionOf(flag: Command.Flag.Cached): CompletedOption {
  const { name, char, summary = '', type } = flag;
  const value = type === 'boolean' ? undefined : (flag.options ?? WORDS[flag.helpValue?.toString() ?? ''] ?? 'text');
  return { name, char, summary: plain(summary), value: name === 'label' ? 'text' : value };
}

// It stands between quotes in three shells.
function plain(summary: string): string {
  return summary.replace(/["'`$\\[\]:]/g, '').split('\n')[0] ?? '';
}
