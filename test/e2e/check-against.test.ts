import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { createSeenWorld, fpr, lines, RECIPIENTS, rules, type SeenWorld } from '../helpers/seen-world.js';

let gnupg: GnupgHome;
beforeAll(() => {
  // Nobody's key is trusted: who they are counts here.
  gnupg = createGnupgHome({ pub: ['alice', 'bob', 'carol', 'mallory'], trusted: [] });
});
afterAll(() => gnupg.remove());

/** What was added since the first commit, as `FILE:LINE MESSAGE`. */
async function addedIn(world: SeenWorld, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout, stderr } = await world.run(['check', '--against', 'main~1', '--format', 'json', '.', ...args]);
  if (stdout === '') throw new Error(stderr);
  const { findings } = JSON.parse(stdout) as { findings: Record<'file' | 'line' | 'rule' | 'message', string>[] };
  const added = findings.filter(({ rule }) => rule === 'recipient-added');
  return added.map(({ file, line, message }) => `${file}:${line} ${message}`);
}

const NAMES = { bob: 'Bob', carol: 'Carol', mallory: 'Mallory' } as const;
const said = (name: keyof typeof NAMES) => `${NAMES[name]} <${name}@example.com> (${fpr(name)}) was added since main~1`;
const OPS = ['ops/**', 'lists/ops.recipients'] as const;

describe('readers who were added since a commit are findings', () => {
  test.each<[string, (world: SeenWorld) => void, string[]]>([
    ['nobody', ({ write }) => write(RECIPIENTS, lines('alice')), []],
    [
      'a line',
      ({ write }) => write(`prod/${RECIPIENTS}`, `# us\n${lines('alice', 'mallory')}`),
      [`prod/${RECIPIENTS}:3 ${said('mallory')}`],
    ],
    [
      'the same people in another order, with comments',
      ({ write }) => write(RECIPIENTS, `${fpr('bob')} # Mallory\n${fpr('alice')}\n`),
      [],
    ],
    [
      'a nearer recipients file',
      ({ write }) => write(`new/${RECIPIENTS}`, lines('mallory', 'bob')),
      [`new/${RECIPIENTS}:1 ${said('mallory')}; until then ${RECIPIENTS} decided there`],
    ],
    [
      'a recipients file that is gone',
      ({ top }) => rmSync(path.join(top, `prod/${RECIPIENTS}`)),
      [`${RECIPIENTS}:2 ${said('bob')}; until then prod/${RECIPIENTS} decided there`],
    ],
    [
      'a rule',
      ({ write }) => write('.eyaml/config.yaml', rules(OPS, ['**/db.yaml', 'lists/ops.recipients'])),
      [`lists/ops.recipients:2 ${said('carol')}; until then prod/${RECIPIENTS} decided there`],
    ],
    [
      'rules that are gone',
      ({ top }) => rmSync(path.join(top, '.eyaml'), { recursive: true }),
      [`${RECIPIENTS}:2 ${said('bob')}; until then lists/ops.recipients decided there`],
    ],
    [
      'a line without a key',
      ({ write }) => write(RECIPIENTS, `${lines('alice', 'bob')}nobody@example.com\nhunter2\n`),
      [
        `${RECIPIENTS}:3 "nobody@example.com", which matches no usable key, was added since main~1`,
        `${RECIPIENTS}:4 a line that matches no usable key was added since main~1`,
      ],
    ],
  ])('%s', async (_, change, expected) => {
    const world = createSeenWorld(gnupg);
    for (const file of ['prod/db.yaml', 'ops/a.yaml']) world.write(file, 'a: 1\n');
    world.commit('files');
    world.commit('later');
    change(world);
    expect(await addedIn(world, '--gpg-trust', 'pinned')).toEqual(expected);
    expect(existsSync(world.memory)).toBe(false);
  });

  test('with exit code 1, as an annotation for a merge request, whatever the configuration says', async () => {
    const world = createSeenWorld(gnupg);
    world.commit('later');
    world.write(RECIPIENTS, `${lines('alice', 'bob', 'mallory')}# eyaml-check: ignore recipient-added\n`);
    const { code, stdout } = await world.run([
      ...['check', '--no-folder-config', '--gpg-trust', 'pinned', '--against', 'main~1', '--format', 'github', '.'],
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain(`::error file=${RECIPIENTS},line=3,title=recipient-added::${said('mallory')}`);
  });

  test('with -q in a folder of the repository', async () => {
    const world = createSeenWorld(gnupg);
    world.commit('later');
    world.write(RECIPIENTS, lines('alice', 'bob', 'mallory'));
    const { stdout } = await world.run(['check', '--gpg-trust', 'pinned', '--against', 'main~1', '.'], {
      cwd: path.join(world.top, 'prod'),
    });
    expect(stdout).toContain(said('mallory'));
  });
});

test.each(['nowhere', '--all', 'main:prod'])('a revision that is none: %s', async (revision) => {
  const world = createSeenWorld(gnupg);
  const { code, stderr } = await world.run(['check', `--against=${revision}`, '.']);
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('names no commit') as string });
});
