import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { cleanEnvironment } from './cli.js';
import { scratchFolder } from './files.js';
import { FIXTURES } from './gnupg.js';

/** Ruby files that stand in for the GPG plugin of Ruby eyaml, for puppet's --libdir. */
export const RUBY_GLUE = path.join(import.meta.dirname, 'ruby');
const MAX_OUTPUT = 64 * 1024 * 1024;

/** The key pair of the fixtures that PKCS7 values are for. */
export const PKCS7_KEYS = {
  privateKey: path.join(FIXTURES, 'keys/pkcs7/private_key.pkcs7.pem'),
  publicKey: path.join(FIXTURES, 'keys/pkcs7/public_key.pkcs7.pem'),
} as const;

export interface Hierarchy {
  readonly dataFolder: string;
  /** Data files in that folder, the first one that has a key wins. */
  readonly files: readonly string[];
  /** The GnuPG home of the Puppet server. */
  readonly gnupgHome: string;
}

/**
 * What Puppet gives for each of the keys, looked up in one process: `puppet lookup` itself tells one key alone, so that it is
 * asked for a hash of aliases.
 */
export async function puppetLookup(
  { dataFolder, files, gnupgHome }: Hierarchy,
  keys: readonly string[],
): Promise<ReadonlyMap<string, unknown>> {
  const folder = scratchFolder();
  const at = (name: string) => path.join(folder, name);
  for (const name of ['conf', 'var']) mkdirSync(at(name));
  const aliases = Object.fromEntries(keys.map((key) => [key, `%{alias('${key}')}`]));
  writeFileSync(at('asked.json'), JSON.stringify({ asked: aliases }));
  // Puppet wants some fact, and collects its own when it gets none.
  writeFileSync(at('facts.json'), JSON.stringify({ some: 'fact' }));
  const eyaml = {
    name: 'eyaml',
    lookup_key: 'eyaml_lookup_key',
    datadir: dataFolder,
    paths: files,
    options: {
      pkcs7_private_key: PKCS7_KEYS.privateKey,
      pkcs7_public_key: PKCS7_KEYS.publicKey,
      gpg_gnupghome: gnupgHome,
    },
  };
  const asked = { name: 'asked', data_hash: 'json_data', datadir: folder, path: 'asked.json' };
  // JSON is YAML.
  writeFileSync(at('hiera.yaml'), JSON.stringify({ version: 5, hierarchy: [asked, eyaml] }));
  const stdout = await runPuppet([
    ...['lookup', 'asked', '--render-as', 'json', '--node', 'test.example.com', '--facts', at('facts.json')],
    ...['--confdir', at('conf'), '--vardir', at('var'), '--hiera_config', at('hiera.yaml'), '--libdir', RUBY_GLUE],
  ]);
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, unknown>));
}

async function runPuppet(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)('puppet', args, {
    env: cleanEnvironment(),
    maxBuffer: MAX_OUTPUT,
  });
  // It warns of what it cannot interpolate and goes on.
  if (stderr !== '') throw new Error(`puppet complained: ${stderr}`);
  return stdout;
}
