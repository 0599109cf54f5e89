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
  /** What a file in the key home holds. */
  readonly keyFile?: string;
}

const WAYS: readonly Way[] = [
  // First, while nothing is out of order yet.
  { way: 'doctor', args: ['doctor'], code: 1 },
  { way: 'doctor of a file', args: ['doctor', 'secret.eyaml', '--json'], code: 0 },
  { way: 'doctor of a file with a damaged value', args: ['doctor', 'damaged.eyaml'], code: 1 },
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
  { way: 'decrypt --json', args: ['decrypt', '--json', 'secret.eyaml'], code: 0, shows: true },
  {
    way: 'decrypt --keep-unreadable',
    args: ['decrypt', '--keep-unreadable', '-e', 'damaged.eyaml'],
    code: 0,
    shows: true,
  },
  { way: 'encrypt -e --onto', args: ['encrypt', '-e', 'plain.yaml', '--onto', 'secret.eyaml'], code: 0 },
  {
    way: 'encrypt -e --onto text that is no YAML',
    args: ['encrypt', '-e', 'plain.yaml', '--onto', 'bad.yaml'],
    code: 0,
  },
  { way: 'encrypt --for', args: ['encrypt', '--stdin', '--for', 'secret.eyaml'], input: CANARY, code: 0 },
  { way: 'get', args: ['get', 'secret.eyaml', 'a'], code: 0, shows: true },
  { way: 'get --json', args: ['get', '--json', 'secret.eyaml'], code: 0, shows: true },
  { way: 'get of a key that is not there', args: ['get', 'secret.eyaml', 'b'], code: 1 },
  { way: 'get of a mapping', args: ['get', 'places.yaml', 'map'], code: 1 },
  { way: 'get of a damaged value', args: ['get', 'damaged.eyaml', 'b'], code: 1 },
  { way: 'get --json with a damaged value', args: ['get', '--json', 'damaged.eyaml'], code: 1 },
  { way: 'get from text that is no YAML', args: ['get', 'bad.yaml', 'a.b'], code: 1 },
  { way: 'get of a key that is none', args: ['get', 'secret.eyaml', `${CANARY} x`], code: 2 },
  { way: 'set --stdin', args: ['set', '--stdin', 'secret.eyaml', 'b'], input: CANARY, code: 0 },
  { way: 'set --value', args: ['set', '--value', CANARY, 'secret.eyaml', 'b'], code: 0, env: { DEBUG: '*' } },
  { way: 'set --file', args: ['set', '--file', 'plain.txt', 'secret.eyaml', 'b'], code: 0 },
  { way: 'set to what it is', args: ['set', '--stdin', 'secret.eyaml', 'a'], input: CANARY, code: 0 },
  { way: 'set in a new file', args: ['set', '--stdin', 'new.eyaml', 'a.b[0]'], input: CANARY, code: 0 },
  {
    way: 'set through gpg',
    args: ['set', '--stdin', 'secret.eyaml', 'b', '--gpg-recipients', 'dan@example.com'],
    input: CANARY,
    code: 0,
  },
  ...['map', 'list', 'twice', 'anchor', 'alias', 'merge.x', 'tag', 'map.a.b', 'list[5]', 'a.b'].map((key) => ({
    way: `set ${key}, which cannot be`,
    args: ['set', '--stdin', 'places.yaml', key],
    input: CANARY,
    code: 1,
  })),
  { way: 'set in text that is no YAML', args: ['set', '--stdin', 'bad.yaml', 'a.b'], input: CANARY, code: 1 },
  { way: 'set with no value', args: ['set', 'secret.eyaml', 'b'], input: CANARY, code: 2 },
  {
    way: 'set with two values',
    args: ['set', '--stdin', '--value', CANARY, 'secret.eyaml', 'b'],
    input: CANARY,
    code: 2,
  },
  { way: 'set with the value in place of the key', args: ['set', 'secret.eyaml', `${CANARY} x`], code: 2 },
  { way: 'set with the value after the key', args: ['set', 'secret.eyaml', 'b', CANARY], code: 2 },
  {
    way: 'set for nobody',
    args: ['set', '--stdin', 'secret.eyaml', 'b', '--gpg-recipients', 'nobody'],
    input: CANARY,
    code: 1,
  },
  { way: 'set in a folder that does not exist', args: ['set', '--stdin', 'no/x.eyaml', 'b'], input: CANARY, code: 1 },
  { way: 'unset', args: ['unset', 'secret.eyaml', 'a'], code: 0 },
  { way: 'unset of a key that is not there', args: ['unset', 'secret.eyaml', 'b'], code: 1 },
  { way: 'unset of what cannot be', args: ['unset', 'places.yaml', 'anchor'], code: 1 },
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
  ...[[], ['--into-gnupg'], ['--here']].map((place) => ({
    way: `createkeys ${place.join(' ')}`,
    args: ['createkeys', '-n', 'gpg', '--gpg-user-id', 'ann', '--gpg-passphrase-file', 'pass.txt', ...place],
    code: 0,
  })),
  {
    way: 'createkeys with a passphrase file and a wrong option',
    args: [
      'createkeys',
      '-n',
      'gpg',
      '--gpg-user-id',
      'ann',
      '--gpg-passphrase-file',
      'pass.txt',
      '--gpg-key-type',
      'x',
    ],
    code: 2,
  },
  ...[
    { way: 'init', args: ['init', '--all-keys', 'new'] },
    { way: 'encrypt', args: ['encrypt', '--stdin'], input: CANARY },
  ].map(({ way, ...one }) => ({
    way: `${way} with a damaged file in the key home`,
    ...one,
    keyFile: `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${CANARY}\n`,
    code: 0,
  })),
  {
    way: 'check of a folder with a private key among public keys',
    args: ['check', '../.eyaml', 'plain.txt'],
    keyFile: `-----BEGIN PRIVATE KEY-----\nAAAABBBBCCCCDDDDEEEEFFFF${CANARY}\n`,
    code: 1,
  },
  // A password in the wrong file, where recipients are expected, and values beside it.
  { way: 'recipients', args: ['recipients', 'list'], code: 0 },
  { way: 'recipients --json', args: ['recipients', '--json', 'list'], code: 0 },
  { way: 'recipients --tree', args: ['recipients', '--tree', 'list'], code: 0 },
  {
    way: 'recipients add beside a line that is none',
    args: ['recipients', 'add', '--to', 'list', '--recrypt', 'dan@example.com'],
    code: 0,
  },
  {
    way: 'recipients add, and recrypt, with a damaged value',
    args: ['recipients', 'add', '--recrypt', 'dan@example.com'],
    code: 1,
  },
  { way: 'recipients remove of nobody', args: ['recipients', 'remove', '--to', 'list', 'dan@example.com'], code: 1 },
  {
    way: 'recipients remove of a line that is none, by its comment',
    args: ['recipients', 'remove', '--to', 'list', '--no-recrypt', 'nobody@example.com'],
    code: 0,
  },
  { way: 'recipients canonicalize', args: ['recipients', 'canonicalize', '--to', 'list'], code: 1 },
  { way: 'recipients with rules that are none', args: ['recipients', 'rules'], code: 1 },
];

let home: GnupgHome;
let value: string;
beforeAll(async () => {
  home = createGnupgHome({ secret: ['alice'], pub: ['dan', 'puppetmaster'] });
  const args = ['encrypt', '--stdin', '-o', 'string', '--gpg-recipients', 'alice@example.com'];
  value = (await eyaml(args, { env: { GNUPGHOME: home.path }, input: CANARY })).stdout;
});
afterAll(() => home.remove());

test.each(WAYS)('$way', async ({ args, input, appends, editorFails, code, shows, keyFile, env: more }) => {
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
    'pass.txt': `${CANARY}\n`,
    'plain.yaml': `a: DEC::GPG[${CANARY}]!\n`,
    'bad.yaml': `a: DEC::GPG[${CANARY}\n`,
    'places.yaml': `map: {a: ${CANARY}}\nlist: [${CANARY}]\ntwice: ${CANARY}\ntwice: ${CANARY}\nanchor: &x {x: ${CANARY}}\nalias: *x\nmerge:\n  <<: *x\ntag: !!binary ${CANARY}\na.b: ${CANARY}\n`,
    'list/hiera-eyaml-gpg.recipients': `alice@example.com\n${CANARY}\n${CANARY} # nobody@example.com\n`,
    'rules/.eyaml/config.yaml': `rules:\n  - path: x\n    ${CANARY}: y\n`,
  };
  const needed = Object.entries(given).filter(([name]) => args.includes(name.split('/')[0] ?? ''));
  for (const [name, content] of needed) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
    writeFileSync(path.join(cwd, name), content);
  }

  const keyFolders = ['keys', 'public-keys'].map((name) => path.join(tree, '.eyaml', name));
  if (keyFile !== undefined) {
    for (const folder of keyFolders) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(path.join(folder, 'broken.asc'), keyFile);
    }
  }

  const run = await eyaml([...args, '-v', '-t'], { cwd, env, ...(input === undefined ? {} : { input }) });
  expect(run.stderr).not.toContain(CANARY);
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code });
  expect(run.stdout.includes(CANARY)).toBe(shows ?? false);
  for (const [name] of needed) execFileSync('rm', [path.join(cwd, name)]);
  if (keyFile !== undefined) for (const folder of keyFolders) execFileSync('rm', [path.join(folder, 'broken.asc')]);
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
