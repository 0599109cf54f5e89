import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { expandTilde } from '../config/configuration.js';
import { EyamlError } from '../errors.js';
import { environmentForPrograms, findProgram, isProgram } from '../files/program.js';
import { LIMITS, readLimited } from '../files/read.js';
import { homeFolder } from './environment.js';

/** An editor that was found: a program and its arguments, without the file's name. */
export interface Editor {
  readonly program: string;
  readonly args: readonly string[];
  /** The command line it was found by, for messages. */
  readonly command: string;
}

// Ruby eyaml's words, which scripts and tests look for.
const NOT_FOUND = 'Editor not found. Please set your EDITOR env variable';
const NOT_SUCCESSFUL = 'Editor did not exit successfully';

const FALLBACKS = ['editor', 'vim', 'vi', 'nano', 'sensible-editor'];

// No swap, backup, undo or history file may hold the plaintext: neither beside the buffer, which is wiped, nor elsewhere.
const VIM_OPTIONS = ['-n', '-i', 'NONE', '-c', 'set nobackup nowritebackup noswapfile noundofile'];
const EMACS_SETTINGS = [
  'make-backup-files auto-save-default create-lockfiles auto-save-list-file-prefix savehist-mode save-place-mode recentf-mode',
  'desktop-save-mode undo-tree-auto-save-history',
]
  .flatMap((names) => names.split(' '))
  .map((name) => `${name} nil`)
  .join(' ');
const EMACS_OPTIONS = ['--eval', `(setq ${EMACS_SETTINGS} kill-emacs-hook nil)`];

/**
 * Finds the editor: EYAML_EDITOR, VISUAL or EDITOR, each a command line whose program may have blanks in its path, quoted or not;
 * else what sensible-editor would start (the editor chosen with select-editor), editor, vim or vi.
 *
 * @throws {@link EyamlError} `EDITOR_NOT_FOUND`, before any plaintext is written.
 */
export async function findEditor(given: NodeJS.ProcessEnv): Promise<Editor> {
  const environment = environmentForPrograms(given);
  const name = ['EYAML_EDITOR', 'VISUAL', 'EDITOR'].find((variable) => environment[variable]?.trim());
  const command = name && environment[name]?.trim();
  if (command) {
    const editor = await splitCommand(command, environment);
    if (editor) return { ...withPrivacy(editor), command };
    throw new EyamlError('EDITOR_NOT_FOUND', `${NOT_SUCCESSFUL} (not found): ${name} names ${command}`, {
      suggestions: [`${NOT_FOUND}: a program on PATH, or its full path, with its options: ${name}="code --wait"`],
    });
  }
  // The choices of sensible-editor are tried here in its order: a vim started by it would not get the options.
  for (const fallback of [...(await selectedEditor(environment)), ...FALLBACKS]) {
    const program = findEditorProgram(fallback, environment);
    if (program) return { ...withPrivacy({ program, args: [] }), command: fallback };
  }
  throw new EyamlError('EDITOR_NOT_FOUND', NOT_FOUND, { suggestions: ['for example: export EDITOR=vim'] });
}

async function selectedEditor(environment: NodeJS.ProcessEnv): Promise<readonly string[]> {
  const file = path.join(homeOf(environment), '.selected_editor');
  const read = await readLimited(file, { limit: LIMITS.configuration });
  const selected = 'octets' in read ? read.octets.toString() : '';
  return /^SELECTED_EDITOR=["']?([^"'\n]+)/m.exec(selected)?.slice(1, 2) ?? [];
}

// Parsed as by a shell; else the longest run of words that names a program is its path, with unquoted blanks.
async function splitCommand(
  command: string,
  environment: NodeJS.ProcessEnv,
): Promise<Pick<Editor, 'program' | 'args'> | undefined> {
  const words = await shellWords(command, environment);
  const [first = '', ...args] = words ?? [];
  const program = words && findEditorProgram(first, environment);
  const bare = command.split(' ');
  // In `vim -u ./rc` the slash belongs to an option: `vim -u .` must not be taken for a folder of the current one.
  const isPath = bare[0]?.includes('/') ?? false;
  for (let length = bare.length; length > 1; length -= 1) {
    const run = bare.slice(0, length).join(' ');
    const spaced = isPath || !run.includes('/') ? findEditorProgram(run, environment) : undefined;
    if (spaced)
      return {
        program: spaced,
        args: (await shellWords(bare.slice(length).join(' '), environment)) ?? bare.slice(length),
      };
  }
  return program ? { program, args } : undefined;
}

async function shellWords(command: string, environment: NodeJS.ProcessEnv): Promise<string[] | undefined> {
  const { parse } = await import('shell-quote');
  const words =
    process.platform === 'win32' ? parse(command, environment, { escape: '^' }) : parse(command, environment);
  // Operators, globs and comments need a shell, and no shell is used here.
  return words.every((word) => typeof word === 'string') ? words : undefined;
}

// A name with a slash is a path that the user wrote on purpose, even a relative one.
function findEditorProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const expanded = expandTilde(name, homeOf(environment));
  if (expanded === '') return undefined;
  if (!/[/\\]/.test(expanded)) return findProgram(expanded, environment);
  const file = path.resolve(expanded);
  return ['', ...(environment.PATHEXT?.split(';') ?? [])].map((extension) => file + extension).find(isProgram);
}

function homeOf({ HOME }: NodeJS.ProcessEnv): string {
  return HOME ?? homeFolder();
}

function withPrivacy({ program, args }: Pick<Editor, 'program' | 'args'>): Pick<Editor, 'program' | 'args'> {
  // editor and vi are often links to vim.basic, vim.tiny or emacs-nox.
  const name = path.basename(realpathSync(program));
  if (/^(?:[gr]?n?vim|vimx|vim[.-]\w+|nvim.*)$/i.test(name) || (/^(?:vi|ex|view)$/.test(name) && saysItIsVim(program)))
    return { program, args: [...VIM_OPTIONS, ...args] };
  if (/^emacs(?!client)/i.test(name)) return { program, args: [...args, ...EMACS_OPTIONS] };
  return { program, args };
}

// On some systems vi is a vim; other editors of that name do not know its options.
function saysItIsVim(program: string): boolean {
  const { stdout } = spawnSync(program, ['--version'], {
    env: environmentForPrograms(process.env),
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 2000,
  });
  return stdout.toString().startsWith('VIM ');
}

let open: ChildProcess | undefined;

/** Whether an editor is open; a Ctrl-C at the terminal is then for the editor alone. */
export function editorIsOpen(): boolean {
  return open !== undefined;
}

// How long an editor may take to end after a signal, in milliseconds; nano saves a copy before it does.
const GRACE = 1000;

/** Passes a signal on to the open editor, if any, and goes on when the editor has ended or its time is up. */
export function endEditor(signal: NodeJS.Signals, goOn: () => void): void {
  if (open === undefined) {
    goOn();
    return;
  }
  open.once('close', goOn);
  setTimeout(goOn, GRACE);
  open.kill(signal);
}

/**
 * Opens a file in the editor and waits. The file's name is a separate argument; no shell sees it.
 *
 * @throws {@link EyamlError} `EDITOR_FAILED` when the editor does not end with exit code 0.
 */
export async function runEditor({ program, args, command }: Editor, file: string): Promise<void> {
  const ended = await new Promise<string>((resolve) => {
    open = spawn(program, [...args, file], { env: environmentForPrograms(process.env), stdio: 'inherit' });
    open.on('error', () => resolve('could not be started'));
    open.on('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code ?? 'none'}`));
  }).finally(() => (open = undefined));
  if (ended !== 'exit code 0') {
    throw new EyamlError('EDITOR_FAILED', `${NOT_SUCCESSFUL} (${ended}), aborting`, {
      suggestions: [`the editor is: ${command}`],
    });
  }
}
