import path from 'node:path';
import { recordOf } from './hiera-file.js';
import { matches, readWildcard, type Wildcard } from './wildcard.js';

/** A level of the hierarchy, as far as it reads YAML files. */
export interface Level {
  readonly name: string;
  /** `eyaml` decrypts values, `plain` hands them out as they are; nothing is known of `other`. */
  readonly kind: 'eyaml' | 'plain' | 'other';
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether it may read a file. */
  readonly reads: (realPath: string) => boolean;
  /** Whether a file lies in its data folder. */
  readonly holds: (realPath: string) => boolean;
}

/** The levels of a hiera.yaml, in their order; undefined for a version that is not known. */
export function levelsOf(content: Readonly<Record<string, unknown>>, file: string): readonly Level[] | undefined {
  if (content.version === 5) return levelsOf5(content, path.dirname(file));
  return content.version === undefined && listOf(content[':hierarchy'] ?? content[':backends']).length > 0
    ? levelsOf3(content, path.dirname(file))
    : undefined;
}

const FUNCTIONS = ['lookup_key', 'data_hash', 'data_dig', 'hiera3_backend'];

// https://www.puppet.com/docs/puppet/8/hiera_config_yaml_5: what a level leaves out comes from the defaults.
function levelsOf5(content: Readonly<Record<string, unknown>>, folder: string): readonly Level[] {
  const defaults = recordOf(content.defaults) ?? {};
  const hierarchy = content.hierarchy === undefined ? [DEFAULT_LEVEL] : listOf(content.hierarchy);
  return hierarchy.flatMap((entry): readonly Level[] => {
    const level = recordOf(entry);
    if (level === undefined) return [];
    const named = FUNCTIONS.some((name) => level[name] !== undefined) ? level : defaults;
    const [kind = 'plain'] = FUNCTIONS.flatMap((name) =>
      named[name] === undefined ? [] : [kindOf(name, named[name])],
    );
    const datadir = textOf(level.datadir) ?? textOf(defaults.datadir) ?? 'data';
    const places = [
      ...[level.path, ...listOf(level.paths)].map((text) => ({ text, isGlob: false })),
      ...[level.glob, ...listOf(level.globs)].map((text) => ({ text, isGlob: true })),
      // The name of a collection, the name of its items, and the path for each of them.
      { text: listOf(level.mapped_paths)[2], isGlob: false },
    ];
    const name = textOf(level.name) ?? 'without a name';
    return [{ name, kind, options: recordOf(named.options) ?? {}, ...readerOf(folder, datadir, places) }];
  });
}

const DEFAULT_LEVEL = { name: 'Common', path: 'common.yaml' };

function kindOf(name: string, value: unknown): Level['kind'] {
  if (value === 'eyaml_lookup_key' || (name === 'hiera3_backend' && value === 'eyaml')) return 'eyaml';
  return value === 'yaml_data' || (name === 'hiera3_backend' && value === 'yaml') ? 'plain' : 'other';
}

// Each backend reads the files of all levels with its own extension and from its own folder; the first backend wins.
function levelsOf3(content: Readonly<Record<string, unknown>>, folder: string): readonly Level[] {
  const backends = listOf(content[':backends'] ?? 'yaml').map(String);
  const hierarchy = listOf(content[':hierarchy'] ?? 'common');
  return backends.flatMap((backend): readonly Level[] => {
    if (backend !== 'yaml' && backend !== 'eyaml') return [];
    const own = recordOf(content[`:${backend}`]) ?? {};
    const datadir = textOf(own[':datadir']) ?? '/etc/puppetlabs/code/environments/%{environment}/hieradata';
    const extension = textOf(own[':extension']) ?? backend;
    const places = hierarchy.map((text) => ({ text: `${String(text)}.${extension}`, isGlob: false }));
    const options = Object.fromEntries(Object.entries(own).map(([key, value]) => [key.replace(/^:/, ''), value]));
    const kind = backend === 'eyaml' ? 'eyaml' : 'plain';
    return [{ name: `the ${backend} backend`, kind, options, ...readerOf(folder, datadir, places) }];
  });
}

interface PathOfLevel {
  readonly text: unknown;
  readonly isGlob: boolean;
}

function readerOf(folder: string, datadir: string, places: readonly PathOfLevel[]): Pick<Level, 'reads' | 'holds'> {
  const under = (rest: string, isGlob: boolean): readonly Wildcard[] =>
    foldersOf(folder, datadir).map((base) => [
      ...readWildcard(`${base}/`, { isGlob: false }),
      ...readWildcard(rest, { isGlob }),
    ]);
  const patterns = places.flatMap(({ text, isGlob }) => (typeof text === 'string' ? under(text, isGlob) : []));
  const within = under('**', true);
  return {
    reads: (realPath) => patterns.some((pattern) => matches(pattern, realPath)),
    holds: (realPath) => within.some((pattern) => matches(pattern, realPath)),
  };
}

/** A data folder, and the same in a clone of what the server has under an absolute path. */
function foldersOf(folder: string, datadir: string): readonly string[] {
  const trimmed = datadir.replace(/\/+$/, '');
  if (!path.isAbsolute(trimmed)) return [path.join(folder, trimmed)];
  const inEnvironment = /^.*%\{[^}]*\}\/(.+)$/s.exec(trimmed)?.[1] ?? path.basename(trimmed);
  return [path.normalize(trimmed), path.join(folder, inEnvironment)];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
