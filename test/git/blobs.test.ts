import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readBlobs } from '../../src/git/blobs.js';
import { openGit } from '../../src/git/git.js';
import { scratchFolder } from '../helpers/files.js';

async function repository(contents: readonly (string | Buffer)[]) {
  const cwd = scratchFolder();
  const git = (...args: readonly string[]) => execFileSync('git', args, { cwd, stdio: 'pipe' }).toString().trim();
  git('init', '-q', '.');
  const objects = contents.map((content, i) => {
    writeFileSync(path.join(cwd, `${i}`), content);
    return git('hash-object', '-w', `${i}`);
  });
  return { objects, git: await openGit(cwd, process.env) };
}

test('each object is read, octet for octet, whatever it holds; those above the limit are left out', async () => {
  const binary = Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256));
  const contents = ['', 'a\n', '\n\n', binary, 'x'.repeat(2000), 'last'];
  const { git, objects } = await repository(contents);
  const found = new Map<string, string>();
  await readBlobs(git, objects, 1500, (object, octets) => found.set(object, octets.toString('latin1')));
  const expected = contents.map((content, i) => [objects[i], Buffer.from(content).toString('latin1')] as const);
  expect(found).toEqual(new Map(expected.filter(([, content]) => content.length <= 1500)));
});

test('more than fits into the memory at once is read in groups', async () => {
  const large = 1 << 24;
  const { git, objects } = await repository([1, 2, 3, 4].map((octet) => Buffer.alloc(large, octet)));
  const lengths: number[] = [];
  await readBlobs(git, objects, large, (_, octets) => lengths.push(octets.length));
  expect(lengths).toEqual([large, large, large, large]);
});

test('no objects, and objects that are missing, are no error', async () => {
  const { git } = await repository([]);
  const seen: string[] = [];
  await readBlobs(git, [], 10, (object) => seen.push(object));
  await readBlobs(git, ['0'.repeat(39) + '1'], 10, (object) => seen.push(object));
  expect(seen).toEqual([]);
});
