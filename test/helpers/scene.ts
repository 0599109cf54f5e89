import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eyaml, type Run, type RunOptions } from './cli.js';
import { scratchFolder, scratchTree } from './files.js';
import { FIXTURES, type GnupgHome } from './gnupg.js';

/** A folder to work in, a home folder beside it, and the command. */
export interface Scene {
  readonly cwd: string;
  readonly homeFolder: string;
  readonly run: (args: readonly string[], more?: Pick<RunOptions, 'env' | 'input'>) => Promise<Run>;
  /** Edits a file with a shell command as the editor. */
  readonly edit: (file: string, editor: string, ...args: readonly string[]) => Promise<Run>;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  readonly has: (file: string) => boolean;
}

export interface SceneContent {
  readonly gnupg?: GnupgHome;
  /** Whether the folder is a copy of the fixture tree; else it is empty. */
  readonly tree?: boolean;
  /** Whether the fixtures' PKCS7 pair is where it is looked for. */
  readonly keys?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

export function createScene({ gnupg, tree = false, keys = false, env = {} }: SceneContent = {}): Scene {
  const cwd = tree ? scratchTree() : scratchFolder();
  const homeFolder = scratchFolder();
  const at = (file: string) => path.resolve(cwd, file);
  if (keys) cpSync(path.join(FIXTURES, 'keys/pkcs7'), at('keys'), { recursive: true });
  const around = { HOME: homeFolder, ...(gnupg && { GNUPGHOME: gnupg.path }), ...env };
  const run: Scene['run'] = (args, more = {}) => eyaml(args, { ...more, cwd, env: { ...around, ...more.env } });
  return {
    cwd,
    homeFolder,
    run,
    edit: (file, editor, ...args) => run(['edit', ...args, file], { env: { EDITOR: editor } }),
    read: (file) => readFileSync(at(file), 'utf8'),
    write: (file, text) => {
      mkdirSync(path.dirname(at(file)), { recursive: true });
      writeFileSync(at(file), text);
    },
    has: (file) => existsSync(at(file)),
  };
}

/** The tags of a file's values, in their order; the empty one for a value without a tag. */
export function tagsIn(text: string): readonly string[] {
  return Array.from(text.matchAll(/ENC\[(?:(\w+),)?/g), ([, tag = '']) => tag);
}
