import { spawn } from '@lydell/node-pty';
import { cleanEnvironment, commandWith, type RunOptions, SHELL_COMMAND } from './cli.js';

/** A command on a real pseudo-terminal. */
export interface Terminal {
  readonly pid: number;
  /** Everything shown so far, control sequences included. */
  readonly shown: () => string;
  type(keys: string): void;
  /** Waits until the pattern is shown after the last thing waited for; fails when the command ends first. */
  waitFor(pattern: RegExp): Promise<void>;
  /** How the command ended. */
  readonly ended: Promise<{ exitCode: number; signal?: number | undefined }>;
}

/** Runs `eyaml` on a pseudo-terminal. */
export function eyamlOnTerminal(args: readonly string[], options: Omit<RunOptions, 'input'> = {}): Terminal {
  return onTerminal(...commandWith(args), options);
}

/** Runs a line of sh on a pseudo-terminal; `eyaml` is a function there. */
export function shellOnTerminal(line: string, options: Omit<RunOptions, 'input'> = {}): Terminal {
  return onTerminal('/bin/sh', ['-c', `eyaml() { ${SHELL_COMMAND} "$@"; }; ${line}`], options);
}

/** Runs any program on a pseudo-terminal. */
export function onTerminal(
  program: string,
  args: readonly string[],
  { cwd, env }: Omit<RunOptions, 'input'> = {},
): Terminal {
  const environment = Object.fromEntries(
    Object.entries(cleanEnvironment(env)).filter(([, value]) => value !== undefined),
  ) as Record<string, string>;
  const pty = spawn(program, [...args], {
    name: 'xterm',
    cols: 120,
    rows: 40,
    ...(cwd ? { cwd } : {}),
    env: environment,
  });
  let shown = '';
  let from = 0;
  let over = false;
  const watchers = new Set<() => void>();
  const tell = () => watchers.forEach((watcher) => watcher());
  pty.onData((data) => {
    shown += data;
    tell();
  });
  const ended = new Promise<{ exitCode: number; signal?: number | undefined }>((resolve) =>
    pty.onExit((status) => {
      over = true;
      tell();
      resolve(status);
    }),
  );
  return {
    pid: pty.pid,
    shown: () => shown,
    type: (keys) => pty.write(keys),
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(shown.slice(from));
          if (match) from += match.index + match[0].length;
          else if (!over) return;
          watchers.delete(look);
          if (match) resolve();
          else reject(new Error(`the command ended before ${String(pattern)} was shown; it showed:\n${shown}`));
        };
        watchers.add(look);
        look();
      }),
    ended,
  };
}
