import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exposed, told, valueMaker } from '../helpers/exposure.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { recipientLine } from '../helpers/key-homes.js';
import { createRepository } from '../helpers/repository.js';

const PAGE = readFileSync(path.resolve(import.meta.dirname, '../../docs/offboarding.md'), 'utf8');
const BOB = 'bob@example.com';

let gnupg: GnupgHome;
beforeAll(() => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob'] });
});
afterAll(() => gnupg.remove());

test('every line of docs/offboarding.md does what the page says', { timeout: 120_000 }, async () => {
  const top = path.join(scratchFolder(), 'repository');
  mkdirSync(top);
  const repo = createRepository({ env: { GNUPGHOME: gnupg.path }, withEyaml: true, top });
  const make = valueMaker(gnupg);
  repo.write('hiera-eyaml-gpg.recipients', ['alice', 'bob'].map(recipientLine).join(''));
  const values = await Promise.all(['one', 'two', 'three'].map((text) => make(text, 'alice', 'bob')));
  const [password = '', token = '', relay = ''] = values;
  repo.write('data/common.eyaml', `db::password: ${password}\nold::token: ${token}\nmail::relay: ${relay}\n`);
  repo.commit('add');
  repo.git('branch', 'production');
  const { person } = await exposed(repo, '--no-states', BOB);
  const env = { ...repo.env, NEW: 'new', KEY_ID: person[0]?.keyIds.at(-1) };
  const blocks = Array.from(PAGE.matchAll(/^ *```(console|yaml)\n(.*?)^ *```$/gms), ([, kind, text = '']) => ({
    kind,
    text,
  }));
  const ran: string[] = [];
  for (const { kind, text } of blocks) {
    if (kind === 'yaml') {
      const { secrets } = await exposed(repo, BOB);
      const digest = secrets.find(({ state }) => state === 'exposed')?.places[0]?.digest ?? '';
      repo.write('.eyaml/rotation.yaml', text.replaceAll(/^ {3}/gm, '').replace('DIGEST', digest));
      continue;
    }
    for (const [, line = '', code = '0'] of text.matchAll(/^ *\$ (.*?)(?: +# exit code (\d))?$/gm)) {
      const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: repo.top, env, encoding: 'utf8' });
      expect({ line, status }, stderr).toEqual({ line, status: Number(code) });
      ran.push(line);
      if (line === `eyaml exposure ${BOB}` && code === '1')
        expect(told(await exposed(repo, BOB))).toEqual([
          'db::password exposed',
          'mail::relay exposed',
          'old::token exposed',
        ]);
    }
  }
  expect(ran.length).toBeGreaterThan(12);
  expect(told(await exposed(repo, BOB))).toEqual([
    'mail::relay accepted',
    'db::password rotated',
    'old::token removed',
  ]);
  const readers = readFileSync(path.join(repo.top, '../readers.html'), 'utf8');
  expect(readers).toContain('alice@example.com');
  expect(readers).not.toContain(BOB);
  expect(readFileSync(path.join(repo.top, '../bob.md'), 'utf8')).toContain('- [ ] `data/common.eyaml: db::password`');
});
