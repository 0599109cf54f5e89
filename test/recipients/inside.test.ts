import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { RECIPIENTS_FILE } from '../../src/recipients/file.js';
import { insideTree } from '../../src/recipients/inside.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
const at = (name: string) => path.join(top, name);

// A home folder with a file of passwords, and a tree in it.
beforeEach(() => {
  top = scratchFolder();
  mkdirSync(at('tree/production'), { recursive: true });
  writeFileSync(at('.netrc'), 'machine example.com login ann password s3cr3t\n');
  for (const list of ['common.recipients', 'tree/common.recipients', 'tree/list']) writeFileSync(at(list), 'Ann\n');
});

const choose = async (to: string) => {
  symlinkSync(to, at(`tree/production/${RECIPIENTS_FILE}`));
  return insideTree(at(`tree/production/${RECIPIENTS_FILE}`), at('tree/production'));
};

describe('in a git repository', () => {
  beforeEach(() => {
    expect(spawnSync('git', ['init', '-q', at('tree')]).status).toBe(0);
  });

  test.each(['../common.recipients', '../list', '../production/../list'])(
    'a link to %s, inside, is followed',
    async (to) => {
      expect(await choose(to)).toBe(path.join(at('tree/production'), to));
    },
  );

  test.each(['../../.netrc', '../../common.recipients', '../.git/config', '/etc/passwd'])(
    'a link to %s, outside, is RECIPIENTS_UNREADABLE',
    async (to) => {
      const error = await eyamlErrorOf(() => choose(to));
      expect(error.code).toBe('RECIPIENTS_UNREADABLE');
      expect(error.message).toContain(`, outside the repository ${at('tree')}`);
      expect(error.suggestions.join()).toContain('--gpg-recipients-file');
    },
  );

  test('a folder that is linked leads where the system goes', async () => {
    symlinkSync('../..', at('tree/production/up'));
    expect((await eyamlErrorOf(() => choose('up/.netrc'))).code).toBe('RECIPIENTS_UNREADABLE');
  });

  test('a worktree, which has a file .git, is one of its own', async () => {
    writeFileSync(at('tree/production/.git'), 'gitdir: elsewhere\n');
    expect((await eyamlErrorOf(() => choose('../list'))).message).toContain(at('tree/production'));
  });
});

describe('without git', () => {
  test.each(['../common.recipients', '../../common.recipients'])(
    'a link to %s, by its name a list, is followed',
    async (to) => {
      expect(await choose(to)).toBe(path.join(at('tree/production'), to));
    },
  );

  test.each(['../list', '../../.netrc', '/etc/passwd'])('a link to %s is not', async (to) => {
    const error = await eyamlErrorOf(() => choose(to));
    expect(error.code).toBe('RECIPIENTS_UNREADABLE');
    expect(error.message).toContain(`, outside the folder ${at('tree/production')}`);
  });

  test('one below the folder is', async () => {
    mkdirSync(at('tree/production/lists'));
    writeFileSync(at('tree/production/lists/all'), 'Ann\n');
    expect(await choose('lists/all')).toBe(at('tree/production/lists/all'));
  });
});
