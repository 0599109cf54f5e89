import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { addPublicKeys } from '../helpers/key-homes.js';
import { createScene, type Scene } from '../helpers/scene.js';

const RECIPIENTS = 'hiera-eyaml-gpg.recipients';

let alice: GnupgHome;
let nobody: GnupgHome;
let value: string;
beforeAll(() => {
  alice = createGnupgHome({ secret: ['alice'], pub: ['bob'] });
  nobody = createGnupgHome({ pub: ['zoe'] });
  value = `ENC[GPG,${alice.gpg(['-r', 'bob@example.com', '--encrypt'], 'x').toString('base64')}]`;
});
afterAll(() => {
  alice.remove();
  nobody.remove();
});

/** A tree whose public keys lie beside its values, and are in no keyring. */
function tree(): Scene {
  const it = createScene({ gnupg: nobody });
  it.write('data/a.yaml', `a: ${value}\nb: ${value}\n`);
  it.write(`data/${RECIPIENTS}`, 'zoe@example.com\n');
  addPublicKeys(path.join(it.cwd, 'data'), ['bob']);
  mkdirSync(path.join(it.cwd, 'elsewhere'));
  return it;
}

describe('readers are named by the keys that lie beside the file, from any current folder', () => {
  test.each(['data', '.', 'elsewhere', '/'])('%s', async (folder) => {
    const it = tree();
    const cwd = path.resolve(it.cwd, folder);
    const file = path.relative(cwd, path.join(it.cwd, 'data/a.yaml'));
    const run = (...args: string[]) =>
      eyaml(args, { cwd, env: { HOME: it.homeFolder, GNUPGHOME: nobody.path, EDITOR: 'true' } });
    const decrypted = await run('decrypt', '-f', file);
    expect(decrypted.stderr).toContain('(Bob <bob@example.com>)');
    // Both values have the same readers, who are told once.
    expect(decrypted.stderr.match(/it is encrypted for/g)).toHaveLength(1);
    const edited = await run('edit', file);
    expect(edited.stderr).toContain('(Bob <bob@example.com>)');
    expect(edited.stderr.match(/it is encrypted for/g)).toHaveLength(1);
    expect((await run('check', file)).stdout).toContain('error: Bob <bob@example.com> (');
    expect((await run('recrypt', '--dry-run', file)).stderr).toMatch(/- [0-9A-F]{40} Bob <bob@example\.com>/);
  });
});
