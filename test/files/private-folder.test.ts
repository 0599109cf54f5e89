import { existsSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeLeftovers } from '../../src/files/cleanup.js';
import { createPrivateFolder, type PrivateFolder } from '../../src/files/private-folder.js';
import { scratchFolder } from '../helpers/files.js';

const TMPFS = 0x01021994;
const hasMemory = existsSync('/dev/shm') && statfsSync('/dev/shm').type === TMPFS;

let folder: PrivateFolder | undefined;
const create = async (environment: NodeJS.ProcessEnv) => (folder = await createPrivateFolder(environment));
afterEach(() => folder?.remove());

test('is for its owner alone, fresh each time, and goes with all that is in it', async () => {
  const first = await create({});
  const second = await createPrivateFolder({});
  expect(statSync(first.path).mode & 0o777).toBe(0o700);
  expect(second.path).not.toBe(first.path);
  writeFileSync(path.join(first.path, 'file'), 'secret');
  first.remove();
  first.remove();
  second.remove();
  expect([first.path, second.path].map((folder) => existsSync(folder))).toEqual([false, false]);
});

test('is for its owner alone whatever the umask', async () => {
  const umask = process.umask(0);
  try {
    expect(statSync((await create({})).path).mode & 0o777).toBe(0o700);
  } finally {
    process.umask(umask);
  }
});

test('is removed when the process ends before its maker can do so', async () => {
  const { path: made } = await create({});
  writeFileSync(path.join(made, 'file'), 'secret');
  removeLeftovers();
  expect(existsSync(made)).toBe(false);
});

describe.runIf(hasMemory)('lies in memory', () => {
  let runtime: string;
  beforeEach(() => {
    runtime = mkdtempSync('/dev/shm/eg-');
  });
  afterEach(() => rmSync(runtime, { recursive: true }));

  test('in the run-time folder', async () => {
    const made = await create({ XDG_RUNTIME_DIR: runtime });
    expect([path.dirname(made.path), made.inMemory]).toEqual([runtime, true]);
  });

  test.each([
    ['is not told', () => undefined],
    ['is missing', () => '/nonexistent'],
    ['is no path', () => 'relative'],
    ['is a file', () => '/dev/null'],
  ])('in /dev/shm when the run-time folder %s', async (_, XDG_RUNTIME_DIR) => {
    const made = await create({ XDG_RUNTIME_DIR: XDG_RUNTIME_DIR() });
    expect([path.dirname(made.path), made.inMemory]).toEqual(['/dev/shm', true]);
  });

  test.skipIf(statfsSync(tmpdir()).type === TMPFS)('also when the run-time folder is on a disk', async () => {
    expect((await create({ XDG_RUNTIME_DIR: scratchFolder() })).inMemory).toBe(true);
  });
});
