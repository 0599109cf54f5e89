import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createRealPaths } from '../../src/files/real-paths.js';
import { realPathOf } from '../../src/files/snapshot.js';
import { scratchFolder } from '../helpers/files.js';

test.each([
  'real/file',
  'real/none',
  'none/none',
  'link/file',
  'link/none',
  'real/to-file',
  'real/to-none',
  'real',
  '/',
])('the real path of %s is that of a single search', async (name) => {
  const top = scratchFolder();
  mkdirSync(path.join(top, 'real'));
  writeFileSync(path.join(top, 'real/file'), '');
  symlinkSync('real', path.join(top, 'link'));
  symlinkSync('../link/file', path.join(top, 'real/to-file'));
  symlinkSync('gone/away', path.join(top, 'real/to-none'));
  const file = path.resolve(top, name);
  const found = createRealPaths();
  expect(await found(file)).toBe(await realPathOf(file));
  expect(await found(file)).toBe(await realPathOf(file));
});

test('the way to a folder is followed once', async () => {
  const top = scratchFolder();
  for (const name of ['a', 'b']) mkdirSync(path.join(top, name));
  const link = path.join(top, 'link');
  const found = createRealPaths();
  symlinkSync('a', link);
  expect(await found(path.join(link, 'x'))).toBe(path.join(top, 'a/x'));
  rmSync(link);
  symlinkSync('b', link);
  expect(await found(path.join(link, 'y'))).toBe(path.join(top, 'a/y'));
  expect(await createRealPaths()(path.join(link, 'y'))).toBe(path.join(top, 'b/y'));
});
