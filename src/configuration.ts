import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { EyamlError, errnoOf } from './errors.js';
import { readMapping } from './eyaml/document.js';

/** One setting from a configuration file. */
export interface Setting {
  readonly value: unknown;
  /** The file it comes from. */
  readonly file: string;
}

/** What all configuration files say together, by option name with underscores. */
export type Settings = ReadonlyMap<string, Setting>;

/** What was found in the configuration files. */
export interface Configuration {
  readonly settings: Settings;
  /** The files that were read, the strongest last. */
  readonly files: readonly string[];
  /** Paths of plugins to load: from EYAML_PLUGINS, else from the system's or the home folder's configuration file. */
  readonly plugins: readonly string[];
  /** Settings that a file may not make, and which were not obeyed. */
  readonly refused: readonly { readonly name: string; readonly file: string }[];
}

/** Where configuration files and relative paths are looked for. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly homeFolder: string;
}

/**
 * Reads the configuration files: `/etc/eyaml/config.yaml`, `~/.eyaml/config.yaml`, `.eyaml/config.yaml` in the current folder, and
 * the file that EYAML_CONFIG names; later ones win.
 *
 * @throws {@link EyamlError} `CONFIG_INVALID` for a file that cannot be read or is no YAML mapping.
 */
export async function readConfiguration({ environment, cwd, homeFolder }: Surroundings): Promise<Configuration> {
  const named = environment.EYAML_CONFIG
    ? path.resolve(cwd, expandTilde(environment.EYAML_CONFIG, homeFolder))
    : undefined;
  // Were the home folder a relative path, a cloned repository could be taken for it.
  const trusted = [SYSTEM_FILE, ...(path.isAbsolute(homeFolder) ? [path.join(homeFolder, LOCAL_FILE)] : [])];
  const settings = new Map<string, Setting>();
  const files: string[] = [];
  const refused: { name: string; file: string }[] = [];
  // The home folder may be reached by a link; the current folder is told without links.
  const isAtHome = cwd === (await realpath(homeFolder).catch(() => homeFolder));
  const local = isAtHome ? [] : [path.join(cwd, LOCAL_FILE)];
  const unnamed = [...trusted, ...local].filter((file) => file !== named);
  for (const file of [...unnamed, ...(named ? [named] : [])]) {
    const mapping = await readConfigurationFile(file, file === named);
    if (mapping === undefined) continue;
    files.push(file);
    for (const [name, value] of mapping) {
      const isRefused =
        name === 'plugins' ? !trusted.includes(file) : local.includes(file) && NOT_FOR_FOLDERS.has(name);
      if (isRefused) refused.push({ name, file });
      else settings.set(name, { value, file });
    }
  }
  const fromEnvironment = (environment.EYAML_PLUGINS ?? '').split(path.delimiter).filter(Boolean);
  const plugins = fromEnvironment.map((file) => path.resolve(cwd, expandTilde(file, homeFolder)));
  return {
    settings,
    files,
    plugins: plugins.length > 0 ? plugins : pluginsOf(settings.get('plugins'), homeFolder),
    refused,
  };
}

const SYSTEM_FILE = '/etc/eyaml/config.yaml';
const LOCAL_FILE = '.eyaml/config.yaml';
// With these a cloned repository could do things unseen and unasked, or keep them from being done.
const NOT_FOR_FOLDERS: ReadonlySet<string> = new Set([
  ...['quiet', 'yes', 'all', 'dry_run', 'change_encryption'],
  ...['no_passphrase', 'all_keys', 'recipient', 'into_gnupg', 'gpg_public_key', 'max_plaintext_size'],
]);

async function readConfigurationFile(file: string, mustExist: boolean) {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (!mustExist && (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')) return undefined;
    throw new EyamlError(
      'CONFIG_INVALID',
      `cannot read the configuration file ${file} (${errnoOf(error) ?? 'unknown error'})`,
    );
  });
  if (text === undefined) return undefined;
  const mapping = await readMapping(text);
  if (mapping) return mapping;
  throw new EyamlError('CONFIG_INVALID', `the configuration file ${file} is not a YAML mapping`);
}

function pluginsOf(setting: Setting | undefined, homeFolder: string): readonly string[] {
  if (setting === undefined || setting.value === null) return [];
  const paths: readonly unknown[] = Array.isArray(setting.value) ? setting.value : [setting.value];
  return paths.map((file) => {
    if (typeof file === 'string') return path.resolve(path.dirname(setting.file), expandTilde(file, homeFolder));
    throw new EyamlError('CONFIG_INVALID', `${setting.file}: plugins must be a list of paths`);
  });
}

/** The path with a leading `~` replaced by the home folder. */
export function expandTilde(file: string, homeFolder: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homeFolder, file.slice(1)) : file;
}
