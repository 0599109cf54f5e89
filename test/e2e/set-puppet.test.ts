import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { PKCS7_KEYS, puppetLookup } from '../helpers/puppet.js';

// A key path here and the key of a lookup there.
const KEYS: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['profile::db.users[0].password', 'profile::db.users.0.password'],
  ['profile::db.users.1.password', 'profile::db.users.1.password'],
  ['"a.b".c', '"a.b".c'],
  ["'d.e'", '"d.e"'],
  ['block', 'block'],
  ['there.two', 'there.two'],
  ['flow.x', 'flow.x'],
  ['"yes"', 'yes'],
];

test.runIf(hasPeer('puppet'))('puppet lookup finds what was set by the same key', async () => {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, 'common.yaml'), '---\nplain: old # note\nthere:\n  one: 1\nflow: {}\n');
  for (const [key] of KEYS) {
    const args = ['set', '--pkcs7-public-key', PKCS7_KEYS.publicKey, '--stdin', 'common.yaml', key];
    const run = await eyaml([...args, ...(key === 'block' ? ['--block'] : [])], {
      cwd: folder,
      input: `value of ${key}`,
    });
    expect(run).toMatchObject({ code: 0 });
  }
  const home = createGnupgHome();
  const hierarchy = { dataFolder: folder, files: ['common.yaml'], gnupgHome: home.path };
  const found = await puppetLookup(
    hierarchy,
    KEYS.map(([, key]) => key),
  );
  home.remove();
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(KEYS.map(([key, there]) => [there, `value of ${key}`])));
});
