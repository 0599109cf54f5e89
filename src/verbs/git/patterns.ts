import path from 'node:path';
import { createEyamlText } from '../../eyaml/text.js';
import { readLimited, LIMITS } from '../../files/read.js';
import type { Git } from '../../git/git.js';
import { groupBy } from '../../text/group-by.js';
import { decodeUtf8 } from '../../text/utf8.js';

const NAMES = /\.(?:eyaml|ya?ml)$/;
const ALWAYS = '*.eyaml';
// More would not be read by anybody.
const MOST = 12;

/** The files of a work tree that hold values, from the top folder: those that git tracks, or would take. */
export async function filesWithValues(git: Git): Promise<readonly string[]> {
  const listed = await git.run('ls-files', '-z', '--cached', '--others', '--exclude-standard', '--full-name', ':/');
  const names = [...new Set(listed.toString().split('\0'))].filter((name) => NAMES.test(name));
  const found = await Promise.all(
    names.map(async (name) => ((await hasValues(path.join(git.top, name))) ? [name] : [])),
  );
  return found.flat().sort();
}

async function hasValues(file: string): Promise<boolean> {
  const read = await readLimited(file, { limit: LIMITS.eyaml });
  const text = 'octets' in read && read.octets.includes('ENC[') ? decodeUtf8(read.octets) : undefined;
  return text !== undefined && createEyamlText(text).values.length > 0;
}

/**
 * The patterns of `.gitattributes` for files with values: `*.eyaml`, and for other files the folder in which those with one ending
 * lie, a pattern for each folder at the top.
 */
export function patternsFor(files: readonly string[]): readonly string[] {
  const others = files.filter((file) => !file.endsWith('.eyaml'));
  const groups = groupBy(
    others,
    (file) => `${file.includes('/') ? (file.split('/')[0] ?? '') : ''}/${path.extname(file)}`,
  );
  const found = [...groups.values()].flatMap(patternsOfGroup).sort();
  const endings = [...new Set(others.map((file) => `*${path.extname(file)}`))].sort();
  return [ALWAYS, ...(found.length > MOST ? endings : found)];
}

function patternsOfGroup(files: readonly string[]): readonly string[] {
  const folders = files.map((file) => file.split('/').slice(0, -1));
  const [first = []] = folders;
  // In the top folder are files of every kind.
  if (first.length === 0) return files.map((file) => `/${escaped(file)}`);
  const differs = first.findIndex((part, i) => folders.some((folder) => folder[i] !== part));
  const common = differs === -1 ? first : first.slice(0, differs);
  const isOneFolder = folders.every(({ length }) => length === common.length);
  return [`/${escaped(common.join('/'))}/${isOneFolder ? '' : '**/'}*${path.extname(files[0] ?? '')}`];
}

function escaped(name: string): string {
  return name.replace(/[\\*?[\]]/g, String.raw`\$&`);
}

/** The lines of `.gitattributes` for patterns. Git reads a pattern with blanks or quotes in C's quotes. */
export function attributeLines(patterns: readonly string[]): readonly string[] {
  const quoted = (pattern: string) => (/[\s"]/.test(pattern) ? JSON.stringify(pattern) : pattern);
  return patterns.map((pattern) => `${quoted(pattern)} diff=eyaml merge=eyaml`);
}

/** The files among `files` that no attribute gives to both drivers. */
export async function uncoveredAmong(git: Git, files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const input = files.map((file) => `${file}\0`).join('');
  const output = await git.runWith(input, 'check-attr', '-z', '--stdin', 'diff', 'merge');
  // The path, the attribute and its value, each with a NUL.
  const fields = output.toString().split('\0');
  const covered = new Map<string, number>();
  for (let i = 0; i + 2 < fields.length; i += 3)
    if (fields[i + 2] === 'eyaml') covered.set(fields[i] ?? '', (covered.get(fields[i] ?? '') ?? 0) + 1);
  return files.filter((file) => covered.get(file) !== 2);
}
