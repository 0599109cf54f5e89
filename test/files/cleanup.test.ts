import { existsSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { forgetLeftover, noteLeftover, removeLeftovers, wipe } from '../../src/files/cleanup.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
const at = (name: string) => path.join(top, name);
beforeEach(() => {
  top = scratchFolder();
  mkdirSync(at('folder/deep'), { recursive: true });
  writeFileSync(at('folder/deep/file'), 'secret');
  writeFileSync(at('file'), 'secret');
  writeFileSync(at('other'), 'other');
});

describe('wiping', () => {
  test.each(['file', 'folder', 'missing'])('%s', (name) => {
    wipe(at(name));
    expect(existsSync(at(name))).toBe(false);
    expect(readFileSync(at('other'), 'utf8')).toBe('other');
  });

  test('does not follow links out of a folder', () => {
    symlinkSync(at('other'), at('folder/link'));
    linkSync(at('other'), at('folder/hard link'));
    wipe(at('folder'));
    expect(existsSync(at('folder'))).toBe(false);
    expect(readFileSync(at('other'), 'utf8')).toBe('other');
  });
});

describe('what is marked', () => {
  test('is removed, what was taken off again is not', () => {
    for (const name of ['file', 'folder', 'other']) noteLeftover(at(name));
    forgetLeftover(at('other'));
    removeLeftovers();
    expect(['file', 'folder', 'other'].map((name) => existsSync(at(name)))).toEqual([false, false, true]);
  });

  test('is removed once', () => {
    noteLeftover(at('file'));
    removeLeftovers();
    writeFileSync(at('file'), 'new');
    removeLeftovers();
    expect(readFileSync(at('file'), 'utf8')).toBe('new');
  });

  test('is removed also when one before it cannot be', () => {
    noteLeftover(at('other/below a file'));
    noteLeftover(at('file'));
    removeLeftovers();
    expect(existsSync(at('file'))).toBe(false);
  });
});
