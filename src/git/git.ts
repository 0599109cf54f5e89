import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { EyamlError } from '../errors.js';
import { environmentForPrograms, findProgram } from '../files/program.js';
import { shownPath } from '../files/shown.js';
import type { Output } from './output.js';
import { gitTop } from './top.js';

const LIMIT = 1 << 28;

// Settings with which a repository's own configuration could make git run a program; on the command line these take precedence. The
// repository chooses the names of diff drivers, text conversions and filters, so they cannot be listed: plumbing uses none of them.
const NOTHING_OF_THE_REPOSITORY = Object.entries({
  'core.fsmonitor': 'false',
  'core.hooksPath': '/dev/null',
  'core.sshCommand': 'false',
  'core.askPass': 'false',
  'core.editor': 'false',
  'core.pager': 'cat',
  'credential.helper': '',
  'gpg.program': 'false',
  'log.showSignature': 'false',
  // A repository can be hidden in another one as plain files: HEAD, objects, refs and a config.
  'safe.bareRepository': 'explicit',
}).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const FOR_EVERY_RUN = {
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  // For versions of git that do not know the variable above: no protocol is allowed.
  GIT_ALLOW_PROTOCOL: '',
  GIT_TERMINAL_PROMPT: '0',
  // The committed objects count, not local replacements.
  GIT_NO_REPLACE_OBJECTS: '1',
};

/** How a git command ended. */
export interface Answer {
  readonly code: number;
  readonly output: Buffer;
}

/** Runs git. */
export interface GitRunner {
  /**
   * Gives the output of a git command. Only plumbing may be used, and `log` with the options of `history.ts`: other porcelain runs programs
   * that a repository's configuration names.
   *
   * @throws {@link EyamlError} `FILE_UNREADABLE` when it fails.
   */
  run(...args: readonly string[]): Promise<Buffer>;
  /** The same, for a command that reads its standard input. */
  runWith(input: string, ...args: readonly string[]): Promise<Buffer>;
  /** The same as {@link GitRunner.run}, for a command whose exit code is an answer; it throws only if a signal ended the command. */
  ask(...args: readonly string[]): Promise<Answer>;
  /** The same, for an output that may be larger than the memory. Whoever stops reading it stops the command. */
  stream(input: string, ...args: readonly string[]): Output;
}

/** Runs git in one repository. */
export interface Git extends GitRunner {
  /** The top folder of the work tree. */
  readonly top: string;
}

/**
 * Opens the repository that a folder lies in. No program that the repository names is run, nothing is fetched, nothing is written.
 *
 * @param environment - its variables for git are passed on: GIT_INDEX_FILE names the index of the commit that is being made.
 * @throws {@link EyamlError} `FILE_UNREADABLE` when there is no git on PATH, or no repository.
 */
export async function openGit(folder: string, environment: NodeJS.ProcessEnv): Promise<Git> {
  // Run at the top, so that no repository hidden further down is used instead.
  const cwd = environment.GIT_DIR ? folder : await gitTop(folder);
  if (cwd === undefined) {
    const shown = shownPath(folder);
    throw failed(`${shown === '.' ? 'the current folder' : shown} is not in a git repository`);
  }
  const runner = createRunner(cwd, environment);
  return { top: (await runner.run('rev-parse', '--show-toplevel')).toString().replace(/\n$/, ''), ...runner };
}

/**
 * Runs git outside every repository, for the user's own configuration.
 *
 * @throws as {@link openGit}.
 */
export function openUserGit(environment: NodeJS.ProcessEnv): GitRunner {
  return createRunner('/', environment);
}

function createRunner(cwd: string, environment: NodeJS.ProcessEnv): GitRunner {
  const program = findProgram('git', environment);
  if (program === undefined) throw failed('there is no git on PATH');
  const env = { ...environmentForPrograms(environment), ...FOR_EVERY_RUN };
  const always = ['--no-pager', ...NOTHING_OF_THE_REPOSITORY];
  const start = (input: string, args: readonly string[]): Promise<Answer> => {
    const options = { cwd, env, encoding: 'buffer', maxBuffer: LIMIT } as const;
    const running = promisify(execFile)(program, [...always, ...args], options);
    // It may fail before it has read everything.
    running.child.stdin?.on('error', () => undefined).end(input);
    return running.then(
      ({ stdout }) => ({ code: 0, output: stdout }),
      (error: unknown) => {
        const { code, stdout } = error as { readonly code?: unknown; readonly stdout: Buffer };
        if (typeof code === 'number') return { code, output: stdout };
        throw commandFailed(args);
      },
    );
  };
  const runWith: GitRunner['runWith'] = async (input, ...args) => {
    const { code, output } = await start(input, args);
    if (code === 0) return output;
    throw commandFailed(args);
  };
  const stream: GitRunner['stream'] = async function* (input, ...args) {
    const child = spawn(program, [...always, ...args], { cwd, env, stdio: ['pipe', 'pipe', 'ignore'] });
    const code = new Promise((resolve) => child.on('close', resolve).on('error', resolve));
    child.stdin.on('error', () => undefined).end(input);
    try {
      yield* child.stdout;
      if ((await code) !== 0) throw commandFailed(args);
    } finally {
      child.kill();
    }
  };
  return { run: (...args) => runWith('', ...args), runWith, ask: (...args) => start('', args), stream };
}

function commandFailed([command = '']: readonly string[]): EyamlError {
  return failed(`git ${command} failed`, 'to see why: git status');
}

function failed(message: string, ...suggestions: readonly string[]): EyamlError {
  return new EyamlError('FILE_UNREADABLE', message, { suggestions });
}
