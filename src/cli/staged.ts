import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { EyamlError, type CheckedFile } from '../index.js';

const run = promisify(execFile);
const LIMIT = 1 << 28;

/** The files that are staged in git, with the content that git would commit. */
export async function stagedFiles(pattern: RegExp): Promise<readonly CheckedFile[]> {
  const top = (await git('rev-parse', '--show-toplevel')).toString().trimEnd();
  const listing = await git('diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z');
  const names = listing
    .toString()
    .split('\0')
    .filter((name) => pattern.test(name));
  return names.map((name) => ({
    file: path.relative(process.cwd(), path.join(top, name)),
    read: () => git('show', `:0:${name}`),
  }));
}

async function git(...args: string[]): Promise<Buffer> {
  try {
    return (await run('git', args, { encoding: 'buffer', maxBuffer: LIMIT })).stdout;
  } catch {
    throw new EyamlError('FILE_UNREADABLE', `git ${args[0] ?? ''} failed: is this a git repository?`);
  }
}
