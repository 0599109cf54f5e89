import path from 'node:path';
import { configurationOnDisk, createRules, createRulesSearch } from '../config/rules.js';
import { EyamlError } from '../errors.js';
import { createRealPaths } from '../files/real-paths.js';
import type { Git } from '../git/git.js';
import { parseRecipientsFile, RECIPIENTS_FILE } from '../recipients/file.js';
import type { Rules } from '../recipients/rule.js';
import { RECIPIENTS_ON_DISK, type RecipientsTree } from '../recipients/source.js';
import { readEnvironment } from './environment.js';

/** A file in git's index. */
export interface IndexEntry {
  readonly object: string;
  readonly isRegular: boolean;
  readonly isLink: boolean;
}

/** The files of git's index, or of a commit, by their names from the top folder. */
export interface IndexTree {
  readonly entries: ReadonlyMap<string, IndexEntry>;
  /** The nearest recipients file for a file; undefined where the index has none. */
  readonly nearest: (name: string) => string | undefined;
  /** Where a link leads, if it is one. */
  readonly targetOf: (name: string) => string | undefined;
  /** The recipients files as git would commit them; above the repository, as they are on disk. */
  readonly recipients: RecipientsTree;
}

// More links than this are a loop.
const MOST_LINKS = 10;

/** The files of git's index, by their names from the top folder. */
export async function readIndex(git: Git): Promise<IndexTree['entries']> {
  return entriesOf((await git.run('ls-files', '--stage', '-z', '--full-name', ':/')).toString());
}

/** The files of a commit, by their names from the top folder. */
export async function readCommit(git: Git, commit: string): Promise<IndexTree['entries']> {
  return entriesOf((await git.run('ls-tree', '-r', '-z', '--full-tree', commit)).toString());
}

/** The rules for files, as the configuration files in a tree set them. */
export function rulesIn({ recipients }: IndexTree): Rules {
  const { homeFolder } = readEnvironment();
  return createRules(createRulesSearch({ homeFolder, tree: recipients }), createRealPaths());
}

/** Reads git's index, or other entries, for the recipients files in it. */
export async function createIndexTree(git: Git, others?: IndexTree['entries']): Promise<IndexTree> {
  const entries = others ?? (await readIndex(git));
  const content = (object: string) => git.run('cat-file', 'blob', object);
  const links = new Map<string, string>();
  for (const [name, { object, isLink }] of entries) {
    if (!isLink || !name.endsWith('.recipients')) continue;
    links.set(
      name,
      path.posix.normalize(path.posix.join(path.posix.dirname(name), (await content(object)).toString())),
    );
  }
  const nameOf = (file: string) => path.relative(git.top, path.resolve(file)).split(path.sep).join('/');
  const targetOf: IndexTree['targetOf'] = (name) => {
    let target = links.get(name);
    for (let i = 0; i < MOST_LINKS && target !== undefined; i += 1) target = links.get(target) ?? target;
    return target;
  };
  const nearest: IndexTree['nearest'] = (name) =>
    foldersOf(name)
      .map((folder) => path.posix.join(folder, RECIPIENTS_FILE))
      .find((candidate) => entries.has(candidate));
  return {
    entries,
    nearest,
    targetOf,
    recipients: {
      nearest: async (target) => {
        const found = nearest(nameOf(target));
        return found === undefined ? RECIPIENTS_ON_DISK.nearest(git.top) : path.join(git.top, found);
      },
      configurationIn: async (folder) => {
        const name = nameOf(path.join(folder, '.eyaml/config.yaml'));
        if (name.startsWith('../')) return configurationOnDisk(folder);
        const entry = entries.get(name) ?? entries.get(path.posix.dirname(name));
        if (entry === undefined) return undefined;
        if (!entry.isRegular) throw linked(name);
        return (await content(entry.object)).toString();
      },
      read: async (file, chosenIn) => {
        const name = nameOf(file);
        if (name.startsWith('../')) return RECIPIENTS_ON_DISK.read(file, chosenIn);
        const entry = entries.get(targetOf(name) ?? name);
        const shown = path.relative(process.cwd(), file);
        if (entry?.isRegular !== true) throw notRegular(shown);
        return parseRecipientsFile((await content(entry.object)).toString(), shown);
      },
    },
  };
}

function linked(file: string): EyamlError {
  const reason = 'it is a link, which cannot be checked as it is staged';
  return new EyamlError('CONFIG_UNREADABLE', `cannot read the configuration file ${file}: ${reason}`, { file });
}

function notRegular(file: string): EyamlError {
  const reason = "what it leads to is not a file in git's index";
  return new EyamlError('RECIPIENTS_UNREADABLE', `cannot read the recipients file ${file}: ${reason}`, {
    file,
    suggestions: ['add the file that it leads to with git add'],
  });
}

// The folders of a name, the deepest first; the top folder is the empty one.
function foldersOf(name: string): readonly string[] {
  const parts = name.split('/').slice(0, -1);
  return [...parts, ''].map((_, i) => parts.slice(0, parts.length - i).join('/'));
}

// git ls-files --stage: `MODE OBJECT STAGE`, a tab, the name, a NUL. git ls-tree: `MODE TYPE OBJECT`, and the rest alike.
function entriesOf(raw: string): ReadonlyMap<string, IndexEntry> {
  const lines = raw.split('\0').filter(Boolean);
  return new Map(
    lines.map((line) => {
      const [head, name] = [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)];
      const [mode = '', ...words] = head.split(' ');
      const object = words.find((word) => /^[0-9a-f]{40,}$/.test(word)) ?? '';
      return [name, { object, isRegular: mode.startsWith('100'), isLink: mode === '120000' }] as const;
    }),
  );
}
