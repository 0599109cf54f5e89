import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { environmentForPrograms, findProgram } from '../../src/files/program.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
const at = (name: string) => path.join(top, name);

beforeEach(() => {
  top = scratchFolder();
  for (const folder of ['a', 'b', 'c']) mkdirSync(at(folder));
  writeFileSync(at('b/gpg'), '', { mode: 0o755 });
});

describe('a program is found in the absolute folders of PATH', () => {
  test('in the first that holds one that may be run', () => {
    writeFileSync(at('a/gpg'), '', { mode: 0o644 });
    symlinkSync(at('b/gpg'), at('c/gpg'));
    expect(findProgram('gpg', { PATH: `${at('a')}:${at('c')}:${at('b')}` })).toBe(at('c/gpg'));
    chmodSync(at('a/gpg'), 0o755);
    expect(findProgram('gpg', { PATH: `${at('a')}:${at('b')}` })).toBe(at('a/gpg'));
  });

  test('a folder that has its name, and a link to nowhere, are passed over', () => {
    mkdirSync(at('a/gpg'));
    symlinkSync('/nonexistent', at('c/gpg'));
    expect(findProgram('gpg', { PATH: `${at('a')}:${at('c')}:${at('b')}` })).toBe(at('b/gpg'));
  });

  test.each(['', '.', './bin', ':', '::', 'node_modules/.bin', '..', '.:', undefined])(
    'PATH %j finds nothing, whatever the current folder holds',
    (PATH) => {
      const relative = path.relative(process.cwd(), at('b'));
      const environment = PATH === undefined ? {} : { PATH: `${PATH}:${relative}` };
      expect(findProgram('gpg', environment)).toBeUndefined();
      expect(findProgram('package.json', environment)).toBeUndefined();
    },
  );
});

describe('the environment of a program that is started', () => {
  test('has no folders of PATH that depend on the current one', () => {
    expect(environmentForPrograms({ PATH: ':.:/usr/bin:bin:/bin:', LANG: 'C' })).toEqual({
      PATH: '/usr/bin:/bin',
      LANG: 'C',
    });
  });

  test.each(['HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_RUNTIME_DIR'])('has no %s that does', (name) => {
    for (const value of ['', '.', './x', 'x']) expect(environmentForPrograms({ [name]: value })).toEqual({});
    expect(environmentForPrograms({ [name]: '/home/me' })).toEqual({ [name]: '/home/me' });
  });

  test('keeps what the user may well mean to be relative', () => {
    const environment = { GNUPGHOME: './gnupg', GIT_DIR: '.git', EDITOR: './ed' };
    expect(environmentForPrograms(environment)).toEqual(environment);
  });
});
