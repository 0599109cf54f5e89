import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageFile, ROOT, version } from '../helpers/packages.js';
import { hasPeer } from '../helpers/peers.js';

// On the disk of the checkout, so that packages need not be copied.
const parent = mkdtempSync(path.join(ROOT, 'build/again-'));
const elsewhere = path.join(parent, 'a longer', 'place');
const kinds = [...(hasPeer('dpkg-deb') ? ['deb' as const] : []), ...(hasPeer('rpmbuild') ? ['rpm' as const] : [])];
const NOT_COPIED = ['build', 'dist', 'man', 'completions', 'node_modules'];

/** Makes all again from a copy of the source at another time and place, for a person with other settings. */
beforeAll(() => {
  mkdirSync(path.join(elsewhere, 'build'), { recursive: true });
  for (const name of readdirSync(ROOT).filter((entry) => !NOT_COPIED.includes(entry)))
    cpSync(path.join(ROOT, name), path.join(elsewhere, name), { recursive: true });
  for (const place of ['node_modules', 'build/cache'])
    execFileSync('cp', ['-al', path.join(ROOT, place), path.join(elsewhere, place)]);
  // The registry is out of reach: all that is needed is here.
  const env = { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: 'C', npm_config_registry: 'http://127.0.0.1:9' };
  const script =
    'umask 077; npm run --silent package:executable && for kind; do node scripts/package/$kind.mjs || exit; done';
  execFileSync('sh', ['-c', script, 'sh', 'npm', ...kinds], { cwd: elsewhere, env, stdio: 'pipe' });
}, 300_000);

afterAll(() => rmSync(parent, { recursive: true, force: true }));

const executable = `eyaml-linux-${process.arch}`;
const packages = kinds.map((kind) => path.basename(packageFile(kind)));
const artefacts = [executable, `hiera-eyaml-gpg-${version}.tgz`, ...packages];

test.each([`${executable}.NOTICE`, ...artefacts.flatMap((name) => [name, `${name}.cdx.json`])])(
  '%s is the same when it is made again',
  (name) => {
    const [first, again] = [ROOT, elsewhere].map((checkout) => readFileSync(path.join(checkout, 'build', name)));
    expect(again && first?.equals(again)).toBe(true);
  },
);
