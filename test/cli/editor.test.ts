import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { editorIsOpen, findEditor, runEditor } from '../../src/cli/editor.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
const at = (name: string) => path.join(top, name);
function program(name: string, script = 'exit 0'): string {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return at(name);
}
const find = (environment: NodeJS.ProcessEnv) => findEditor({ PATH: at('bin'), HOME: at('home'), ...environment });

beforeEach(() => {
  top = scratchFolder();
  for (const name of ['bin/code', 'bin/ed', 'home/bin/ed', 'opt/my editor/ed', 'opt/my', 'opt/a $x;b (1)/ed'])
    program(name);
});

describe('the command line in EDITOR', () => {
  test.each([
    ['code', 'bin/code', []],
    ['code --wait', 'bin/code', ['--wait']],
    ['  code   --wait  ', 'bin/code', ['--wait']],
    ['code --title "a b" -x', 'bin/code', ['--title', 'a b', '-x']],
    ["code '--title=a b'", 'bin/code', ['--title=a b']],
    ['"TOP/opt/my editor/ed" -c', 'opt/my editor/ed', ['-c']],
    ["'TOP/opt/my editor/ed' -c", 'opt/my editor/ed', ['-c']],
    ['TOP/opt/my\\ editor/ed -c', 'opt/my editor/ed', ['-c']],
    ['TOP/opt/my editor/ed', 'opt/my editor/ed', []],
    ['TOP/opt/my editor/ed -c "a b"', 'opt/my editor/ed', ['-c', 'a b']],
    ['TOP/opt/a $x;b (1)/ed -c', 'opt/a $x;b (1)/ed', ['-c']],
    ['TOP/opt/my other', 'opt/my', ['other']],
    ['~/bin/ed', 'home/bin/ed', []],
    ['~/bin/ed -c', 'home/bin/ed', ['-c']],
    ['$HOME/bin/ed -c', 'home/bin/ed', ['-c']],
  ])('%s', async (command, wanted, args) => {
    const EDITOR = command.replace('TOP', top);
    expect(await find({ EDITOR })).toEqual({ program: at(wanted), args, command: EDITOR.trim() });
  });

  test.each(['missing', 'missing --wait', '/nonexistent/ed', 'TOP/opt', '"unclosed', '""', 'code > out', 'code | tee'])(
    '%s is not found, which the error says with its variable and in the old words',
    async (command) => {
      const EDITOR = command.replace('TOP', top);
      const error = await eyamlErrorOf(() => find({ EDITOR }));
      expect(error.code).toBe('EDITOR_NOT_FOUND');
      expect(error.message).toBe(`Editor did not exit successfully (not found): EDITOR names ${EDITOR}`);
      expect(error.suggestions[0]).toContain('Editor not found. Please set your EDITOR env variable');
    },
  );

  test('a file that may not be run is no editor', async () => {
    chmodSync(at('bin/code'), 0o644);
    expect((await eyamlErrorOf(() => find({ EDITOR: 'code' }))).code).toBe('EDITOR_NOT_FOUND');
  });
});

describe('which variable', () => {
  test.each([
    [{ EYAML_EDITOR: 'ed', VISUAL: 'code', EDITOR: 'code' }, 'bin/ed'],
    [{ VISUAL: 'ed', EDITOR: 'code' }, 'bin/ed'],
    [{ EYAML_EDITOR: '', VISUAL: ' ', EDITOR: 'ed' }, 'bin/ed'],
  ])('%j', async (environment, wanted) => expect((await find(environment)).program).toBe(at(wanted)));

  test('one that names nothing is an error; the next is not taken instead', async () => {
    const error = await eyamlErrorOf(() => find({ VISUAL: 'missing', EDITOR: 'ed' }));
    expect(error.message).toContain('VISUAL');
  });
});

describe('without any variable', () => {
  test('it is the one chosen with select-editor, with the options of a vim if it is one', async () => {
    const chosen = program('bin/vim.basic');
    program('bin/editor');
    writeFileSync(at('.selected_editor'), `# generated\nSELECTED_EDITOR="${chosen}"\n`);
    expect(await find({ HOME: at('') })).toMatchObject({
      program: chosen,
      args: expect.arrayContaining(['NONE']) as string[],
    });
  });

  test.each([
    [['sensible-editor', 'vi', 'vim', 'editor'], 'editor'],
    [['sensible-editor'], 'sensible-editor'],
    [['vi', 'vim', 'editor'], 'editor'],
    [['vi', 'vim'], 'vim'],
    [['vi'], 'vi'],
  ])('of %j it is %s', async (names, wanted) => {
    for (const name of names) program(`bin/${name}`);
    expect(await find({})).toMatchObject({ program: at(`bin/${wanted}`), command: wanted });
  });

  test('there may be none', async () => {
    expect((await eyamlErrorOf(() => find({}))).code).toBe('EDITOR_NOT_FOUND');
  });
});

describe('an editor known to leave copies of what it edits is told not to', () => {
  const VIM = ['-n', '-i', 'NONE', '-c', 'set nobackup nowritebackup noswapfile noundofile'];

  test.each(['vim', 'gvim', 'rvim', 'nvim', 'vim.basic', 'vim.tiny', 'vim-nox11', 'nvim-qt'])('%s', async (name) => {
    program(`real/${name}`);
    symlinkSync(at(`real/${name}`), at('bin/editor'));
    expect((await find({})).args).toEqual(VIM);
    expect(await find({ EDITOR: 'editor -R' })).toMatchObject({ program: at('bin/editor'), args: [...VIM, '-R'] });
  });

  test.each(['emacs', 'emacs-nox', 'emacs29'])('%s', async (name) => {
    program(`real/${name}`);
    symlinkSync(at(`real/${name}`), at('bin/editor'));
    const { args } = await find({ EDITOR: 'editor -nw' });
    expect(args).toEqual([
      '-nw',
      '--eval',
      expect.stringMatching(/^\(setq make-backup-files nil auto-save-default nil .*\)$/),
    ]);
  });

  test.each(['emacsclient', 'code', 'vimdiff-of-my-own', 'nano'])('%s is left alone', async (name) => {
    program(`bin/${name}`);
    expect((await find({ EDITOR: name })).args).toEqual([]);
  });
});

describe('running it', () => {
  const run = (script: string, file: string, args: readonly string[] = []) =>
    runEditor({ program: program('bin/run', script), args, command: 'run' }, file);

  test('the file’s name is one argument after the others and is seen by no shell', async () => {
    const file = at("it's $HOME; `x` *.yaml");
    await run(`printf '%s\\n' "$#" "$@" > '${at('seen')}'`, file, ['--wait', 'a b']);
    expect(readFileSync(at('seen'), 'utf8')).toBe(`3\n--wait\na b\n${file}\n`);
    expect(editorIsOpen()).toBe(false);
  });

  test.each([
    ['exit 3', 'exit code 3'],
    ['kill -TERM $$', 'signal SIGTERM'],
  ])('%s is EDITOR_FAILED', async (script, ended) => {
    const error = await eyamlErrorOf(() => run(script, at('file')));
    expect(error).toMatchObject({
      code: 'EDITOR_FAILED',
      message: `Editor did not exit successfully (${ended}), aborting`,
    });
    expect(editorIsOpen()).toBe(false);
  });

  test('one that cannot be started is EDITOR_FAILED', async () => {
    const error = await eyamlErrorOf(() => runEditor({ program: at('gone'), args: [], command: 'gone' }, at('file')));
    expect(error.message).toContain('could not be started');
  });
});
