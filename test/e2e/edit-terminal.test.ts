import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder, scratchRuntimeFolder, scratchTree } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

const ESCAPE = '\u001b';
const CTRL_C = '\u0003';
const CTRL_X = '\u0018';
const CTRL_BACKSLASH = '\u001c';

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['puppetmaster', 'bob'] });
});
afterAll(() => home.remove());

/** A tree to edit in, and a place for the edit buffer. */
function scene(editor: string) {
  const cwd = scratchTree();
  const runtime = scratchRuntimeFolder();
  const file = path.join(cwd, 'production/role.eyaml');
  const state = scratchFolder();
  const env = { GNUPGHOME: home.path, HOME: cwd, XDG_RUNTIME_DIR: runtime, XDG_STATE_HOME: state, EDITOR: editor };
  return {
    file,
    env,
    before: readFileSync(file, 'utf8'),
    edit: (...more: string[]) => eyamlOnTerminal(['edit', ...more, 'production/role.eyaml'], { cwd, env }),
    decrypted: async () => (await eyaml(['decrypt', '-e', file], { env })).stdout,
    leftovers: () => [...readdirSync(runtime), ...readdirSync(cwd).filter((name) => name.startsWith('.'))],
  };
}

test.runIf(hasPeer('vim'))('vim: one value changed, the other keeps its bytes, nothing is left behind', async () => {
  const { edit, file, before, decrypted, leftovers } = scene('vim -u NONE');
  const terminal = edit();
  await terminal.waitFor(/role::json/);
  terminal.type(':%s/rounds=656000/rounds=7/\r');
  await terminal.waitFor(/rounds=7/);
  terminal.type(':wq\r');
  expect((await terminal.ended).exitCode).toBe(0);
  expect(await decrypted()).toContain('DEC::GPG[$6$rounds=7$salt$hash/with.dots]!');
  expect(readFileSync(file, 'utf8').split('\n')[2]).toBe(before.split('\n')[2]);
  expect(leftovers()).toEqual([]);
});

test.runIf(hasPeer('vim'))(
  'vim keeps no swap, backup, undo or history file, whatever its configuration asks for',
  async () => {
    const { edit, env, leftovers } = scene('vim');
    const vimrc =
      "set swapfile backup writebackup undofile undodir=~/.undo backupdir=~/.backup directory=~/.swap viminfo='100,n~/.viminfo\n";
    writeFileSync(
      path.join(env.HOME, '.vimrc'),
      `${vimrc}call mkdir($HOME."/.undo")\ncall mkdir($HOME."/.backup")\ncall mkdir($HOME."/.swap")\n`,
    );
    const terminal = edit();
    await terminal.waitFor(/role::json/);
    terminal.type('G:s/json/jsonx/\r');
    await terminal.waitFor(/jsonx/);
    terminal.type('yy:wq\r');
    expect((await terminal.ended).exitCode).toBe(0);
    const kept = ['.undo', '.backup', '.swap'].flatMap((folder) => readdirSync(path.join(env.HOME, folder)));
    expect(kept).toEqual([]);
    expect(leftovers().sort()).toEqual(['.backup', '.swap', '.undo', '.vimrc']);
  },
);

test.runIf(hasPeer('nano'))('nano', async () => {
  const { edit, decrypted, leftovers } = scene('nano -I -w');
  const terminal = edit('--no-preamble');
  await terminal.waitFor(/role::json/);
  terminal.type(`${ESCAPE}/added: DEC::GPG[by nano]!\r${CTRL_X}`);
  await terminal.waitFor(/Save modified buffer/);
  terminal.type('y');
  await terminal.waitFor(/File Name to Write/);
  terminal.type('\r');
  expect((await terminal.ended).exitCode).toBe(0);
  expect(await decrypted()).toContain('added: DEC::GPG[by nano]!');
  expect(leftovers()).toEqual([]);
});

describe.runIf(hasPeer('vim'))('after a mistake', () => {
  async function makeMistake() {
    const it = scene('vim -u NONE');
    const terminal = it.edit();
    await terminal.waitFor(/role::json/);
    terminal.type('Gonew: DEC::GPG[swallowed' + ESCAPE + ':wq\r');
    await terminal.waitFor(/line 12: /);
    await terminal.waitFor(/Return to the editor\?/);
    return { ...it, terminal };
  }

  test('back in the editor the text is still there, and can be mended', async () => {
    const { terminal, decrypted, leftovers } = await makeMistake();
    terminal.type('\r');
    await terminal.waitFor(/swallowed/);
    terminal.type('GA]!' + ESCAPE + ':wq\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(await decrypted()).toContain('new: DEC::GPG[swallowed]!');
    expect(leftovers()).toEqual([]);
  });

  test.each([
    { way: 'no', keys: 'n\r', exitCode: 1 },
    { way: 'Ctrl-C', keys: CTRL_C, exitCode: 130 },
  ])('$way: the file is as it was and nothing is left behind', async ({ keys, exitCode }) => {
    const { terminal, file, before, leftovers } = await makeMistake();
    terminal.type(keys);
    expect((await terminal.ended).exitCode).toBe(exitCode);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(leftovers()).toEqual([]);
  });
});

describe.runIf(hasPeer('vim'))('signals while the editor is open', () => {
  test.each(['SIGTERM', 'SIGHUP'] as const)('%s: the buffer is wiped, the file is as it was', async (signal) => {
    const { edit, file, before, leftovers } = scene('vim -u NONE');
    const terminal = edit();
    await terminal.waitFor(/role::json/);
    terminal.type('Gonew: DEC::GPG[typed]!' + ESCAPE);
    await terminal.waitFor(/typed/);
    process.kill(terminal.pid, signal);
    expect((await terminal.ended).exitCode).toBe(signal === 'SIGTERM' ? 143 : 129);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(leftovers()).toEqual([]);
  });

  test('Ctrl-C and Ctrl-\\ belong to the editor', async () => {
    const editor = `sh -c 'trap "echo interrupted" INT QUIT; echo ready; read one; read two; sed -i s/656000/9/ "$0"'`;
    const { edit, decrypted, leftovers } = scene(editor);
    const terminal = edit();
    await terminal.waitFor(/ready/);
    terminal.type(CTRL_C);
    await terminal.waitFor(/interrupted/);
    terminal.type(CTRL_BACKSLASH);
    await terminal.waitFor(/interrupted/);
    terminal.type('\r\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(await decrypted()).toContain('rounds=9');
    expect(leftovers()).toEqual([]);
  });

  test('an editor that a Ctrl-C or Ctrl-\\ ends: the file is as it was', async () => {
    for (const key of [CTRL_C, CTRL_BACKSLASH]) {
      // A shell that is about to start another program may lose the signal.
      const { edit, file, before, leftovers } = scene(`sh -c 'echo ready; exec cat >> "$0"'`);
      const terminal = edit();
      await terminal.waitFor(/ready/);
      terminal.type(`new: DEC::GPG[typed]!\r${key}`);
      expect((await terminal.ended).exitCode).not.toBe(0);
      expect(readFileSync(file, 'utf8')).toBe(before);
      expect(leftovers()).toEqual([]);
    }
  });
});

test('the buffer is for its owner alone, in a folder for its owner alone', async () => {
  const { edit, env } = scene(`sh -c 'stat -c "mode %a" "$0" "$(dirname "$0")"; echo "name $(basename "$0")"'`);
  const terminal = edit();
  await terminal.ended;
  expect(terminal.shown()).toMatch(/mode 600\s+mode 700\s+name role\.yaml/);
  expect(statSync(env.XDG_RUNTIME_DIR).isDirectory()).toBe(true);
});
