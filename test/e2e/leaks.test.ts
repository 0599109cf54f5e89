import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';
import { scratchRuntimeFolder, scratchTree } from '../helpers/files.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';

const CANARY = 'canary-7Zq2Xv';

/** One way through a command with the canary in it. */
interface Way {
  readonly way: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** What the editor appends to the buffer. */
  readonly appends?: string;
  readonly editorFails?: boolean;
  readonly code: number;
  /** Decrypting is meant to show it on stdout. */
  readonly shows?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const WAYS: readonly Way[] = [
  { way: 'encrypt --stdin', args: ['encrypt', '--stdin'], input: CANARY, code: 0 },
  {
    way: 'encrypt --stdin through gpg',
    args: ['encrypt', '--stdin', '--gpg-recipients', 'dan@example.com'],
    input: CANARY,
    code: 0,
  },
  { way: 'encrypt -p', args: ['encrypt', '-p'], input: `${CANARY}\n`, code: 0 },
  { way: 'encrypt -s', args: ['encrypt', '-s', CANARY], code: 0, env: { DEBUG: '*' } },
  { way: 'encrypt -f', args: ['encrypt', '-f', 'plain.txt'], code: 0 },
  { way: 'encrypt -e', args: ['encrypt', '-e', 'plain.yaml'], code: 0 },
  { way: 'encrypt -e with a bad marker', args: ['encrypt', '-e', 'bad.yaml'], code: 1 },
  { way: 'encrypt for nobody', args: ['encrypt', '--stdin', '--gpg-recipients', 'nobody'], input: CANARY, code: 1 },
  { way: 'encrypt with an unknown option', args: ['encrypt', '--stdin', '--bogus'], input: CANARY, code: 2 },
  { way: 'decrypt -f', args: ['decrypt', '-f', 'secret.eyaml'], code: 0, shows: true },
  { way: 'decrypt -e', args: ['decrypt', '-e', 'secret.eyaml'], code: 0, shows: true },
  { way: 'decrypt -f with a damaged value below', args: ['decrypt', '-f', 'damaged.eyaml'], code: 1 },
  {
    way: 'decrypt of text that is no YAML',
    args: ['decrypt', '--stdin'],
    input: `{ ${CANARY}: [ENC[GPG,AAAA]`,
    code: 1,
  },
  { way: 'edit', args: ['edit', 'secret.eyaml'], appends: `new: DEC::GPG[${CANARY}-2]!`, code: 0 },
  { way: 'edit without a change', args: ['edit', 'secret.eyaml'], appends: '', code: 0 },
  { way: 'edit with a bad marker', args: ['edit', 'secret.eyaml'], appends: `new: DEC::GPG[${CANARY}-2`, code: 1 },
  { way: 'edit with bad YAML', args: ['edit', 'secret.eyaml'], appends: `${CANARY}: [DEC::GPG[${CANARY}]!`, code: 1 },
  {
    way: 'edit with a failing editor',
    args: ['edit', 'secret.eyaml'],
    appends: `new: DEC::GPG[${CANARY}-2]!`,
    editorFails: true,
    code: 1,
  },
  { way: 'doctor', args: ['doctor'], code: 1 },
  { way: 'doctor of a file', args: ['doctor', 'secret.eyaml', '--json'], code: 0 },
  { way: 'doctor of a file with a damaged value', args: ['doctor', 'damaged.eyaml'], code: 1 },
];

let home: GnupgHome;
let value: string;
beforeAll(async () => {
  home = createGnupgHome({ secret: ['alice'], pub: ['dan', 'puppetmaster'] });
  const args = ['encrypt', '--stdin', '-o', 'string', '--gpg-recipients', 'alice@example.com'];
  value = (await eyaml(args, { env: { GNUPGHOME: home.path }, input: CANARY })).stdout;
});
afterAll(() => home.remove());

test.each(WAYS)('$way', async ({ args, input, appends, editorFails, code, shows, env: more }) => {
  const tree = scratchTree();
  const cwd = path.join(tree, 'development');
  const [bin, seen, runtime, temporary] = [
    path.join(tree, 'bin'),
    path.join(tree, 'seen'),
    scratchRuntimeFolder(),
    path.join(tree, 'tmp'),
  ];
  [bin, seen, temporary].forEach((folder) => mkdirSync(folder));
  for (const program of ['gpg', 'gpgconf', 'tty']) wrap(program, bin, seen);
  const editor = path.join(bin, 'editor');
  writeFileSync(
    editor,
    `#!/bin/sh\n${record('editor', seen)}\necho '${appends ?? ''}' >> "$1"\n${SEARCH_PROCESSES} > ${seen}/processes || true\n${appends === '' ? 'sed -i \'$d\' "$1"\n' : ''}${editorFails ? 'exit 1\n' : ''}`,
  );
  chmodSync(editor, 0o755);
  const env = {
    GNUPGHOME: home.path,
    HOME: tree,
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: temporary,
    EDITOR: editor,
    ...more,
    PATH: `${bin}:${process.env.PATH ?? ''}`,
  };
  writeFileSync(path.join(cwd, 'secret.eyaml'), `---\na: ${value}\n`);
  writeFileSync(path.join(cwd, 'damaged.eyaml'), `---\na: ${value}\nb: ENC[GPG,AAAA]\n`);
  const given = {
    'plain.txt': CANARY,
    'plain.yaml': `a: DEC::GPG[${CANARY}]!\n`,
    'bad.yaml': `a: DEC::GPG[${CANARY}\n`,
  };
  const needed = Object.entries(given).filter(([name]) => args.includes(name));
  for (const [name, content] of needed) writeFileSync(path.join(cwd, name), content);

  const run = await eyaml([...args, '-v', '-t'], { cwd, env, ...(input === undefined ? {} : { input }) });
  expect(run.stderr).not.toContain(CANARY);
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code });
  expect(run.stdout.includes(CANARY)).toBe(shows ?? false);
  for (const [name] of needed) execFileSync('rm', [path.join(cwd, name)]);
  execFileSync('rm', [editor]);
  // What the children were given, and whatever else is left: nothing anywhere holds the canary.
  expect(filesWith(CANARY, [tree, runtime, home.path])).toEqual([]);
  expect([...readdirSync(runtime), ...readdirSync(temporary)]).toEqual([]);
  if (appends !== undefined) expect(readFileSync(path.join(seen, 'processes'), 'utf8')).toBe('');
});

// Processes that have the canary in their arguments or environment while the editor is open; the search itself does not count.
const SEARCH_PROCESSES = `grep -lsa "canary-7Zq2X[v]" /proc/[0-9]*/cmdline /proc/[0-9]*/environ`;

function record(program: string, seen: string): string {
  return `cat /proc/$$/cmdline /proc/$$/environ > ${seen}/${program}.$$`;
}

function wrap(program: string, bin: string, seen: string): void {
  const real = execFileSync('sh', ['-c', `command -v ${program}`])
    .toString()
    .trim();
  writeFileSync(path.join(bin, program), `#!/bin/sh\n${record(program, seen)}\nexec ${real} "$@"\n`);
  chmodSync(path.join(bin, program), 0o755);
}

function filesWith(text: string, folders: readonly string[]): string[] {
  const { stdout } = spawnSync('grep', ['-rla', '--devices=skip', text, ...folders]);
  return stdout.toString().split('\n').filter(Boolean);
}
