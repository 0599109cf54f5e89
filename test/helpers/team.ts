import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createGnupgKeystore } from '../../src/keys/gnupg/gnupg.js';
import { readCleartext, signedOctets, writeCleartext } from '../../src/openpgp/cleartext.js';
import { parseFingerprint } from '../../src/openpgp/identifiers.js';
import { MANIFEST_FILE } from '../../src/recipients/signed/file.js';
import { parseManifest, renderManifest, type Manifest } from '../../src/recipients/signed/manifest.js';
import { cleanEnvironment, eyaml, type Run, type RunOptions } from './cli.js';
import { defined } from './defined.js';
import { scratchFolder } from './files.js';
import { FINGERPRINTS, type GnupgHome } from './gnupg.js';

/** The name of a recipients file. */
export const LIST = 'hiera-eyaml-gpg.recipients';

/** A work tree of a git repository. */
export interface Repository {
  readonly cwd: string;
  readonly git: (...args: readonly string[]) => string;
  readonly write: (file: string, text: string) => void;
  readonly read: (file: string) => string;
  readonly remove: (file: string) => void;
  readonly has: (file: string) => boolean;
  /** Commits all there is. */
  readonly commit: () => void;
}

/** Somebody with a home folder, and so with a memory, of their own. */
export interface Member {
  readonly homeFolder: string;
  readonly run: (repository: Pick<Repository, 'cwd'>, args: readonly string[], more?: RunOptions) => Promise<Run>;
  readonly env: Readonly<Record<string, string>>;
}

/** A repository that has a commit; by default two recipients files: all files are for the first people, those in `production` for the others. */
export function createRepository(
  all: readonly string[] = ['alice'],
  production: readonly string[] = ['alice', 'zoe'],
): Repository {
  const repository = repositoryIn(scratchFolder());
  const { git, write, commit } = repository;
  git('init', '-q', '--initial-branch=main');
  write(LIST, lines(all));
  write(`production/${LIST}`, lines(production));
  write('common.yaml', '---\na: 1\n');
  write('production/db.yaml', '---\na: 1\n');
  commit();
  return repository;
}

/** A work tree that is there. */
export function repositoryIn(cwd: string): Repository {
  const at = (file: string) => path.join(cwd, file);
  const git = (...args: readonly string[]) => {
    const settings = ['user.name=Test', 'user.email=test@example.com', 'protocol.file.allow=always'];
    const given = [...settings.flatMap((setting) => ['-c', setting]), ...args];
    return execFileSync('git', given, { cwd, env: cleanEnvironment(), stdio: 'pipe' }).toString();
  };
  return {
    cwd,
    git,
    write: (file, text) => {
      mkdirSync(path.dirname(at(file)), { recursive: true });
      writeFileSync(at(file), text);
    },
    read: (file) => readFileSync(at(file), 'utf8'),
    remove: (file) => rmSync(at(file), { recursive: true }),
    has: (file) => existsSync(at(file)),
    commit: () => {
      git('add', '-A');
      git('commit', '-qm', 'change');
    },
  };
}

/** A clone of a repository, with the options of git. */
export function cloneOf({ cwd }: Repository, ...options: readonly string[]): Repository {
  const folder = path.join(scratchFolder(), 'clone');
  repositoryIn(path.dirname(folder)).git('clone', '-q', ...options, `file://${cwd}`, folder);
  return repositoryIn(folder);
}

/** Somebody who works with a GnuPG home, or without one. */
export function createMember(gnupg: GnupgHome | undefined, more: Readonly<Record<string, string>> = {}): Member {
  const homeFolder = scratchFolder();
  const env = { HOME: homeFolder, ...(gnupg && { GNUPGHOME: gnupg.path }), ...more };
  return {
    homeFolder,
    env,
    run: ({ cwd }, args, rest = {}) => eyaml(args, { cwd, ...rest, env: { ...env, ...rest.env } }),
  };
}

/** The fingerprint of a fixture key. */
export function fingerprintOf(name: string): string {
  return defined(FINGERPRINTS[name]);
}

/** Lines of a recipients file. */
export function lines(names: readonly string[]): string {
  return names.map((name) => `${fingerprintOf(name)} # ${name}\n`).join('');
}

/** The manifest of a repository, not verified. */
export function manifestIn({ read }: Repository): Manifest {
  return defined(parseManifest(defined(readCleartext(read(MANIFEST_FILE))).text));
}

/** Writes a manifest that says whatever somebody wants, with the signatures of some keys of a GnuPG home. */
export async function forge(
  repository: Repository,
  gnupg: GnupgHome,
  signers: readonly string[],
  change: (manifest: Manifest) => Manifest,
): Promise<void> {
  const text = renderManifest(change(manifestIn(repository)));
  const store = createGnupgKeystore({ home: gnupg.path, environment: cleanEnvironment() });
  const signatures: Uint8Array[] = [];
  for (const signer of signers)
    signatures.push(await store.signText(defined(parseFingerprint(signer)), signedOctets(text)));
  store.close();
  repository.write(MANIFEST_FILE, writeCleartext({ text, signatures }));
}
