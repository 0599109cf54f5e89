import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { createRepository } from '../helpers/repository.js';
import { createSeenWorld, fpr, lines, RECIPIENTS, type SeenWorld } from '../helpers/seen-world.js';
import { eyamlOnTerminal } from '../helpers/terminal.js';

let gnupg: GnupgHome;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob', 'carol', 'mallory'] });
});
afterAll(() => gnupg.remove());

const FIRST = /^note: first use here: /m;
const encrypt = ['encrypt', '-s', 'x', '-o', 'string'];

/** A repository in which alice has encrypted before. */
async function seenWorld(): Promise<SeenWorld> {
  const world = createSeenWorld(gnupg);
  expect((await world.encryptFor('common.yaml')).firstUse).toMatch(FIRST);
  return world;
}

const clone = (world: SeenWorld, ...options: readonly string[]) => {
  const folder = path.join(scratchFolder(), 'clone');
  world.git('clone', '-q', ...options, `file://${world.top}`, folder);
  return folder;
};

describe('the first use', () => {
  test('is accepted, shown and remembered, for the whole tree', async () => {
    const world = createSeenWorld(gnupg);
    const { code, stderr, firstUse } = await world.encryptFor('common.yaml');
    expect({ code, stderr, firstUse }).toEqual({
      code: 0,
      stderr: '',
      firstUse: [
        `note: recipients in ${RECIPIENTS}: Alice <alice@example.com>, Bob <bob@example.com>`,
        'note: first use here: eyaml remembers who is in 3 recipients files, and asks before it encrypts for anyone else',
        '',
      ].join('\n'),
    });
    expect(await world.encryptFor('prod/a.yaml')).toMatchObject({ stderr: '', firstUse: '' });
    expect(statSync(world.memory).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(world.memory)).mode & 0o777).toBe(0o700);
  });

  test('is not shown with --quiet where GnuPG trusts the keys, but else it is', async () => {
    expect((await createSeenWorld(gnupg).encryptFor('common.yaml', '-q')).firstUse).toBe('');
    const pinned = await createSeenWorld(gnupg).encryptFor('common.yaml', '-q', '--gpg-trust', 'pinned');
    expect(pinned.firstUse).toMatch(FIRST);
  });

  test('may be only for exactly those whom the user names', async () => {
    const named = (...names: string[]) => ['--accept-recipients', names.map(fpr).join(',')];
    const world = createSeenWorld(gnupg);
    expect((await world.encryptFor('common.yaml', ...named('alice'))).code).toBe(2);
    expect((await world.encryptFor('common.yaml', ...named('alice', 'bob', 'carol'))).code).toBe(2);
    expect(existsSync(world.memory)).toBe(false);
    expect((await world.encryptFor('common.yaml', ...named('bob', 'alice'))).code).toBe(0);
  });

  test('happens once, however many runs begin at the same time', async () => {
    const worlds = [createSeenWorld(gnupg), createSeenWorld(gnupg)];
    const [shared] = worlds.map(({ home }) => path.join(home, 'state'));
    const env = { XDG_STATE_HOME: shared };
    const runs = Array.from({ length: 20 }, async (_, i) => worlds[i % 2]?.run(encrypt, { env }));
    expect((await Promise.all(runs)).map((run) => run?.code)).toEqual(runs.map(() => 0));
    for (const world of worlds) expect(await world.run(encrypt, { env })).toMatchObject({ stderr: '', firstUse: '' });
    expect((await worlds[0]?.run(['encrypt', '-s', 'x', '--for', 'prod'], { env }))?.stderr).toBe('');
  });

  test('is nothing that a home folder is made for', async () => {
    const world = createSeenWorld(gnupg, { HOME: '/nonexistent/eyaml' });
    expect(await world.encryptFor('common.yaml')).toMatchObject({ code: 0, stderr: '', firstUse: '' });
  });
});

describe('what recipients that a person names leave alone', () => {
  test.each([[['--gpg-recipients', 'carol@example.com']], [['--gpg-recipients-file', 'lists/ops.recipients']]])(
    '%s',
    async (options) => {
      const world = createSeenWorld(gnupg);
      expect(await world.encryptFor('common.yaml', ...options)).toMatchObject({ code: 0 });
      expect(existsSync(world.memory)).toBe(false);
    },
  );
});

describe('honest work', () => {
  test('somebody joins: accepted by name, whatever the case and the blanks', async () => {
    const world = await seenWorld();
    world.write(RECIPIENTS, lines('alice', 'bob', 'carol'));
    const spelt = fpr('carol')
      .toLowerCase()
      .replace(/(.{4})/g, '$1 ');
    expect((await world.encryptFor('common.yaml', '--accept-recipients', spelt)).code).toBe(0);
    expect(await world.encryptFor('common.yaml')).toMatchObject({ stderr: '', firstUse: '' });
  });

  test.each([
    ['one too few', ['carol'], /Mallory <mallory@example.com> \w+ is new but not named/],
    ['one too many', ['carol', 'mallory', 'alice'], /: \w+ is named but not new/],
    ['a key ID', ['0123456789ABCDEF', 'carol'], /needs full fingerprints/],
  ])('two join, and %s is named', async (_, names, message) => {
    const world = await seenWorld();
    world.write(RECIPIENTS, lines('alice', 'bob', 'carol', 'mallory'));
    const { code, stderr } = await world.encryptFor('common.yaml', '--accept-recipients', names.map(fpr).join(','));
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) as string });
  });

  test('nobody joins, and somebody is named', async () => {
    const world = await seenWorld();
    expect((await world.encryptFor('common.yaml', '--accept-recipients', fpr('carol'))).code).toBe(2);
  });

  test('somebody leaves: one line, once; coming back is asked about', async () => {
    const world = await seenWorld();
    world.write(RECIPIENTS, lines('alice'));
    const gone = `note: no longer in ${RECIPIENTS}: Bob <bob@example.com> ${fpr('bob')}\n`;
    expect(await world.encryptFor('common.yaml')).toMatchObject({ code: 0, stderr: gone });
    expect(await world.encryptFor('common.yaml')).toMatchObject({ stderr: '', firstUse: '' });
    world.write(RECIPIENTS, lines('alice', 'bob'));
    expect((await world.encryptFor('common.yaml')).code).toBe(1);
  });

  test('a new subkey: one line, once; a later expiry: nothing', async () => {
    const home = createGnupgHome({ secret: ['alice', 'carol'], pub: ['bob'] });
    const world = createSeenWorld(home);
    world.write(RECIPIENTS, lines('alice', 'carol'));
    await world.encryptFor('common.yaml');
    const silent = ['--pinentry-mode', 'loopback', '--passphrase', ''];
    home.gpg([...silent, '--quick-set-expire', fpr('carol'), '3y', '*']);
    expect(await world.encryptFor('common.yaml')).toMatchObject({ stderr: '', firstUse: '' });
    home.gpg([...silent, '--quick-add-key', fpr('carol'), 'cv25519', 'encr', 'never']);
    // So that it is surely the newest one.
    home.gpg([...silent, '--faked-system-time', '20300101T000000', '--quick-add-key', fpr('carol'), 'rsa2048', 'encr']);
    const { code, stderr } = await world.encryptFor('common.yaml');
    const again = await world.encryptFor('common.yaml');
    home.remove();
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `note: new subkey in ${RECIPIENTS}: Carol <carol@example.com> ${fpr('carol')}\n`,
    });
    expect(again.stderr).toBe('');
  });

  test('another clone, a linked work tree and a renamed folder are the same repository', async () => {
    const world = await seenWorld();
    const second = clone(world);
    world.git('worktree', 'add', '-q', path.join(scratchFolder(), 'linked'), '-b', 'linked');
    const linked = /^worktree (.*linked)$/m.exec(world.git('worktree', 'list', '--porcelain'))?.[1] ?? '';
    for (const cwd of [second, linked])
      expect(await world.run(encrypt, { cwd })).toMatchObject({ code: 0, stderr: '', firstUse: '' });
    renameSync(second, `${second}-renamed`);
    expect(await world.run(encrypt, { cwd: `${second}-renamed` })).toMatchObject({ stderr: '', firstUse: '' });
  });

  test('another repository in the place of a clone is another one', async () => {
    const world = await seenWorld();
    rmSync(path.join(world.top, '.git'), { recursive: true });
    const other = createRepository({ top: world.top });
    other.commit('another root');
    expect((await world.encryptFor('common.yaml')).firstUse).toMatch(FIRST);
  });

  test('a shallow clone has a memory of its own until its root is known', async () => {
    const world = await seenWorld();
    world.write('a.yaml', 'a: 1\n');
    world.commit('second');
    const shallow = clone(world, '--depth', '1');
    expect((await world.run(encrypt, { cwd: shallow })).firstUse).toMatch(FIRST);
    expect(await world.run(encrypt, { cwd: shallow })).toMatchObject({ stderr: '', firstUse: '' });
    createRepository({ top: scratchFolder() }).git('-C', shallow, 'fetch', '-q', '--unshallow');
    expect(await world.run(encrypt, { cwd: shallow })).toMatchObject({ stderr: '', firstUse: '' });
  });

  test('a repository without a commit, then with one', async () => {
    const repository = createRepository({ env: { GNUPGHOME: gnupg.path } });
    const world = { ...createSeenWorld(gnupg), ...repository };
    world.write(RECIPIENTS, lines('alice'));
    const run = () => world.run(encrypt, { cwd: repository.top });
    expect((await run()).firstUse).toMatch(FIRST);
    repository.commit('first');
    expect(await run()).toMatchObject({ stderr: '', firstUse: '' });
    world.write(RECIPIENTS, lines('alice', 'bob'));
    expect((await run()).code).toBe(1);
  });

  test('without git, also where a recipients file comes above, and then git', async () => {
    const world = createSeenWorld(gnupg);
    rmSync(path.join(world.top, '.git'), { recursive: true });
    rmSync(path.join(world.top, RECIPIENTS));
    rmSync(path.join(world.top, '.eyaml'), { recursive: true });
    expect((await world.encryptFor('prod/a.yaml')).firstUse).toMatch(FIRST);
    world.write(RECIPIENTS, lines('alice', 'mallory'));
    expect(await world.encryptFor('prod/a.yaml')).toMatchObject({ stderr: '', firstUse: '' });
    rmSync(path.join(world.top, `prod/${RECIPIENTS}`));
    expect((await world.encryptFor('prod/a.yaml')).code).toBe(1);
    createRepository({ top: world.top }).commit('first');
    expect((await world.encryptFor('prod/a.yaml')).code).toBe(1);
  });

  test('a submodule in a repository that was seen is asked about once', async () => {
    const world = await seenWorld();
    const other = createRepository();
    other.write(RECIPIENTS, lines('alice', 'carol'));
    other.commit('first');
    world.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', `file://${other.top}`, 'sub');
    expect((await world.encryptFor('sub/a.yaml')).stderr).toContain(fpr('carol'));
    expect((await world.encryptFor('sub/a.yaml', '--accept-recipients', fpr('carol'))).code).toBe(0);
    expect(await world.encryptFor('sub/a.yaml')).toMatchObject({ stderr: '', firstUse: '' });
    expect(await world.encryptFor('common.yaml')).toMatchObject({ stderr: '', firstUse: '' });
  });

  test.skipIf(process.geteuid?.() === 0)('a home folder that cannot be written', async () => {
    const world = createSeenWorld(gnupg);
    chmodSync(world.home, 0o500);
    const { code, stderr } = await world.encryptFor('common.yaml');
    chmodSync(world.home, 0o700);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: the recipients are not remembered: cannot write /m);
  });

  test.skipIf(process.geteuid?.() !== 0)('root makes nothing in the home folder of another user', async () => {
    const world = createSeenWorld(gnupg);
    chownSync(world.home, 65534, 0);
    const { code, stderr } = await world.run(encrypt);
    expect(code).toBe(0);
    expect(stderr).toContain(`not remembered: cannot make ${world.home}/.local: ${world.home} belongs to another user`);
    expect(existsSync(path.join(world.home, '.local'))).toBe(false);
  });

  test('a memory that cannot be written', async () => {
    const world = createSeenWorld(gnupg);
    // Not even root can make a folder there.
    const env = { XDG_STATE_HOME: '/proc/self' };
    const { code, stderr, firstUse } = await world.run(encrypt, { env });
    expect(code).toBe(0);
    expect(firstUse).toMatch(FIRST);
    expect(stderr).toMatch(/^warning: the recipients are not remembered: /m);
  });
});

describe('on a terminal', () => {
  const QUESTION = /Encrypt for them from now on\?/;
  const onTerminal = (world: SeenWorld, ...args: readonly string[]) => {
    const editor = path.join(world.home, 'editor');
    writeFileSync(editor, '#!/bin/sh\necho opened >&2\nsed -i s/x/y/ "$1"\n', { mode: 0o755 });
    return eyamlOnTerminal(args, { cwd: world.top, env: { ...world.env, EDITOR: editor } });
  };

  test.each([
    { keys: '\r', exitCode: 1, again: 1 },
    { keys: 'y\r', exitCode: 0, again: 0 },
  ])('edit asks before the editor opens: $keys', async ({ keys, exitCode, again }) => {
    const world = await seenWorld();
    world.write('prod/a.yaml', `a: ${(await world.encryptFor('prod/a.yaml')).stdout}\n`);
    world.write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
    const terminal = onTerminal(world, 'edit', 'prod/a.yaml');
    await terminal.waitFor(QUESTION);
    expect(terminal.shown()).not.toContain('opened');
    terminal.type(keys);
    expect((await terminal.ended).exitCode).toBe(exitCode);
    expect(terminal.shown().includes('opened')).toBe(exitCode === 0);
    expect((await world.encryptFor('prod/a.yaml')).code).toBe(again);
  });

  test('recrypt asks once for all files, and says who and where', async () => {
    const world = await seenWorld();
    for (const file of ['common.yaml', 'prod/a.yaml'])
      world.write(file, `a: ${(await world.encryptFor(file)).stdout}\n`);
    world.write(RECIPIENTS, lines('alice', 'bob', 'carol'));
    world.write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
    const terminal = onTerminal(world, 'recrypt', '--yes', '.');
    await terminal.waitFor(QUESTION);
    for (const text of [`${RECIPIENTS}: 1 recipient added`, `prod/${RECIPIENTS}: 1 recipient added`, 'C869 411C 6BB3'])
      expect(terminal.shown()).toContain(text);
    terminal.type('y\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(await world.encryptFor('prod/a.yaml')).toMatchObject({ stderr: '', firstUse: '' });
  });
});

describe('recrypt without a terminal', () => {
  test('--dry-run says who is new, and remembers nothing; then nothing is written without --accept-recipients', async () => {
    const world = await seenWorld();
    for (const file of ['common.yaml', 'prod/a.yaml'])
      world.write(file, `a: ${(await world.encryptFor(file)).stdout}\n`);
    world.write(RECIPIENTS, lines('alice', 'bob', 'carol'));
    world.write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
    const before = [world.memory, path.join(world.top, 'prod/a.yaml')].map((file) => readFileSync(file, 'utf8'));
    const dry = await world.run(['recrypt', '--dry-run', '.']);
    expect(dry.code).toBe(0);
    expect(dry.stderr).toContain(`prod/${RECIPIENTS}: 1 recipient added since you last encrypted here\n`);
    const refused = await world.run(['recrypt', '--yes', '.']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`--accept-recipients ${fpr('carol')},${fpr('mallory')}\n`);
    expect([world.memory, path.join(world.top, 'prod/a.yaml')].map((file) => readFileSync(file, 'utf8'))).toEqual(
      before,
    );
    const both = [fpr('mallory'), fpr('carol')].join(',');
    expect((await world.run(['recrypt', '--yes', '--accept-recipients', both, '.'])).code).toBe(0);
  });
});

describe('what the user adds is accepted with it', () => {
  test('recipients add, but not the line of a stranger', async () => {
    const world = await seenWorld();
    world.write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
    expect((await world.run(['recipients', 'add', '--to', 'prod', '--no-recrypt', fpr('carol')])).code).toBe(0);
    const { code, stderr } = await world.encryptFor('prod/a.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain(`--accept-recipients ${fpr('mallory')}\n`);
  });

  test('recipients add --new', async () => {
    const world = await seenWorld();
    mkdirSync(path.join(world.top, 'new'));
    await world.run(['recipients', 'add', '--new', '--to', 'new', '--no-recrypt', fpr('carol'), fpr('alice')]);
    expect(await world.encryptFor('new/a.yaml')).toMatchObject({ code: 0, stderr: '', firstUse: '' });
  });

  test('recipients remove', async () => {
    const world = await seenWorld();
    await world.run(['recipients', 'remove', '--no-recrypt', fpr('bob')]);
    expect(await world.encryptFor('common.yaml')).toMatchObject({ code: 0, stderr: '', firstUse: '' });
  });

  test('init, in a new repository and in one that was seen', async () => {
    const world = createSeenWorld(gnupg);
    const top = createRepository().top;
    const init = ['init', '--gpg-trust', 'pinned', '--recipient'];
    expect((await world.run([...init, fpr('alice'), top])).firstUse).toBe('');
    expect((await world.run(encrypt, { cwd: top })).firstUse).toBe('');
    expect((await world.run([...init, fpr('carol'), top])).code).toBe(0);
    expect((await world.run(encrypt, { cwd: top })).code).toBe(0);
  });
});

describe('recipients ack', () => {
  test('says when there is nothing to do', async () => {
    const world = await seenWorld();
    const { code, stderr } = await world.run(['recipients', 'ack']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^nothing to do: .*\n$/) as string });
  });

  test('accepts the whole repository, from a folder in it', async () => {
    const world = await seenWorld();
    world.write(RECIPIENTS, lines('alice', 'bob', 'carol'));
    world.write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
    expect((await world.run(['recipients', 'ack', 'prod'])).code).toBe(1);
    expect((await world.encryptFor('common.yaml')).code).toBe(1);
    const { code, stderr } = await world.run(['recipients', 'ack', 'prod', '--yes']);
    expect(code).toBe(0);
    expect(stderr).toContain('  + Mallory <mallory@example.com>\n');
    for (const file of ['common.yaml', 'prod/a.yaml'])
      expect(await world.encryptFor(file)).toMatchObject({ code: 0, stderr: '', firstUse: '' });
  });

  test('accepts exactly those who are named', async () => {
    const world = await seenWorld();
    world.write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
    expect((await world.run(['recipients', 'ack', '--accept-recipients', fpr('carol')])).code).toBe(2);
    expect((await world.run(['recipients', 'ack', '--accept-recipients', fpr('mallory')])).code).toBe(0);
  });

  test('shows rules that changed', async () => {
    const world = await seenWorld();
    world.write('.eyaml/config.yaml', `rules:\n- path: 'prod/**'\n  recipients_file: lists/ops.recipients\n`);
    const { stderr } = await world.run(['recipients', 'ack', '--yes']);
    expect(stderr).toContain('  - ops/** → lists/ops.recipients\n  + prod/** → lists/ops.recipients\n');
    expect(stderr).toContain('  + Carol <carol@example.com>\n');
  });

  test('asks on a terminal', async () => {
    const world = await seenWorld();
    world.write(RECIPIENTS, lines('alice', 'mallory'));
    const terminal = eyamlOnTerminal(['recipients', 'ack'], { cwd: world.top, env: world.env });
    await terminal.waitFor(/Accept all of this\?/);
    terminal.type('y\r');
    expect((await terminal.ended).exitCode).toBe(0);
    expect(await world.encryptFor('common.yaml')).toMatchObject({ stderr: '', firstUse: '' });
  });

  test('Ctrl-D is no answer', async () => {
    const world = await seenWorld();
    world.write(RECIPIENTS, lines('alice', 'mallory'));
    const terminal = eyamlOnTerminal(['recipients', 'ack'], { cwd: world.top, env: world.env });
    await terminal.waitFor(/Accept all of this\?/);
    terminal.type('\x04');
    expect((await terminal.ended).exitCode).toBe(130);
    expect(terminal.shown()).toMatch(/aborted\s*$/);
    expect((await world.encryptFor('common.yaml')).code).toBe(1);
  });
});
