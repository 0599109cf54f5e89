import path from 'node:path';
import { EyamlError } from '../errors.js';
import { readMapping } from '../eyaml/document.js';
import { realpath } from '../files/at-once.js';
import { isClosed } from '../files/fault.js';
import { LIMITS, readLimited } from '../files/read.js';
import { isOwnAlone } from '../files/whose.js';
import { leadsIntoRepository } from '../git/top.js';
import { placeText } from '../text/problems.js';
import { NOT_FOR_FOLDERS, optionOf } from './settings.js';

/** One setting from a configuration file. */
export interface Setting {
  readonly value: unknown;
  /** The file it comes from. */
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number | undefined;
  /** Whether that is the current folder's own file, which may come from a cloned repository. */
  readonly isFromFolder?: boolean;
  /** Whether it is the file that EYAML_CONFIG names, which the user chose for this run. */
  readonly isNamed?: boolean;
}

/** The settings of all configuration files combined, by option name with underscores. */
export type Settings = ReadonlyMap<string, Setting>;

/** What was found in the configuration files. */
export interface Configuration {
  readonly settings: Settings;
  /** The files that were read; the last one has the highest precedence. */
  readonly files: readonly string[];
  /** Paths of plugins to load: from EYAML_PLUGINS, else from the system's or the home folder's configuration file. */
  readonly plugins: readonly string[];
  /** Settings that were ignored because their file may not set them. */
  readonly refused: readonly (Setting & { readonly name: string })[];
}

/** Where configuration files and relative paths are looked for. */
export interface Environment {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly homeFolder: string;
}

/**
 * Reads the configuration files: `/etc/eyaml/config.yaml`, `~/.eyaml/config.yaml`, `.eyaml/config.yaml` in the current folder, and
 * the file that EYAML_CONFIG names; later ones take precedence.
 *
 * @param reading - `withFolder` false leaves out the current folder's own file, also when EYAML_CONFIG names it.
 * @throws {@link EyamlError} `CONFIG_MISSING` when the file that EYAML_CONFIG names does not exist, `CONFIG_UNREADABLE` for a file that
 * cannot be read, `CONFIG_INVALID` for one that is not a YAML mapping.
 */
export async function readConfiguration(around: Environment, { withFolder = true } = {}): Promise<Configuration> {
  const { environment, cwd, homeFolder } = around;
  if (environment.EYAML_CONFIG === '') {
    throw new EyamlError('CONFIG_INVALID', 'the environment variable EYAML_CONFIG is empty: unset it, or name a file');
  }
  const named = environment.EYAML_CONFIG
    ? path.resolve(cwd, expandTilde(environment.EYAML_CONFIG, homeFolder))
    : undefined;
  // With a relative path as home folder, a cloned repository could be mistaken for it.
  const trusted = [SYSTEM_FILE, ...(path.isAbsolute(homeFolder) ? [path.join(homeFolder, LOCAL_FILE)] : [])];
  // The path of the home folder may hold links; that of the current folder does not.
  const isAtHome = cwd === (await realpath(homeFolder).catch(() => homeFolder));
  const local = isAtHome ? undefined : path.join(cwd, LOCAL_FILE);
  // If EYAML_CONFIG names the folder's own file, by any path, that file is still not the user's.
  const namesLocal = named !== undefined && !trusted.includes(named) && (await isSameFile(named, local));
  const unnamed = [...trusted, ...(local && withFolder && !namesLocal ? [local] : [])];
  const last = named === undefined || (namesLocal && !withFolder) ? [] : [named];
  const settings = new Map<string, Setting>();
  const files: string[] = [];
  const refused: (Setting & { name: string })[] = [];
  for (const file of [...unnamed.filter((file) => file !== named), ...last]) {
    const mapping = await readConfigurationFile(file, file === named);
    if (mapping === undefined) continue;
    files.push(file);
    const isFromFolder = file === local || (file === named && namesLocal);
    for (const [name, { value, line }] of mapping) {
      const isRefused =
        name === 'plugins' ? !trusted.includes(file) : isFromFolder && (await isNotForFolders(name, value, around));
      if (isRefused) refused.push({ name, value, file, line, isFromFolder });
      else settings.set(name, { value, file, line, isFromFolder, isNamed: file === named && !isFromFolder });
    }
  }
  return { settings, files, plugins: pluginsFrom(around, settings.get('plugins')), refused };
}

const SYSTEM_FILE = '/etc/eyaml/config.yaml';
const LOCAL_FILE = '.eyaml/config.yaml';

async function isNotForFolders(name: string, value: unknown, around: Environment): Promise<boolean> {
  return name === 'gpg_gnupghome' ? !(await mayUseHome(value, around)) : NOT_FOR_FOLDERS.has(optionOf(name));
}

/**
 * Whether a GnuPG home may be used that a file in the folder `cwd` names. GnuPG runs programs that files in its home name, so the home
 * must not come with the folder or belong to another user.
 */
export async function mayUseHome(
  value: unknown,
  { cwd, homeFolder }: Pick<Environment, 'cwd' | 'homeFolder'>,
): Promise<boolean> {
  const home = typeof value === 'string' ? expandTilde(value, homeFolder) : '';
  return path.isAbsolute(home) && !(await leadsIntoRepository(home, cwd)) && (await isOwnAlone(home));
}

async function isSameFile(file: string, other: string | undefined): Promise<boolean> {
  if (other === undefined || file === other) return file === other;
  const [realFile, realOther] = await Promise.all([file, other].map((name) => realpath(name).catch(() => undefined)));
  return realFile !== undefined && realFile === realOther;
}

async function readConfigurationFile(file: string, mustExist: boolean) {
  const read = await readLimited(file, { limit: LIMITS.configuration, pipes: mustExist ? 'any' : 'none' });
  if ('fault' in read) {
    if (!mustExist && (read.fault.isAbsent || (await isClosed(whoseFolder(file))))) return undefined;
    const code = read.fault.isAbsent ? 'CONFIG_MISSING' : 'CONFIG_UNREADABLE';
    throw new EyamlError(code, `cannot read the configuration file ${file}: ${read.fault.reason}`);
  }
  const mapping = await readMapping(read.octets.toString());
  if (mapping) return mapping;
  throw new EyamlError('CONFIG_INVALID', `the configuration file ${file} is not a YAML mapping`);
}

// The home folder or the current folder: if this user may not enter it, it holds no configuration for them. A closed folder .eyaml in it
// is an error: it may hold settings that apply.
function whoseFolder(file: string): string {
  return path.dirname(path.dirname(file));
}

function pluginsFrom({ environment, cwd, homeFolder }: Environment, setting?: Setting): readonly string[] {
  const named = (environment.EYAML_PLUGINS ?? '').split(path.delimiter).filter(Boolean);
  if (named.length > 0) return named.map((file) => path.resolve(cwd, expandTilde(file, homeFolder)));
  if (setting === undefined || setting.value === null) return [];
  const paths: readonly unknown[] = Array.isArray(setting.value) ? setting.value : [setting.value];
  return paths.map((file) => {
    if (typeof file === 'string') return path.resolve(path.dirname(setting.file), expandTilde(file, homeFolder));
    throw settingRefused('plugins', setting, ' must be a list of paths');
  });
}

/** The error for an invalid setting; `fault` follows its name. */
export function settingRefused(
  setting: string,
  { file, line }: Setting,
  fault: string,
  suggestions: readonly string[] = [],
): EyamlError {
  return new EyamlError('CONFIG_INVALID', `${placeText({ file, line, setting })}${fault}`, { suggestions });
}

/** The path with a leading `~` replaced by the home folder. */
export function expandTilde(file: string, homeFolder: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homeFolder, file.slice(1)) : file;
}
