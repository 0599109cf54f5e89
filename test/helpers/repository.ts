import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cleanEnvironment, SCRIPT } from './cli.js';
import { scratchFolder } from './files.js';

/** A git repository for one test, in which nothing of the person who runs the tests has a say. */
export interface Repository {
  readonly top: string;
  readonly home: string;
  /** The environment in which git runs there. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs git; throws when it fails. */
  readonly git: (...args: readonly string[]) => string;
  readonly write: (file: string, text: string | Uint8Array) => void;
  readonly read: (file: string) => string;
  /** Commits everything. Each commit is a minute after the one before; gives its name. */
  readonly commit: (subject: string) => string;
}

export interface RepositoryOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Where it is; by default in a fresh folder. */
  readonly top?: string;
  /** HOME there; by default a fresh folder. */
  readonly home?: string;
  /** Whether `eyaml` is on PATH. */
  readonly withEyaml?: boolean;
}

export function createRepository({
  env = {},
  top = scratchFolder(),
  home = scratchFolder(),
  withEyaml,
}: RepositoryOptions = {}): Repository {
  const bin = withEyaml ? [eyamlOnPath(home)] : [];
  const person = { GIT_AUTHOR_NAME: 'Ann', GIT_AUTHOR_EMAIL: 'ann@example.com' };
  const committer = { GIT_COMMITTER_NAME: 'Ann', GIT_COMMITTER_EMAIL: 'ann@example.com' };
  const around = {
    ...cleanEnvironment({ HOME: home, GIT_CONFIG_NOSYSTEM: '1', ...person, ...committer }),
    PATH: [...bin, process.env.PATH].join(path.delimiter),
    ...env,
  };
  let minutes = 0;
  const run = (args: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    execFileSync('git', args, { cwd: top, env: { ...around, ...more }, stdio: 'pipe', maxBuffer: 1 << 28 }).toString();
  const git: Repository['git'] = (...args) => run(args);
  git('init', '-q', '-b', 'main');
  return {
    top,
    home,
    env: around,
    git,
    write: (file, text) => {
      mkdirSync(path.dirname(path.join(top, file)), { recursive: true });
      writeFileSync(path.join(top, file), text);
    },
    read: (file) => readFileSync(path.join(top, file), 'utf8'),
    commit: (subject) => {
      minutes += 1;
      const date = new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
      git('add', '-A');
      run(['commit', '-q', '--allow-empty', '-m', subject], { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
      return git('rev-parse', 'HEAD').trim();
    },
  };
}

/** A folder for PATH in which `eyaml` is the command as it was built. */
function eyamlOnPath(parent: string): string {
  const bin = path.join(parent, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'eyaml'), SCRIPT, { mode: 0o755 });
  return bin;
}
