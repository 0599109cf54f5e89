import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { openContext } from '../../src/context/open.js';
import { mergeDriver } from '../../src/git/merge-driver.js';
import { createEyamlText } from '../../src/eyaml/text.js';
import { cleanEnvironment, SHELL_COMMAND } from './cli.js';
import { defined } from './defined.js';
import { scratchFolder, scratchRuntimeFolder } from './files.js';

/** A git repository to merge in, its user's home, and what git and the programs that it starts wrote down. */
export interface Repository {
  readonly top: string;
  readonly home: string;
  /** In memory, for XDG_RUNTIME_DIR. */
  readonly runtime: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs git; throws if it fails. */
  readonly git: (...args: readonly string[]) => string;
  /** Runs git, which may fail; `env` is added. */
  readonly tryGit: (args: readonly string[], more?: { readonly cwd?: string; readonly env?: object }) => GitRun;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  /** Writes files and commits everything. */
  readonly commit: (files: Readonly<Record<string, string>>, message?: string) => void;
  /** Folders that must never hold a plaintext. */
  readonly folders: readonly string[];
}

export interface GitRun {
  readonly code: number | null;
  readonly output: string;
}

/** How a shell starts the built command. */
export const LAUNCHER = SHELL_COMMAND;

/** What a repository is made with. */
export interface RepositoryContent {
  /** Lines of the user's own configuration. */
  readonly config: readonly string[];
  /** How the merge driver starts eyaml; without it, there is none. */
  readonly launcher?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
}

/** Makes a repository with the merge driver for `*.eyaml`. */
export function createRepository({ config, launcher = LAUNCHER, env: more = {} }: RepositoryContent): Repository {
  const [home, runtime, temporary, top, bin] = [
    scratchFolder(),
    scratchRuntimeFolder(),
    scratchFolder(),
    path.join(scratchFolder(), 'repository'),
    scratchFolder(),
  ];
  mkdirSync(path.join(home, '.eyaml'));
  writeFileSync(path.join(home, '.eyaml/config.yaml'), ['---', ...config, ''].join('\n'));
  const seen = path.join(home, 'seen');
  mkdirSync(seen);
  // What eyaml gives to git, as arguments and in the environment.
  const program = path.join(bin, 'git');
  const real = execFileSync('sh', ['-c', 'command -v git']).toString().trim();
  writeFileSync(program, `#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ > ${seen}/$$\nexec ${real} "$@"\n`);
  chmodSync(program, 0o755);
  const env = {
    ...(cleanEnvironment() as Record<string, string>),
    HOME: home,
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: temporary,
    GIT_CONFIG_NOSYSTEM: '1',
    ...Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((who) => [
        [`GIT_${who}_NAME`, 'x'],
        [`GIT_${who}_EMAIL`, 'x@x'],
      ]),
    ),
    GIT_EDITOR: 'true',
    ...more,
  };
  const tryGit: Repository['tryGit'] = (args, { cwd = top, env: extra = {} } = {}) => {
    const run = spawnSync('git', args, { cwd, env: { ...env, ...extra } });
    return { code: run.status, output: `${run.stdout.toString()}${run.stderr.toString()}` };
  };
  const git: Repository['git'] = (...args) => {
    const { code, output } = tryGit(args);
    if (code !== 0) throw new Error(`git ${args.join(' ')}: ${output}`);
    return output;
  };
  mkdirSync(top);
  git('init', '-q', '-b', 'main');
  git('config', '--global', 'protocol.file.allow', 'always');
  // So that a program that eyaml starts is the one that writes down what it gets.
  git('config', '--global', 'merge.eyaml.driver', mergeDriver(`PATH=${bin}:"$PATH" ${launcher}`));
  git('config', '--global', 'core.attributesFile', path.join(home, 'attributes'));
  writeFileSync(path.join(home, 'attributes'), '*.eyaml merge=eyaml\n');
  const write: Repository['write'] = (file, text) => {
    mkdirSync(path.dirname(path.join(top, file)), { recursive: true });
    writeFileSync(path.join(top, file), text);
  };
  return {
    ...{ top, home, runtime, env, git, tryGit, write },
    read: (file) => readFileSync(path.join(top, file), 'utf8'),
    commit: (files, message = 'x') => {
      for (const [file, text] of Object.entries(files)) write(file, text);
      git('add', '-A');
      git('commit', '-qm', message);
    },
    folders: [home, runtime, temporary, path.dirname(top)],
  };
}

/** Encrypts and decrypts as a user does, in this process. */
export interface Secrets {
  /** A new value with a plaintext. */
  readonly seal: (plaintext: string) => Promise<string>;
  /** The text with plaintexts in place of values. */
  readonly open: (text: string) => Promise<string>;
}

/** Makes {@link Secrets} of a method, with options of the command line. */
export function createSecrets(
  tag: 'GPG' | 'PKCS7',
  options: Parameters<typeof openContext>[0]['options'] & object,
  environment: NodeJS.ProcessEnv,
): Secrets {
  const context = openContext({ environment, cwd: '/', homeFolder: '/', options });
  onTestFinished(() => context.close());
  const encryptor = defined(context.encryptors.get(tag));
  return {
    seal: async (plaintext) => {
      const sealer = await encryptor.prepare('/x.eyaml');
      const octets = await sealer.encrypt(Buffer.from(plaintext));
      return `ENC[${tag},${Buffer.from(octets).toString('base64')}]`;
    },
    open: async (text) => {
      const { tokens } = createEyamlText(text);
      const parts = await Promise.all(
        tokens.map(async (token) =>
          token.kind === 'value'
            ? Buffer.from(await encryptor.decrypt(Buffer.from(token.payload, 'base64'))).toString()
            : token.text,
        ),
      );
      return parts.join('');
    },
  };
}

/** The objects and files of a repository that hold a text: none, for a plaintext. */
export function placesOf(text: string, { top, folders, env }: Repository): readonly string[] {
  const { stdout: files } = spawnSync('grep', ['-rlaF', '--devices=skip', text, ...folders]);
  const objects = execFileSync('git', ['cat-file', '--batch-all-objects', '--batch'], {
    cwd: top,
    env,
    maxBuffer: 1 << 28,
  });
  return [...files.toString().split('\n').filter(Boolean), ...(objects.includes(text) ? ['an object'] : [])];
}
