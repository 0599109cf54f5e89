import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGpg, terminalName } from '../../../src/keys/gnupg/gpg.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../../helpers/gnupg.js';

const { PATH } = process.env;
let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ pub: ['alice'] });
});
afterAll(() => home.remove());

describe('which home gpg works in', () => {
  const homeSeen = async (given: string | undefined, GNUPGHOME: string | undefined) => {
    const gpg = createGpg(given, { PATH, HOME: '/nonexistent', ...(GNUPGHOME === undefined ? {} : { GNUPGHOME }) });
    const { stdout } = await gpg.conf(['--list-dirs', 'homedir']);
    return [gpg.home, stdout.toString().trim()];
  };

  test.each([
    ['/tmp/given', '/tmp/variable', '/tmp/given', '/tmp/given'],
    ['/tmp/given', undefined, '/tmp/given', '/tmp/given'],
    [undefined, '/tmp/variable', '/tmp/variable', '/tmp/variable'],
    [undefined, '', undefined, '/nonexistent/.gnupg'],
    [undefined, undefined, undefined, '/nonexistent/.gnupg'],
  ])('given %s, GNUPGHOME %j', async (given, variable, told, seen) => {
    expect(await homeSeen(given, variable)).toEqual([told, seen]);
  });
});

test('keeps standard output, status lines and last words apart', async () => {
  const gpg = createGpg(home.path, { PATH, LC_ALL: 'C' });
  await gpg.run(['--check-trustdb']);
  const listed = await gpg.run(['--with-colons', '--list-keys', '--', `0x${FINGERPRINTS.alice ?? ''}`]);
  expect(listed).toMatchObject({ exitCode: 0, lastWords: '' });
  expect(listed.stdout.toString()).toContain('Alice <alice@example.com>');
  expect(listed.status.filter((line) => !line.startsWith('KEY_CONSIDERED '))).toEqual([]);

  const refused = await gpg.run(['--decrypt'], Buffer.from('no message'));
  expect(refused.exitCode).not.toBe(0);
  expect(refused.stdout).toHaveLength(0);
  expect(refused.status.join('\n')).toMatch(/^(?:NODATA 1|FAILURE decrypt \d+)$/m);
  expect(refused.lastWords).toMatch(/^gpg: /);
});

test('a program that ends before it has read its input is no crash', async () => {
  const { exitCode } = await createGpg(home.path, { PATH }).run(['--no-such-option'], Buffer.alloc(1_000_000));
  expect(exitCode).toBeGreaterThan(0);
});

test.each(['run', 'conf'] as const)('%s without GnuPG on PATH is GPG_NOT_FOUND', async (method) => {
  const error = await eyamlErrorOf(() => createGpg(undefined, { PATH: '/nonexistent' })[method](['--version']));
  expect(error.code).toBe('GPG_NOT_FOUND');
  expect(error.suggestions.join()).toContain('install GnuPG');
});

test('GPG_TTY names the terminal', () => {
  expect(terminalName({ GPG_TTY: '/dev/pts/7' })).toBe('/dev/pts/7');
});
