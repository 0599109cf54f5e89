import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { FIXTURES } from './gnupg.js';

/** A fresh folder that is removed when the test is over. */
export function scratchFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'eyaml-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A fresh folder in memory, for XDG_RUNTIME_DIR, where a test can look for leftovers that are its own. */
export function scratchRuntimeFolder(): string {
  const folder = mkdtempSync('/dev/shm/eg-');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of the fixture tree of the Ruby tool, to write in. */
export function scratchTree(): string {
  const folder = scratchFolder();
  cpSync(path.join(FIXTURES, 'tree'), folder, { recursive: true });
  return folder;
}
