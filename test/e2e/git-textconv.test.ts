import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment, COMMAND, eyaml } from '../helpers/cli.js';
import { scratchFolder, scratchRuntimeFolder } from '../helpers/files.js';
import { BOBS_PASSPHRASE, createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { keyfilesHome, toolsWithoutGpg } from '../helpers/key-homes.js';
import { fakePinentry } from '../helpers/pinentry.js';
import { PKCS7_FLAGS, PRIVATE_KEY_FILE } from '../helpers/pkcs7.js';
import { createRepository, type Repository, type RepositoryOptions } from '../helpers/repository.js';
import { onTerminal } from '../helpers/terminal.js';

const OLD = 'canary-old-7Zq2Xv';
const NEW = 'canary-new-7Zq2Xv';

let gnupg: GnupgHome;
/** Values for alice and bob, so that tests need not encrypt. */
let values: { readonly old: string; readonly again: string; readonly new: string; readonly pkcs7: string };

beforeAll(async () => {
  gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob'] });
  const encrypt = async (input: string, ...args: readonly string[]) => {
    const env = { GNUPGHOME: gnupg.path };
    const { stdout, stderr } = await eyaml(['encrypt', '-o', 'string', '--stdin', ...args], { env, input });
    expect(stderr).toBe('');
    return stdout.trim();
  };
  const both = ['-n', 'gpg', '--gpg-recipients', 'alice@example.com,bob@example.com', '--gpg-always-trust'];
  values = {
    old: await encrypt(OLD, ...both),
    again: await encrypt(OLD, ...both),
    new: await encrypt(NEW, ...both),
    pkcs7: await encrypt(NEW, '-n', 'pkcs7', ...PKCS7_FLAGS),
  };
});
afterAll(() => gnupg.remove());

/** A repository with the drivers, and three commits: a value, its re-encryption, and a change of it. */
async function installed(options: RepositoryOptions = {}): Promise<Repository> {
  const repo = createRepository({ ...options, env: { GNUPGHOME: gnupg.path, ...options.env } });
  repo.write('a.eyaml', `# top\nx: 1\npassword: ${values.old}\n`);
  repo.commit('first');
  repo.write('a.eyaml', `# top\nx: 1\npassword: ${values.again}\n`);
  repo.commit('again');
  repo.write('a.eyaml', `# top\nx: 1\npassword: ${values.new}\n`);
  repo.commit('second');
  const { code, stderr } = await eyaml(['git', 'install'], { cwd: repo.top, env: repo.env });
  expect(code, stderr).toBe(0);
  // Only what is read of it counts here.
  repo.git('config', 'core.hooksPath', '/dev/null');
  return repo;
}

function git(repo: Repository, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync('git', args, { cwd: repo.top, env: { ...repo.env, ...more } });
  return { code: status, stdout: stdout.toString(), stderr: stderr.toString() };
}

describe('what each command of git shows', () => {
  const SHOWN: readonly (readonly [string, readonly string[]])[] = [
    ['git diff', ['diff', 'HEAD~1']],
    ['git diff --word-diff', ['diff', '--word-diff', 'HEAD~1']],
    ['git log -p', ['log', '-p']],
    ['git show COMMIT', ['show', 'HEAD']],
    ['git show --textconv COMMIT:FILE', ['show', '--textconv', 'HEAD:a.eyaml']],
    ['git cat-file --textconv', ['cat-file', '--textconv', 'HEAD:a.eyaml']],
    ['git blame', ['blame', 'a.eyaml']],
    ['git grep --textconv', ['grep', '--textconv', 'canary']],
  ];
  const STORED: readonly (readonly [string, readonly string[]])[] = [
    ['git show COMMIT:FILE', ['show', 'HEAD:a.eyaml']],
    ['git format-patch', ['format-patch', '--stdout', '-1']],
    ['git diff-files -p', ['diff-files', '-p']],
    ['git diff-index -p', ['diff-index', '-p', 'HEAD~1']],
    ['git log -L', ['log', '-L3,3:a.eyaml']],
    ['git grep', ['grep', 'ENC']],
    ['git stash show -p', ['stash', 'show', '-p']],
    ['git add -p', ['add', '-p']],
  ];
  let repo: Repository;
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/git.md'), 'utf8');

  test('is what docs/git.md says', async () => {
    repo = await installed();
    repo.write('a.eyaml', `# top\nx: 2\npassword: ${values.old}\n`);
    repo.git('stash', '-q');
    repo.git('stash', 'apply', '-q');
    for (const [name, args] of SHOWN) {
      const { code, stdout } = git(repo, args);
      expect({ name, code, shows: stdout.includes('canary') }).toEqual({ name, code: 0, shows: true });
      expect(page, name).toMatch(new RegExp(`^\\| \`${name}.*\\| plaintext`, 'm'));
    }
    for (const [name, args] of STORED) {
      const { stdout, stderr } = git(repo, args);
      expect({ name, shows: stdout.includes('canary') }, stderr).toEqual({ name, shows: false });
      expect(stdout, name).toContain('ENC[GPG,');
      expect(page, name).toMatch(new RegExp(`^\\| \`${name}.*\\| ciphertext`, 'm'));
    }
  });
});

describe('git diff', () => {
  test('says nothing of a value that was only encrypted again, and tells a change by its line', async () => {
    const repo = await installed();
    expect(git(repo, ['diff', '--unified=0', 'HEAD~2', 'HEAD~1']).stdout).not.toContain('@@');
    expect(git(repo, ['diff', '--unified=0', 'HEAD~1']).stdout).toMatch(
      new RegExp(`\n-password: DEC::GPG\\[${OLD}\\]!\n\\+password: DEC::GPG\\[${NEW}\\]!\n$`),
    );
  });

  test('works with the work tree, in a folder below, in a linked work tree and a submodule', async () => {
    const repo = await installed();
    repo.write('a.eyaml', `# top\nx: 1\npassword: ${values.old}\n`);
    repo.write('below/b.eyaml', `b: ${values.old}\n`);
    repo.git('add', '-N', '.');
    const shown = spawnSync('git', ['diff'], { cwd: path.join(repo.top, 'below'), env: repo.env }).stdout.toString();
    expect(shown).toContain(`+b: DEC::GPG[${OLD}]!`);
    expect(shown).toContain(`+password: DEC::GPG[${OLD}]!`);
    const linked = path.join(scratchFolder(), 'linked');
    repo.git('worktree', 'add', '-q', linked, 'HEAD~1');
    copyFileSync(path.join(repo.top, '.gitattributes'), path.join(linked, '.gitattributes'));
    expect(repo.git('-C', linked, 'diff', 'HEAD', 'main')).toContain(`+password: DEC::GPG[${NEW}]!`);
    const outer = createRepository({ env: { GNUPGHOME: gnupg.path } });
    outer.git('-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', repo.top, 'sub');
    const inside = path.join(outer.top, 'sub');
    expect((await eyaml(['git', 'install'], { cwd: inside, env: outer.env })).code).toBe(0);
    expect(outer.git('-C', inside, 'diff', 'HEAD~1')).toContain(`+password: DEC::GPG[${NEW}]!`);
  });

  test('keeps CRLF, and shows values in text that is no YAML and in a file with a byte order mark', async () => {
    const repo = await installed();
    repo.git('config', 'core.autocrlf', 'false');
    repo.write('crlf.eyaml', `a: ${values.old}\r\nb: 1\r\n`);
    repo.write('odd.eyaml', `\ufeff{ a: [ ${values.old}\n\tb: ${values.pkcs7}\n`);
    repo.write('latin1.eyaml', Buffer.from(`a: \xe9 ${values.old}\n`, 'latin1'));
    repo.git('add', '-N', '.');
    const { stdout } = git(repo, ['diff']);
    expect(stdout).toContain(`+a: DEC::GPG[${OLD}]!\r\n+b: 1\r\n`);
    expect(stdout).toMatch(
      new RegExp(`\\+\ufeff\\{ a: \\[ DEC::GPG\\[${OLD}\\]!\n\\+\tb: ENC\\[PKCS7,sha256:[0-9a-f]{12}\\]\n`),
    );
    expect(stdout).toContain(values.old);
  });

  test('on a terminal asks nothing, with its pager running', async () => {
    const repo = await installed();
    for (const args of ['diff HEAD~1', 'log -p', 'show', 'blame a.eyaml', 'grep --textconv canary']) {
      const terminal = onTerminal('/bin/sh', ['-c', `git ${args}`], {
        cwd: repo.top,
        env: { ...repo.env, GIT_PAGER: 'cat', PAGER: 'cat' },
      });
      const { exitCode } = await terminal.ended;
      expect({ args, exitCode, shows: terminal.shown().includes('-7Zq2Xv') }).toEqual({
        args,
        exitCode: 0,
        shows: true,
      });
    }
    repo.write('a.eyaml', `# top\nx: 1\npassword: ${values.old}\n`);
    const patching = onTerminal('git', ['add', '-p'], { cwd: repo.top, env: { ...repo.env, GIT_PAGER: 'cat' } });
    await patching.waitFor(/Stage this hunk.*\?/);
    patching.type('y\n');
    await patching.ended;
    // What is staged is the file, not what was shown.
    expect(patching.shown()).not.toContain('canary');
    expect(repo.git('show', ':a.eyaml')).toContain(values.old);
  });
});

describe('keys', () => {
  test('a PKCS7 pair', async () => {
    const repo = await installed();
    repo.write('p.eyaml', `a: ${values.pkcs7}\n`);
    repo.git('add', '-N', '.');
    mkdirSync(path.join(repo.home, '.eyaml'), { recursive: true });
    repo.write(
      path.relative(repo.top, path.join(repo.home, '.eyaml/config.yaml')),
      `pkcs7_private_key: ${PRIVATE_KEY_FILE}\n`,
    );
    expect(git(repo, ['diff']).stdout).toContain(`+a: DEC::PKCS7[${NEW}]!`);
  });

  test('a key file, without GnuPG', async () => {
    const repo = await installed();
    const folder = scratchFolder();
    const tools = toolsWithoutGpg(folder, ['sh', 'cat', 'sed', 'grep', 'git']);
    const env = { HOME: keyfilesHome(folder, ['alice']), PATH: tools, GNUPGHOME: undefined };
    expect(git(repo, ['diff', 'HEAD~1'], env).stdout).toContain(`+password: DEC::GPG[${NEW}]!`);
    const locked = { HOME: keyfilesHome(folder, ['bob']), PATH: tools, GNUPGHOME: undefined };
    expect(git(repo, ['diff', 'HEAD~1'], locked).stdout).toMatch(/\n\+password: ENC\[GPG,sha256:[0-9a-f]{12}\]\n/);
  });

  test('none: placeholders that are the same in every command', async () => {
    const repo = await installed();
    const empty = createGnupgHome();
    try {
      const env = { GNUPGHOME: empty.path };
      const { code, stdout } = git(repo, ['diff', 'HEAD~1'], env);
      expect(code).toBe(0);
      const [before, after] = Array.from(
        stdout.matchAll(/^[-+]password: (ENC\[GPG,sha256:[0-9a-f]{12}\])$/gm),
        ([, one]) => one,
      );
      expect(before).not.toBe(after);
      expect(git(repo, ['blame', 'a.eyaml'], env).stdout).toContain(after);
    } finally {
      empty.remove();
    }
  });

  test('a locked key: nobody is asked, and what gpg-agent knows is used', async () => {
    const pinentry = fakePinentry(BOBS_PASSPHRASE);
    const locked = createGnupgHome({ secret: ['bob'], pub: ['alice'], agentConf: [pinentry.agentConf] });
    try {
      const repo = await installed();
      const env = { GNUPGHOME: locked.path };
      const { code, stdout } = git(repo, ['log', '-p'], env);
      expect({ code, shows: stdout.includes('canary'), asked: pinentry.starts() }).toEqual({
        code: 0,
        shows: false,
        asked: 0,
      });
      const unlock = await eyaml(['get', 'a.eyaml', 'password'], { cwd: repo.top, env: { ...repo.env, ...env } });
      expect(unlock.stdout).toBe(NEW);
      expect(git(repo, ['log', '-p'], env).stdout).toContain(NEW);
      expect(pinentry.starts()).toBe(1);
    } finally {
      locked.remove();
      pinentry.remove();
    }
  });
});

describe('whatever is wrong, git goes on', () => {
  test('a configuration that cannot be read: placeholders', async () => {
    const repo = await installed();
    mkdirSync(path.join(repo.home, '.eyaml'));
    repo.write(path.relative(repo.top, path.join(repo.home, '.eyaml/config.yaml')), 'gpg_trust: nonsense\n');
    const { code, stdout } = git(repo, ['diff', 'HEAD~1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\n\+password: ENC\[GPG,sha256:/);
  });

  test('a plugin that cannot be loaded: plaintexts', async () => {
    const repo = await installed();
    mkdirSync(path.join(repo.home, '.eyaml'));
    repo.write(path.relative(repo.top, path.join(repo.home, '.eyaml/config.yaml')), 'plugins: /nonexistent.mjs\n');
    expect(git(repo, ['diff', 'HEAD~1']).stdout).toContain(`+password: DEC::GPG[${NEW}]!`);
  });

  test.each([
    ['no eyaml where it was, and none on PATH: ciphertexts', false],
    ['no eyaml where it was, but this one on PATH: plaintexts', true],
  ])('%s', async (_, withEyaml) => {
    const repo = await installed({ withEyaml });
    const textconv = repo.git('config', 'diff.eyaml.textconv');
    repo.git('config', 'diff.eyaml.textconv', textconv.trimEnd().replaceAll(`'${COMMAND.at(-1)}'`, `'/nonexistent'`));
    // Ruby's eyaml, which may be on PATH, is not taken for this one.
    const { code, stdout } = git(repo, ['diff', 'HEAD~1']);
    expect(code).toBe(0);
    expect(stdout).toContain(withEyaml ? `+password: DEC::GPG[${NEW}]!` : `+password: ${values.new}`);
  });

  test('an empty PATH, as graphical programs may have', async () => {
    const repo = await installed();
    const program = spawnSync('sh', ['-c', 'command -v git'], { env: repo.env }).stdout.toString().trim();
    const env = {
      ...repo.env,
      PATH: '/nonexistent',
      HOME: keyfilesHome(scratchFolder(), ['alice']),
      GNUPGHOME: undefined,
    };
    const { status, stdout } = spawnSync(program, ['diff', 'HEAD~1'], { cwd: repo.top, env });
    expect(status).toBe(0);
    expect(stdout.toString()).toContain(`+password: DEC::GPG[${NEW}]!`);
  });

  test('a file that is not there is an error, for git to report', async () => {
    const { code, stderr } = await eyaml(['git', 'textconv', 'no.eyaml'], { cwd: scratchFolder() });
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: there is no file no.eyaml [FILE_NOT_FOUND]\n' });
  });
});

test('no plaintext gets into an object, a note or a file', async () => {
  const [runtime, temporary] = [scratchRuntimeFolder(), scratchFolder()];
  const repo = await installed({ env: { XDG_RUNTIME_DIR: runtime, TMPDIR: temporary } });
  for (const args of [
    ['log', '-p', '--all'],
    ['blame', 'a.eyaml'],
    ['grep', '--textconv', 'password'],
  ])
    expect(git(repo, args).stdout).toContain(NEW);
  const objects = git(repo, ['cat-file', '--batch-all-objects', '--batch']).stdout;
  expect(objects).toContain('ENC[GPG');
  expect(objects).not.toContain('canary');
  expect(git(repo, ['for-each-ref']).stdout).not.toContain('notes');
  const places = [repo.top, repo.home, runtime, temporary];
  const found = spawnSync('grep', ['-rlaF', 'canary', ...places], { env: cleanEnvironment() });
  expect(found.stdout.toString()).toBe('');
  expect([...readdirSync(temporary), ...readdirSync(runtime)]).toEqual([]);
});

const hasStrace = spawnSync('strace', ['-V']).status === 0;

test.skipIf(!hasStrace)('no plaintext gets into an argument or a variable of any program', async () => {
  const repo = await installed();
  const log = path.join(scratchFolder(), 'strace');
  const options = ['-f', '-v', '-s', '100000', '-e', 'trace=execve', '-o', log];
  const { stdout } = spawnSync('strace', [...options, 'git', 'log', '-p'], { cwd: repo.top, env: repo.env });
  expect(stdout.toString()).toContain(NEW);
  const started = readFileSync(log, 'latin1');
  expect(started).toMatch(/"git", "textconv"/);
  expect(started).not.toContain('canary');
});
