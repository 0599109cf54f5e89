import path from 'node:path';
import { memoryFile } from '../../src/recipients/seen/memory.js';
import { eyaml, type Run, type RunOptions } from './cli.js';
import { FINGERPRINTS, type GnupgHome } from './gnupg.js';
import { createRepository, type Repository } from './repository.js';

export const RECIPIENTS = 'hiera-eyaml-gpg.recipients';

/** The primary fingerprint of a fixture key. */
export const fpr = (name: string) => FINGERPRINTS[name] ?? name;

/** The lines of a recipients file. */
export const lines = (...names: readonly string[]) => names.map((name) => `${fpr(name)}\n`).join('');

/** A repository with recipients files, and a person who encrypts in it. */
export interface SeenWorld extends Repository {
  /** The file that holds the memory. */
  readonly memory: string;
  readonly run: (args: readonly string[], more?: Pick<RunOptions, 'env' | 'cwd' | 'input'>) => Promise<Run>;
  /** Encrypts a value for a file. */
  readonly encryptFor: (file: string, ...args: readonly string[]) => Promise<Run>;
}

/** Alice and bob read everything but production, which alice alone reads; rules send what is in ops to a list of its own. */
export function createSeenWorld(gnupg: GnupgHome, env: Readonly<Record<string, string>> = {}): SeenWorld {
  const repository = createRepository({ env: { GNUPGHOME: gnupg.path, ...env } });
  const { top, home, write, commit } = repository;
  const run: SeenWorld['run'] = (args, more = {}) =>
    eyaml(args, { cwd: top, ...more, env: { ...repository.env, ...more.env } });
  write(RECIPIENTS, lines('alice', 'bob'));
  write(`prod/${RECIPIENTS}`, lines('alice'));
  write('lists/ops.recipients', lines('alice', 'carol'));
  write('.eyaml/config.yaml', rules(['ops/**', 'lists/ops.recipients']));
  commit('recipients');
  return {
    ...repository,
    memory: memoryFile({}, home) ?? path.join(home, 'nothing'),
    run,
    encryptFor: (file, ...args) => run(['encrypt', '-s', 'x', '-o', 'string', '--for', file, ...args]),
  };
}

/** A configuration file with rules: each a glob, and a recipients file. */
export function rules(...all: readonly (readonly [string, string])[]): string {
  return `rules:\n${all.map(([glob, file]) => `- path: '${glob}'\n  recipients_file: ${file}\n`).join('')}`;
}
