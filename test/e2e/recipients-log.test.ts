import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { createSeenWorld, fpr, lines, RECIPIENTS, rules } from '../helpers/seen-world.js';

let gnupg: GnupgHome;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob', 'carol', 'mallory'] });
});
afterAll(() => gnupg.remove());

test('recipients log shows who came and went, the newest first, and of a folder what concerns it', async () => {
  const world = createSeenWorld(gnupg);
  world.write('common.yaml', 'a: 1\n');
  world.commit('no recipients');
  world.write(`prod/${RECIPIENTS}`, `${lines('alice', 'mallory')}hunter2\n`);
  world.commit('mallory joins');
  world.write('.eyaml/config.yaml', rules(['ops/**', RECIPIENTS]));
  rmSync(path.join(world.top, 'lists/ops.recipients'));
  world.commit('rules');
  const { code, stdout } = await world.run(['recipients', 'log']);
  expect(code).toBe(0);
  const shown = stdout.replace(/^commit [0-9a-f]{10} /gm, 'commit ');
  expect(shown).toBe(
    [
      'commit 2026-01-01 Ann <ann@example.com>: rules',
      '  .eyaml/config.yaml',
      '    - recipients_file: lists/ops.recipients',
      `    + recipients_file: ${RECIPIENTS}`,
      '  lists/ops.recipients (deleted)',
      `    - ${fpr('alice')} (Alice <alice@example.com>)`,
      `    - ${fpr('carol')} (Carol <carol@example.com>)`,
      'commit 2026-01-01 Ann <ann@example.com>: mallory joins',
      `  prod/${RECIPIENTS}`,
      `    + ${fpr('mallory')} (Mallory <mallory@example.com>)`,
      '    + a line that does not look like a recipient',
      'commit 2026-01-01 Ann <ann@example.com>: recipients',
      '  .eyaml/config.yaml (new)',
      "    + - path: 'ops/**'",
      '    + recipients_file: lists/ops.recipients',
      `  ${RECIPIENTS} (new)`,
      `    + ${fpr('alice')} (Alice <alice@example.com>)`,
      `    + ${fpr('bob')} (Bob <bob@example.com>)`,
      '  lists/ops.recipients (new)',
      `    + ${fpr('alice')} (Alice <alice@example.com>)`,
      `    + ${fpr('carol')} (Carol <carol@example.com>)`,
      `  prod/${RECIPIENTS} (new)`,
      `    + ${fpr('alice')} (Alice <alice@example.com>)`,
      '',
    ].join('\n'),
  );
  const below = await world.run(['recipients', 'log', 'prod']);
  expect(below.stdout).toContain('mallory joins');
  expect(below.stdout).not.toContain('lists/ops.recipients (');
  expect((await world.run(['recipients', 'log', '/tmp'])).code).toBe(1);
});

test('in a shallow clone, it warns that older commits are missing', async () => {
  const world = createSeenWorld(gnupg);
  const folder = path.join(scratchFolder(), 'clone');
  world.git('clone', '-q', '--depth', '1', `file://${world.top}`, folder);
  const { code, stderr } = await world.run(['recipients', 'log'], { cwd: folder });
  expect(code).toBe(0);
  expect(stderr).toContain('warning: this is a shallow clone: older commits are missing\n');
});

test('the question names the commit that brought a line, and what git says of its signature', async () => {
  const world = createSeenWorld(gnupg);
  await world.encryptFor('common.yaml');
  world.write(RECIPIENTS, lines('alice', 'bob', 'carol'));
  expect((await world.encryptFor('common.yaml')).stderr).toContain('(validity: ultimate, not committed yet)');
  const commit = world.commit('carol');
  world.write(`prod/${RECIPIENTS}`, lines('alice', 'mallory'));
  // Neither a program nor anything else that the repository's configuration names is run to check a signature.
  const planted = path.join(world.home, 'planted');
  writeFileSync(path.join(world.home, 'program'), `#!/bin/sh\ntouch ${planted}\n`, { mode: 0o755 });
  world.git('add', '-A');
  world.git('-c', `user.signingkey=${fpr('alice')}`, 'commit', '-qS', '-m', 'mallory');
  for (const name of ['gpg.program', 'gpg.openpgp.program', 'gpg.ssh.program', 'gpg.x509.program'])
    world.git('config', name, path.join(world.home, 'program'));
  const { stderr } = await world.encryptFor('common.yaml');
  expect(stderr).toContain(
    `(validity: ultimate, commit ${commit.slice(0, 10)} 2026-01-01 Ann <ann@example.com>, not signed)`,
  );
  expect((await world.encryptFor('prod/a.yaml')).stderr).toMatch(
    /\(validity: ultimate, commit \w{10} \S+ Ann <ann@example.com>, good signature\)/,
  );
  expect(() => rmSync(planted)).toThrow();
});
