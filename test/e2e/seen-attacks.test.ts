import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys, toolsWithoutGpg } from '../helpers/key-homes.js';
import { createRepository } from '../helpers/repository.js';
import { scratchFolder } from '../helpers/files.js';
import { createSeenWorld, fpr, lines, RECIPIENTS, rules, type SeenWorld } from '../helpers/seen-world.js';

// Everybody's key is trusted, so nothing but the memory stands between mallory and the values.
let gnupg: GnupgHome;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob', 'carol', 'mallory'] });
});
afterAll(() => gnupg.remove());

/** A repository in which alice has encrypted before. */
async function seenWorld(): Promise<SeenWorld> {
  const world = createSeenWorld(gnupg);
  expect((await world.encryptFor('common.yaml')).code).toBe(0);
  return world;
}

/** A new key with a user ID that somebody else has too. */
function keyNamed(userId: string) {
  const home = createGnupgHome();
  home.gpg([
    '--pinentry-mode',
    'loopback',
    '--passphrase',
    '',
    '--quick-gen-key',
    userId,
    'future-default',
    'default',
    'never',
  ]);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(home.gpg(['--with-colons', '--list-keys']).toString())?.[1] ?? '';
  const armored = home.gpg(['--armor', '--export']).toString();
  home.remove();
  return { fingerprint, armored };
}

const OPS = ['ops/**', 'lists/ops.recipients'] as const;

describe('whoever can push cannot add a reader unseen', () => {
  test.each<[string, (world: SeenWorld) => void, string, string[]]>([
    ['a line added', ({ write }) => write(`prod/${RECIPIENTS}`, lines('alice', 'mallory')), 'prod/a.yaml', ['mallory']],
    ['a line exchanged', ({ write }) => write(RECIPIENTS, lines('alice', 'mallory')), 'common.yaml', ['mallory']],
    [
      'a nearer recipients file added',
      ({ write }) => write(`prod/db/${RECIPIENTS}`, lines('alice', 'mallory')),
      'prod/db/a.yaml',
      ['mallory'],
    ],
    ['the nearest one deleted', ({ top }) => rmSync(path.join(top, `prod/${RECIPIENTS}`)), 'prod/a.yaml', ['bob']],
    [
      'the nearest one renamed',
      ({ top }) => renameSync(path.join(top, `prod/${RECIPIENTS}`), path.join(top, 'prod/x.recipients')),
      'prod/a.yaml',
      ['bob'],
    ],
    [
      'a rule added',
      ({ write }) => write('.eyaml/config.yaml', rules(OPS, ['prod/**', 'lists/ops.recipients'])),
      'prod/a.yaml',
      ['carol'],
    ],
    [
      'a nearer configuration with rules added',
      ({ write }) => write('ops/.eyaml/config.yaml', rules(['*.yaml', `../${RECIPIENTS}`])),
      'ops/a.yaml',
      ['bob'],
    ],
    [
      'a rule changed',
      ({ write }) => write('.eyaml/config.yaml', rules(['ops/**', RECIPIENTS])),
      'ops/a.yaml',
      ['bob'],
    ],
    ['a rule deleted', ({ write }) => write('.eyaml/config.yaml', 'encrypt_method: gpg\n'), 'ops/a.yaml', ['bob']],
    [
      'the configuration deleted',
      ({ top }) => rmSync(path.join(top, '.eyaml'), { recursive: true }),
      'ops/a.yaml',
      ['bob'],
    ],
    [
      'a rule put before another one',
      ({ write }) => write('.eyaml/config.yaml', rules(['**/*.yaml', RECIPIENTS], OPS)),
      'ops/a.yaml',
      ['bob'],
    ],
    [
      'a link in place of the recipients file',
      ({ top }) => {
        rmSync(path.join(top, `prod/${RECIPIENTS}`));
        symlinkSync('../lists/ops.recipients', path.join(top, `prod/${RECIPIENTS}`));
      },
      'prod/a.yaml',
      ['carol'],
    ],
    [
      'a link in place of the folder',
      ({ top }) => {
        rmSync(path.join(top, 'prod'), { recursive: true });
        symlinkSync('.', path.join(top, 'prod'));
        writeFileSync(path.join(top, RECIPIENTS), lines('alice', 'bob', 'mallory'));
      },
      'prod/a.yaml',
      ['mallory', 'bob'],
    ],
    [
      'a link in place of the folder, to where others read',
      ({ top, write }) => {
        write('dev/a.yaml', 'a: 1\n');
        rmSync(path.join(top, 'prod'), { recursive: true });
        symlinkSync('dev', path.join(top, 'prod'));
      },
      'prod/a.yaml',
      ['bob'],
    ],
    [
      'a link in place of the file, to where others read',
      ({ top }) => symlinkSync('../common.yaml', path.join(top, 'prod/a.yaml')),
      'prod/a.yaml',
      ['bob'],
    ],
    [
      'a folder for new files with a recipients file of its own',
      ({ write }) => write(`new/${RECIPIENTS}`, lines('mallory')),
      'new/a.yaml',
      ['mallory'],
    ],
    [
      'a `.git` in the folder',
      ({ top, write }) => {
        write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
        createRepository({ top: path.join(top, 'prod') }).commit('another root');
      },
      'prod/a.yaml',
      ['mallory'],
    ],
    [
      'an empty `.git` in the folder',
      ({ top, write }) => {
        write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
        mkdirSync(path.join(top, 'prod/.git'));
      },
      'prod/a.yaml',
      ['mallory'],
    ],
  ])('%s', async (_, attack, target, added) => {
    const world = await seenWorld();
    attack(world);
    const before = readFileSync(world.memory, 'utf8');
    const { code, stdout, stderr } = await world.encryptFor(target);
    expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('[RECIPIENTS_ADDED]');
    expect(stderr).toContain(`--accept-recipients ${added.map(fpr).join(',')}\n`);
    for (const name of added) expect(stderr).toMatch(new RegExp(` ${fpr(name)} is new \\(validity: `));
    expect(readFileSync(world.memory, 'utf8')).toBe(before);
    expect((await world.encryptFor(target, '--accept-recipients', added.map(fpr).join(','))).code).toBe(0);
    const again = await world.encryptFor(target);
    expect([again.code, again.stderr]).toEqual([0, expect.not.stringContaining('note:')]);
  });

  test('neither a look-alike name nor a name that moves the cursor hides the fingerprint', async () => {
    const { armored, fingerprint: theirs } = keyNamed('Alice <alice@example.com>\u202e');
    const home = createGnupgHome({ secret: ['alice'], pub: ['bob', 'carol'] });
    home.gpg(['--import'], armored);
    const world = createSeenWorld(home);
    await world.encryptFor('common.yaml', '--gpg-trust', 'pinned');
    world.write(`prod/${RECIPIENTS}`, `${theirs} # Alice <alice@example.com>\n`);
    const { code, stderr } = await world.encryptFor('prod/a.yaml', '--gpg-trust', 'pinned');
    home.remove();
    expect(code).toBe(1);
    expect(stderr).toContain(`Alice <alice@example.com>\\u{202e} ${theirs} is new`);
  });

  test('a link is named, and one to fewer people is no question', async () => {
    const world = await seenWorld();
    world.write('common.yaml', 'a: 1\n');
    symlinkSync('../common.yaml', path.join(world.top, 'prod/a.yaml'));
    symlinkSync('prod/b.yaml', path.join(world.top, 'b.yaml'));
    const { stderr } = await world.encryptFor('prod/a.yaml');
    const why = 'prod/a.yaml leads there by a link; where the link is, prod/hiera-eyaml-gpg.recipients decided';
    expect(stderr).toContain(`${RECIPIENTS}: ${why}\n`);
    expect((await world.encryptFor('b.yaml')).code).toBe(0);
    expect((await world.encryptFor('common.yaml')).code).toBe(0);
  });

  test('a key file replaced by another one with the same address', async () => {
    const world = createSeenWorld(gnupg, { PATH: toolsWithoutGpg(scratchFolder(), ['git']) });
    const keys = addPublicKeys(world.top, ['alice', 'bob', 'carol', 'ann']);
    world.write(RECIPIENTS, 'ann@example.com\n');
    const trusting = ['--gpg-trust', 'always'];
    expect((await world.encryptFor('common.yaml', ...trusting)).code).toBe(0);
    writeFileSync(path.join(keys, 'ann.asc'), keyNamed('Ann <ann@example.com>').armored);
    const { code, stderr } = await world.encryptFor('common.yaml', ...trusting);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[RECIPIENTS_ADDED]') as string,
    });
  });

  // Two lists that are both known: nobody in them is a stranger, but not everybody may read production.
  test('a changed rule stays to be asked about after other files were encrypted', async () => {
    const world = await seenWorld();
    await world.encryptFor('ops/a.yaml');
    world.write('.eyaml/config.yaml', rules(OPS, ['prod/**', 'lists/ops.recipients']));
    world.write('lists/ops.recipients', lines('alice', 'carol', 'bob'));
    expect((await world.encryptFor('ops/a.yaml', '--accept-recipients', fpr('bob'))).code).toBe(0);
    expect((await world.encryptFor('prod/a.yaml')).stderr).toContain('[RECIPIENTS_ADDED]');
  });

  // Bob may read the file at hand, so nobody would be asked about him there, and then he would be known for production.
  test.each<[string, (world: SeenWorld) => void, string]>([
    [
      'a rule sends a file that they may read to the list of others',
      ({ write }) => {
        write('.eyaml/config.yaml', rules(OPS, ['common.yaml', `prod/${RECIPIENTS}`]));
        write(`prod/${RECIPIENTS}`, lines('alice', 'bob'));
      },
      'common.yaml',
    ],
    [
      'their list is deleted, and they are in the one above it',
      ({ top, write }) => {
        rmSync(path.join(top, `prod/db/${RECIPIENTS}`));
        write(`prod/${RECIPIENTS}`, lines('alice', 'bob'));
      },
      'prod/db/a.yaml',
    ],
    [
      'their list is deleted together with the one between it and theirs',
      ({ top }) => {
        rmSync(path.join(top, `prod/db/${RECIPIENTS}`));
        rmSync(path.join(top, `prod/${RECIPIENTS}`));
      },
      'prod/db/a.yaml',
    ],
  ])('people known for one file do not come into the list of others: %s', async (_, attack, file) => {
    const world = createSeenWorld(gnupg);
    world.write(`prod/db/${RECIPIENTS}`, lines('alice', 'bob'));
    expect((await world.encryptFor('common.yaml')).code).toBe(0);
    expect((await world.encryptFor(file)).code).toBe(0);
    attack(world);
    for (const target of [file, 'prod/a.yaml']) {
      const { code, stderr } = await world.encryptFor(target);
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(fpr('bob')) as string });
    }
  });

  test('a configuration in the repository neither accepts nor turns it off', async () => {
    const world = await seenWorld();
    world.write(RECIPIENTS, lines('alice', 'mallory'));
    const settings = [`accept_recipients: ${fpr('mallory')}`, 'quiet: true', 'yes: true', 'gpg_trust: always'];
    world.write('.eyaml/config.yaml', `${settings.join('\n')}\n`);
    const { code, stderr } = await world.encryptFor('common.yaml');
    expect(code).toBe(1);
    expect(stderr).toContain('[RECIPIENTS_ADDED]');
    expect(stderr).toContain('accept_recipients is for the command line only and is ignored');
  });

  test('nor does one that names the recipients, but these are shown', async () => {
    const world = await seenWorld();
    world.write('.eyaml/config.yaml', `gpg_recipients: ${fpr('mallory')}\n`);
    const { code, stderr } = await world.encryptFor('common.yaml');
    expect(code).toBe(0);
    expect(stderr).toContain(`sets gpg_recipients: "${fpr('mallory')}"`);
  });

  test('a history with a second root is that of the same repository', async () => {
    const world = await seenWorld();
    world.git('checkout', '-q', '--orphan', 'other');
    world.commit('another root');
    world.git('merge', '-q', '--allow-unrelated-histories', '-s', 'ours', '-m', 'both', 'main');
    world.write(RECIPIENTS, lines('alice', 'mallory'));
    world.commit('mallory');
    const clone = path.join(scratchFolder(), 'clone');
    world.git('clone', '-q', '-b', 'other', world.top, clone);
    const { code, stderr } = await world.run(['encrypt', '-s', 'x'], { cwd: clone });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(fpr('mallory')) as string });
  });

  // With a bare repository nobody ever works in the clone itself.
  test.each(['the clone', 'another work tree'])(
    'a history with another root in a new work tree, after %s',
    async (where) => {
      const world = createSeenWorld(gnupg);
      const linked = (name: string, ...branch: readonly string[]) => {
        const folder = path.join(scratchFolder(), name);
        world.git('worktree', 'add', '-q', folder, ...branch);
        return folder;
      };
      const cwd = where === 'the clone' ? world.top : linked('first', '-b', 'first');
      expect((await world.run(['encrypt', '-s', 'x'], { cwd })).code).toBe(0);
      world.git('checkout', '-q', '--orphan', 'other');
      world.write(RECIPIENTS, lines('alice', 'mallory'));
      world.commit('another root');
      world.git('checkout', '-q', 'main');
      const { code, stderr } = await world.run(['encrypt', '-s', 'x'], { cwd: linked('second', 'other') });
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(fpr('mallory')) as string });
    },
  );
});

describe('a memory that is not one is never a first use', () => {
  test.each<[string, (file: string) => void, string]>([
    [
      'a folder',
      (file) => {
        rmSync(file);
        mkdirSync(file);
      },
      'it is a folder',
    ],
    ['garbage', (file) => writeFileSync(file, 'garbage'), 'it is not JSON'],
    ['nothing', (file) => writeFileSync(file, ''), 'it is empty'],
    ['a list', (file) => writeFileSync(file, '[]'), 'it is not a JSON object'],
    ['a later version', (file) => writeFileSync(file, '{"version":2}'), 'its version is unknown'],
    ['half of it', (file) => writeFileSync(file, '{"version":1,"clones":{}}'), 'its content is damaged'],
    [
      'a link',
      (file) => {
        renameSync(file, `${file}.real`);
        symlinkSync(`${file}.real`, file);
      },
      'it is not a regular file',
    ],
    ['a file for everybody to write', (file) => chmodSync(file, 0o666), 'it can be written by other users'],
    ['a folder for everybody to write', (file) => chmodSync(path.dirname(file), 0o777), 'its folder can be written'],
    [
      'a file in place of its folder',
      (file) => {
        rmSync(path.dirname(file), { recursive: true });
        writeFileSync(path.dirname(file), '');
      },
      'is not a folder',
    ],
  ])('%s', async (_, replace, reason) => {
    const world = await seenWorld();
    replace(world.memory);
    const { code, stdout, stderr } = await world.encryptFor('common.yaml');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('[MEMORY_UNUSABLE]');
    expect(stderr).toContain(reason);
    expect(stderr).toContain('mv ');
  });
});
