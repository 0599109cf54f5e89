import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { EyamlError, errnoOf, type ErrorCode } from '../errors.js';
import { faultAt } from '../files/fault.js';
import { NO_DRIFT, type Encryptor, type Notify } from './encryptor.js';
import { importModule } from './import-module.js';

/** An option that a plugin declares; on the command line and in configuration files the tag stands before its name. */
export interface PluginOption {
  /** Its text in `--help`. */
  readonly summary: string;
  readonly default?: string;
}

/** What a plugin gets besides the octets. */
export interface PluginContext {
  /** The values of its options, by their declared names. */
  readonly options: Readonly<Record<string, string | undefined>>;
  /** Shows the user a message on standard error. Must never be called with a plaintext. */
  readonly warn: Notify;
}

/** What a plugin exports, by name or all together as its default. */
export interface Plugin {
  /** The tag in files, `KMS` in `ENC[KMS,…]`: letters, digits and underscores. */
  readonly tag: string;
  readonly options?: Readonly<Record<string, PluginOption>>;
  encrypt(plaintext: Uint8Array, context: PluginContext): Uint8Array | Promise<Uint8Array>;
  decrypt(ciphertext: Uint8Array, context: PluginContext): Uint8Array | Promise<Uint8Array>;
}

const BUILT_IN = ['GPG', 'PKCS7'];

/**
 * Loads plugins from ES modules. What they export runs with all the rights of the user, so the caller must be sure where
 * the paths come from.
 *
 * @throws {@link EyamlError} `PLUGIN_MISSING`, `PLUGIN_UNREADABLE`, or `PLUGIN_INVALID` for a file that is not a plugin, or two of one tag.
 */
export async function loadPlugins(files: readonly string[]): Promise<readonly Plugin[]> {
  const plugins: Plugin[] = [];
  for (const file of files) {
    const plugin = await loadPlugin(file);
    const tag = plugin.tag.toUpperCase();
    if (BUILT_IN.includes(tag) || plugins.some((other) => other.tag === tag)) {
      throw invalid(file, `the method ${tag} already exists`);
    }
    plugins.push({ ...plugin, tag });
  }
  return plugins;
}

async function loadPlugin(file: string): Promise<Plugin> {
  const fault = faultAt(file, 'file');
  if (fault) throw invalid(file, fault.reason, fault.isAbsent ? 'PLUGIN_MISSING' : 'PLUGIN_UNREADABLE');
  let loaded: Readonly<Record<string, unknown>>;
  try {
    loaded = await importModule(pathToFileURL(path.resolve(file)).href);
  } catch (error) {
    const code = errnoOf(error) === 'EACCES' ? 'PLUGIN_UNREADABLE' : 'PLUGIN_INVALID';
    throw invalid(file, `it is not an ES module that Node can load (${nameOf(error)})`, code);
  }
  const exported = isRecord(loaded.default) ? loaded.default : loaded;
  const { tag, options = {}, encrypt, decrypt } = exported;
  if (typeof tag !== 'string' || !/^\w+$/.test(tag)) throw invalid(file, 'it exports no tag of letters and digits');
  if (typeof encrypt !== 'function' || typeof decrypt !== 'function') {
    throw invalid(file, 'it does not export the functions encrypt and decrypt');
  }
  if (!isRecord(options) || !Object.entries(options).every(isOption)) {
    throw invalid(file, 'its options are not like { "key-file": { summary: "…" } }');
  }
  return {
    tag,
    options: options as Readonly<Record<string, PluginOption>>,
    encrypt: (plaintext, context) => (encrypt as Plugin['encrypt']).call(exported, plaintext, context),
    decrypt: (ciphertext, context) => (decrypt as Plugin['decrypt']).call(exported, ciphertext, context),
  };
}

/** The name of a plugin's option on the command line, `kms-key-id` for instance. */
export function pluginOptionName({ tag }: Plugin, option: string): string {
  return `${tag.toLowerCase()}-${option}`;
}

/** A plugin as an encryptor. Only the plugin knows the readers of its values, so they never drift. */
export function createPluginEncryptor(plugin: Plugin, context: PluginContext): Encryptor {
  const { tag } = plugin;
  const run = async (work: 'encrypt' | 'decrypt', octets: Uint8Array): Promise<Uint8Array> => {
    let result: unknown;
    try {
      // Copied both ways: a plugin may wipe its buffers without harm to other values. The result is copied before anything else runs,
      // since the next call may fill the same buffer.
      const answer: unknown = plugin[work](Uint8Array.from(octets), context);
      result = answer instanceof Uint8Array ? Uint8Array.from(answer) : await answer;
    } catch (error) {
      throw failed(tag, work, error);
    }
    if (result instanceof Uint8Array) return Uint8Array.from(result);
    throw new EyamlError('PLUGIN_FAILED', `the plugin for ${tag} did not return octets (Uint8Array) from ${work}`);
  };
  return {
    tag,
    prepare: () =>
      Promise.resolve({
        source: `the plugin for ${tag}`,
        readers: [],
        encrypt: async (plaintext: Uint8Array) => {
          const ciphertext = await run('encrypt', plaintext);
          // A value with an empty payload would be read as ordinary text.
          if (ciphertext.length > 0) return ciphertext;
          throw new EyamlError('PLUGIN_FAILED', `the plugin for ${tag} returned no ciphertext`);
        },
        compare: () => NO_DRIFT,
      }),
    decrypt: (ciphertext) => run('decrypt', ciphertext),
    whoReads: () => Promise.resolve(new Map()),
    isAvailable: () => Promise.resolve(true),
  };
}

// The message of a third-party error may hold a plaintext.
function failed(tag: string, work: string, error: unknown): EyamlError {
  const reason = isOurs(error) ? error.message : nameOf(error);
  return new EyamlError('PLUGIN_FAILED', `the plugin for ${tag} could not ${work}: ${reason}`);
}

function isOurs(error: unknown): error is Error {
  try {
    return error instanceof Error && error.name === 'EyamlError';
  } catch {
    return false;
  }
}

// Only the class, and a code like EACCES: any other name or code may be free text, like a message.
function nameOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'unknown error';
    const { name } = error.constructor;
    const code = 'code' in error ? String(error.code) : '';
    const words = [/^\w{1,40}$/.test(name) ? name : '', /^[A-Z][A-Z_]{1,40}$/.test(code) ? code : ''];
    return words.filter(Boolean).join(', ') || 'unknown error';
  } catch {
    return 'unknown error';
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isOption([name, option]: readonly [string, unknown]): boolean {
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !isRecord(option) || typeof option.summary !== 'string') return false;
  return option.default === undefined || typeof option.default === 'string';
}

function invalid(file: string, reason: string, code: ErrorCode = 'PLUGIN_INVALID'): EyamlError {
  return new EyamlError(code, `cannot use the plugin ${file}: ${reason}`, {
    suggestions: ['docs/plugins.md explains plugins'],
  });
}
