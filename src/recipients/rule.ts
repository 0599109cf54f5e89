import type { Place } from '../errors.js';

/** The configuration file of a folder, which may hold rules. */
export const CONFIGURATION_FILE = '.eyaml/config.yaml';

/** What a rule in a folder's `.eyaml/config.yaml` says about the files that it matches. */
export interface FileRule {
  /** The glob, as it is written. */
  readonly pattern: string;
  /** Where it is written. */
  readonly place: Place;
  /** The folder that holds `.eyaml`; the pattern and all paths start there. */
  readonly folder: string;
  /** What it sets, as it is written, by the names of the settings. */
  readonly settings: Readonly<Partial<Record<RuleSetting, string>>>;
  /** The recipients file as a path; undefined if it names none. */
  readonly recipientsFile: string | undefined;
  /** Whether it is in the user's own configuration, which did not come with a repository. */
  readonly isOwn: boolean;
}

/** What a rule may set. */
export const RULE_SETTINGS = ['recipients_file', 'pkcs7_public_key', 'pkcs7_private_key', 'encrypt_method'] as const;

export type RuleSetting = (typeof RULE_SETTINGS)[number];

/**
 * Finds the rule for a file, which need not exist.
 *
 * @throws `EyamlError` `CONFIG_UNREADABLE`, `CONFIG_INVALID` when the configuration file that may hold it cannot be used.
 */
export type RuleFor = (target: string) => Promise<FileRule | undefined>;

/** The rules of folders. */
export interface Rules {
  readonly ruleFor: RuleFor;
  /** The rules that decide about files in a folder, whether they match any or not. Throws like `ruleFor`. */
  readonly rulesAt: (folder: string) => Promise<readonly FileRule[]>;
}

/** A rule in words: its pattern and what it sets. */
export function ruleText({ pattern, settings }: FileRule): string {
  const set = Object.entries(settings).map(([name, value]) => `${name}: ${value}`);
  return `${pattern} → ${set.join(', ')}`;
}
