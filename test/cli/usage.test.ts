import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/text/nearest.js';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';

const SECRET = 's3cr3t';

describe('a usage error repeats nothing that may be a secret, exits with 2 and says what to do', () => {
  test.each([
    ['encrypt', SECRET, 'eyaml encrypt takes options only', 'stdin reads it'],
    ['encrypt -p', SECRET, 'eyaml encrypt takes options only', '-p asks for the text'],
    ['encrypt -s my', SECRET, 'eyaml encrypt takes options only', 'in quotes'],
    ['encrypt', `--password=${SECRET}`, '--password takes no value', '-p asks'],
    [
      'encrypt -s x',
      `--passwort=${SECRET}`,
      'argument 3 of eyaml encrypt is not an option',
      'did you mean --password?',
    ],
    ['encrypt -s x', `--${SECRET}`, 'argument 3 of eyaml encrypt is not an option', 'eyaml encrypt --help'],
    ['encrypt', `-x${SECRET}`, 'argument 1 of eyaml encrypt is not an option', 'eyaml encrypt --help'],
    ['encrypt -s x -o', SECRET, '--output must be one of: examples, block, string', 'eyaml encrypt --help'],
    ['encrypt -s x -s', SECRET, '--string can be given only once', 'eyaml encrypt --help'],
    ['encrypt -p -s', SECRET, '--password and --string do not go together', 'eyaml encrypt --help'],
    ['encrypt --confirm -s', SECRET, '--confirm needs --password', 'eyaml encrypt --help'],
    ['check --expiry-days', SECRET, '--expiry-days must be a whole number, 0 or more', 'eyaml check --help'],
    ['init --all-keys --recipient', SECRET, '--all-keys and --recipient do not go together', 'eyaml init --help'],
    ['edit a', SECRET, 'eyaml edit takes options and FILE', 'eyaml edit --help'],
    ['decrypt', SECRET, 'eyaml decrypt takes options only', '-s takes a value in quotes'],
    ['--trace encrypt -s', SECRET, 'options come after the command: eyaml encrypt', 'eyaml encrypt --help'],
    ['', SECRET, 'there is no such command', 'eyaml help lists the commands'],
    ['', `--${SECRET}`, 'there is no such command', 'eyaml help lists the commands'],
    ['help', SECRET, 'there is no such command', 'eyaml help lists the commands'],
    ['help encrypt', SECRET, 'eyaml help takes', 'eyaml help --help'],
    ['version', SECRET, 'eyaml version takes options only', 'eyaml version --help'],
    ['git', SECRET, 'eyaml git has no such command', 'one of: hook, install, merge, status, textconv, uninstall'],
    ['git instal', SECRET, 'eyaml git has no such command', 'did you mean eyaml git install?'],
  ])('%s %s', async (before, secret, message, hint) => {
    const args = [...before.split(' ').filter(Boolean), secret];
    const { code, stdout, stderr } = await eyaml([...args, '--trace'], { env: { DEBUG: '*', CONTENT_TYPE: 'json' } });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain(SECRET.slice(1));
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});

test('a topic alone needs one of its commands', async () => {
  const { code, stderr } = await eyaml(['git']);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      'error: eyaml git needs a command [USAGE]\nhint: one of: hook, install, merge, status, textconv, uninstall\n',
  });
});

describe('an argument that is missing is not taken from standard input', () => {
  test.each([
    ['set common.yaml --stdin', 'missing KEY'],
    ['set', 'missing FILE and KEY'],
    ['get common.yaml', 'no key is given'],
    ['get', 'missing FILE'],
    ['unset', 'missing FILE and KEY'],
    ['edit', 'missing FILE'],
    ['log', 'missing FILE'],
    ['completion', 'missing SHELL'],
    ['check', 'give either paths to check or --staged'],
    ['git textconv', 'missing FILE'],
    ['git merge a b', 'missing THEIRS and PATH'],
    ['recipients add', 'there is no hiera-eyaml-gpg.recipients'],
    ['recipients log', 'not in a git repository'],
    ['recipients ack', 'there is no recipients file here'],
    ['recipients verify', 'the recipients are not signed'],
  ])('%s', async (line, message) => {
    const cwd = scratchFolder();
    const { stdout, stderr } = await eyaml(line.split(' '), { input: `${SECRET}\n`, cwd, env: { HOME: cwd } });
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stderr).toContain(message);
  });
});

test.each([
  ['passwort', 'password'],
  ['strng', 'string'],
  ['dekrypt', 'decrypt'],
  ['s3cr3t', undefined],
  ['', undefined],
  ['p', undefined],
])('the known word that is most like %j is %j', (word, wanted) => {
  expect(nearest(word, ['password', 'string', 'stdin', 'decrypt', 'encrypt'])).toBe(wanted);
});
