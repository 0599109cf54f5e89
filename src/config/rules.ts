import path from 'node:path';
import { EyamlError } from '../errors.js';
import { readMapping, type MappingEntry } from '../eyaml/document.js';
import { isClosed } from '../files/fault.js';
import { LIMITS, readLimited } from '../files/read.js';
import type { RealPathOf } from '../files/real-paths.js';
import { remember } from '../files/remember.js';
import { shownPath } from '../files/shown.js';
import { realPathOf } from '../files/snapshot.js';
import { readPathGlob, type Glob } from '../recipients/glob.js';
import { plantedReason } from '../recipients/nearest.js';
import { CONFIGURATION_FILE, RULE_SETTINGS, type FileRule, type Rules, type RuleSetting } from '../recipients/rule.js';
import type { RecipientsTree } from '../recipients/source.js';
import { nearest } from '../text/nearest.js';
import { expandTilde, settingRefused } from './configuration.js';

/** A rule, and the files that it matches, by their paths from its folder. */
interface Matching {
  readonly rule: FileRule;
  readonly matches: Glob;
}

/** The rules of one file, and its folder. */
interface NearestRules {
  readonly folder: string;
  readonly rules: readonly Matching[];
}

/** Where rules are looked for. */
export interface RulesOptions {
  /** The user's home folder: rules there did not come with a repository. */
  readonly homeFolder: string;
  /** Where to look for configuration files; by default in folders. */
  readonly tree?: Pick<RecipientsTree, 'configurationIn'> | undefined;
}

/** Finds the rules that decide in a folder, given by its real path. Each file is read once. */
export type RulesSearch = (folder: string) => Promise<NearestRules>;

/** Makes a {@link RulesSearch}. */
export function createRulesSearch({ homeFolder, tree }: RulesOptions): RulesSearch {
  const read = tree?.configurationIn ?? configurationOnDisk;
  const nearestRules = remember(async (folder): Promise<NearestRules> => {
    const rules = await loadRules(folder, homeFolder, read);
    const parent = path.dirname(folder);
    return rules || parent === folder ? { folder, rules: rules ?? [] } : nearestRules(parent);
  });
  return nearestRules;
}

/**
 * Makes the rules for files: the nearest `.eyaml/config.yaml` with `rules`, in the folder of a file's real path or above it, decides,
 * and in it the first rule that matches. Nothing else of that file is read.
 */
export function createRules(nearestRules: RulesSearch, realPath: RealPathOf = realPathOf): Rules {
  return {
    ruleFor: async (target) => {
      const file = await realPath(target);
      const { folder, rules } = await nearestRules(path.dirname(file));
      if (rules.length === 0) return undefined;
      const name = path.relative(folder, file).split(path.sep).join('/');
      return rules.find(({ matches }) => matches(name))?.rule;
    },
    rulesAt: async (folder) => (await nearestRules(await realPath(folder))).rules.map(({ rule }) => rule),
  };
}

/**
 * The text of a folder's own configuration file; undefined if there is none.
 *
 * @throws {@link EyamlError} `CONFIG_UNREADABLE`; also when another user may have put it there.
 */
export async function configurationOnDisk(folder: string): Promise<string | undefined> {
  const file = path.join(folder, CONFIGURATION_FILE);
  const read = await readLimited(file, { limit: LIMITS.configuration });
  // A folder that this user may not enter holds nothing for them.
  if ('fault' in read && (read.fault.isAbsent || (await isClosed(folder)))) return undefined;
  const reason = 'fault' in read ? read.fault.reason : await plantedReason(path.dirname(file));
  if ('octets' in read && reason === undefined) return read.octets.toString();
  throw new EyamlError('CONFIG_UNREADABLE', `cannot read the configuration file ${shownPath(file)}: ${reason ?? ''}`, {
    file: shownPath(file),
    suggestions: ['it may hold rules for the files below it'],
  });
}

async function loadRules(
  folder: string,
  homeFolder: string,
  read: (folder: string) => Promise<string | undefined>,
): Promise<readonly Matching[] | undefined> {
  const text = await read(folder);
  // Most configuration files hold no rules; those above the current folder need not even be valid then.
  if (!text?.includes('rules')) return undefined;
  const file = shownPath(path.join(folder, CONFIGURATION_FILE));
  const mapping = await readMapping(text);
  if (mapping === undefined)
    throw new EyamlError('CONFIG_INVALID', `the configuration file ${file} is not a YAML mapping`);
  const entry = mapping.get('rules');
  if (entry === undefined || entry.value === null) return undefined;
  const isOwn = folder === (await realPathOf(homeFolder));
  return readRules(entry, { file, folder, homeFolder, isOwn });
}

interface Origin {
  readonly file: string;
  readonly folder: string;
  readonly homeFolder: string;
  readonly isOwn: boolean;
}

function readRules({ value, line }: MappingEntry, { file, folder, homeFolder, isOwn }: Origin): readonly Matching[] {
  const refuse = (fault: string, hints: readonly string[] = []): never => {
    throw settingRefused('rules', { value, file, line }, fault, hints);
  };
  if (!Array.isArray(value)) return refuse(' must be a list of rules');
  return value.map((item: unknown, i) => {
    const which = `: rule ${i + 1}`;
    const texts = textsOf(item, (fault, hints) => refuse(`${which} ${fault}`, hints));
    const { path: pattern = '', ...settings } = texts;
    if (pattern === '') refuse(`${which} has no path`);
    if (Object.keys(settings).length === 0) refuse(`${which} sets nothing`, [`it may set ${RULE_SETTINGS.join(', ')}`]);
    if (/(?:^|\/)\.{0,2}$|(?:^|\/)\.\.\//.test(pattern))
      refuse(`${which}: its path must match files, not folders`, ['folder/** matches all files below a folder']);
    const { recipients_file: recipients } = settings;
    const absolute = (named: string) => path.resolve(folder, expandTilde(named, homeFolder));
    const { pkcs7_public_key: publicKey, pkcs7_private_key: privateKey } = settings;
    const keys = {
      ...(publicKey !== undefined && { pkcs7_public_key: absolute(publicKey) }),
      ...(privateKey !== undefined && { pkcs7_private_key: absolute(privateKey) }),
    };
    const rule: FileRule = {
      ...{ pattern, folder, isOwn },
      place: { file, line, setting: 'rules' },
      settings: { ...settings, ...keys },
      recipientsFile: recipients === undefined ? undefined : path.resolve(folder, recipients),
    };
    return {
      rule,
      matches: readPathGlob(pattern) ?? refuse(`${which}: its path is too long or has too many alternatives`),
    };
  });
}

const KEYS: readonly string[] = ['path', ...RULE_SETTINGS];

// A mistyped name must not leave a rule without what it was to say.
function textsOf(
  item: unknown,
  refuse: (fault: string, hints?: readonly string[]) => never,
): Partial<Record<'path' | RuleSetting, string>> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return refuse('is not a mapping');
  for (const [name, value] of Object.entries(item)) {
    if (!KEYS.includes(name)) {
      const meant = nearest(name, KEYS);
      refuse('has an unknown key', [...(meant ? [`did you mean ${meant}?`] : []), `known are ${KEYS.join(', ')}`]);
    }
    if (typeof value !== 'string' || value === '') refuse(`: ${name} must be text`);
  }
  return item;
}
