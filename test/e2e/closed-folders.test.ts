import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, COMMAND } from '../helpers/cli.js';
import { FINGERPRINTS } from '../helpers/gnupg.js';
import { keyFile } from '../helpers/key-homes.js';
import { hasPeer } from '../helpers/peers.js';

// Root enters every folder, so these run as nobody, who stands where a shell of root's stood.
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const canBecomeNobody = process.getuid?.() === 0 && hasPeer('setpriv');
const { alice = '' } = FINGERPRINTS;

let folder: string;
let closed: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'eyaml-closed-'));
  chmodSync(folder, 0o755);
  closed = path.join(folder, 'closed');
  mkdirSync(path.join(closed, '.eyaml'), { recursive: true });
  writeFileSync(path.join(closed, '.eyaml/config.yaml'), 'not: [yaml\n');
  mkdirSync(path.join(closed, '.gnupg'));
  chmodSync(closed, 0o700);
  for (const half of ['pub', 'sec'] as const) {
    copyFileSync(keyFile('alice', half), path.join(folder, `${half}.asc`));
    chmodSync(path.join(folder, `${half}.asc`), 0o644);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command as nobody; with `tools` alone on PATH there is no GnuPG. */
function asNobody(args: readonly string[], { cwd = '/', HOME = '/nonexistent', PATH = '/nonexistent' } = {}) {
  const setpriv = spawnSync('sh', ['-c', 'command -v setpriv']).stdout.toString().trim();
  const env = cleanEnvironment({ HOME, PATH });
  const { status, stdout, stderr } = spawnSync(setpriv, [...NOBODY, ...COMMAND, ...args], { cwd, env });
  return { code: status, stdout: stdout.toString(), stderr: stderr.toString() };
}
const isReadable = canBecomeNobody && asNobody(['version']).code === 0;

describe.skipIf(!isReadable)('a folder that may not be entered is no error for what does not need it:', () => {
  const pub = () => ['--gpg-public-keys', path.join(folder, 'pub.asc')];
  const sec = () => ['--gpg-private-key', path.join(folder, 'sec.asc')];
  const encrypt = () => ['encrypt', '-n', 'gpg', '--gpg-recipients', alice, '-o', 'string', '-s', 'x', ...pub()];
  const where = {
    'the current folder': () => ({ cwd: closed }),
    'the home folder': () => ({ HOME: closed }),
    both: () => ({ cwd: closed, HOME: closed }),
  };

  test.each(Object.entries(where))('%s', (_, around) => {
    const made = asNobody(encrypt(), around());
    expect(made.code).toBe(0);
    const opened = asNobody(['decrypt', '-s', made.stdout, ...pub(), ...sec()], around());
    expect({ ...opened, stderr: '' }).toEqual({ code: 0, stdout: 'x', stderr: '' });
  });

  test('what needs it says so', () => {
    const file = path.join(closed, 'a.yaml');
    expect(asNobody(['decrypt', '-f', file]).stderr).toContain(`cannot read ${file}: permission denied`);
    const encrypted = asNobody(['encrypt', '-n', 'gpg', '-s', 'x', ...pub()], { cwd: closed });
    expect(encrypted.code).toBe(1);
    expect(encrypted.stderr).toContain('permission denied');
  });

  test('a configuration that is there and may not be read is an error', () => {
    const home = path.join(folder, 'home');
    mkdirSync(path.join(home, '.eyaml'), { recursive: true });
    const config = path.join(home, '.eyaml/config.yaml');
    writeFileSync(config, 'gpg_always_trust: true\n', { mode: 0o600 });
    expect(asNobody(encrypt(), { HOME: home }).stderr).toContain(
      `cannot read the configuration file ${config}: permission denied`,
    );
    chmodSync(path.dirname(config), 0o700);
    expect(asNobody(encrypt(), { cwd: home }).stderr).toContain(`cannot read the configuration file ${config}`);
  });

  test.runIf(hasPeer('gpg'))('a GnuPG home in a closed HOME is named, and key files do without it', () => {
    const { PATH = '' } = process.env;
    const around = { HOME: closed, PATH };
    const named = `cannot read the GnuPG home ${closed}/.gnupg: permission denied`;
    const made = asNobody([...encrypt(), '--gpg-trust', 'pinned'], around);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ENC\[GPG,/) as string });
    expect(made.stderr.split(named)).toHaveLength(2);
    expect(asNobody(['decrypt', '-s', made.stdout], around).stderr).toContain(named);
    expect(asNobody(['decrypt', '-s', made.stdout, ...pub(), ...sec()], around)).toMatchObject({
      code: 0,
      stdout: 'x',
    });
  });
});
