import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { decrypt, readMessage, readPrivateKey, type PrivateKey } from 'openpgp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { scan } from '../../src/eyaml/scan.js';
import { isValue } from '../../src/eyaml/token.js';
import { cleanEnvironment, eyaml, MAIN } from '../helpers/cli.js';
import { defined } from '../helpers/defined.js';
import { scratchRuntimeFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { readersFor } from '../helpers/readers.js';

const RUNS = 200;
const FILES = 40;
// So many runs at a time, each in a tree of its own, that no core is idle.
const LANES = 3;
const RECIPIENTS = 'hiera-eyaml-gpg.recipients';
const NEW_READERS = ['zoe', 'puppetmaster'];

// A recrypt of a folder by the library, without the time it takes to start a command.
const RECRYPT = `
  import { applyRecrypt, findFiles, openContext, planRecrypt } from ${JSON.stringify(
    pathToFileURL(path.resolve(MAIN, '../../src/index.js')),
  )};
  const context = openContext({ environment: process.env, cwd: '/', homeFolder: '/' });
  const { files } = await findFiles([process.argv[1]]);
  const plan = await planRecrypt(files, { all: false, changeTo: undefined }, context);
  const { failed } = await applyRecrypt(plan, context);
  process.exit(failed.length);
`;

let home: GnupgHome;
let reader: PrivateKey;
let wanted: readonly string[];
beforeAll(async () => {
  home = createGnupgHome({ secret: ['alice'], pub: NEW_READERS });
  wanted = readersFor(home, NEW_READERS);
  // A new reader's own key opens values in this process, which is faster than an agent and knows nothing of the code under test.
  reader = await readPrivateKey({ armoredKey: readFileSync(path.join(FIXTURES, 'keys/zoe.sec.asc'), 'utf8') });
});
afterAll(() => home.remove());

const SECRETS = Array.from({ length: 10 }, (_, i) => `the secret number ${i}`);
const nameOf = (file: number) => `file${file}.eyaml`;

/** A tree of files for alice alone, two values in each, whose recipients are others by now. */
function makeTree(folder: string): void {
  const values = SECRETS.map(
    (secret) => `ENC[GPG,${home.gpg(['-r', 'alice@example.com', '-e'], secret).toString('base64')}]`,
  );
  mkdirSync(folder);
  for (let i = 0; i < FILES; i += 1) {
    const text = `# file ${i}\nfirst: ${values[i % 10] ?? ''}\nsecond: ${values[(i + 1) % 10] ?? ''}\n`;
    writeFileSync(path.join(folder, nameOf(i)), text);
  }
  writeFileSync(path.join(folder, RECIPIENTS), NEW_READERS.map((name) => `${defined(FINGERPRINTS[name])}\n`).join(''));
}

/** Checks the new content of a file: each value is for exactly the new readers, and has the right plaintext. */
async function checkNew(text: string, original: string): Promise<void> {
  const shape = (of: string) => scan(of).map((token) => (isValue(token) ? '…' : token.text));
  expect(shape(text)).toEqual(shape(original));
  const number = Number(/# file (\d+)/.exec(original)?.[1]);
  const opened = await Promise.all(scan(text).filter(isValue).map(openValue));
  expect(opened).toEqual([SECRETS[number % 10], SECRETS[(number + 1) % 10]]);
}

async function openValue({ payload }: { payload: string }): Promise<string> {
  const message = await readMessage({ binaryMessage: Buffer.from(payload, 'base64') });
  const keyIds = message.getEncryptionKeyIDs().map((keyId) => keyId.toHex().toUpperCase());
  expect(keyIds.sort()).toEqual(wanted);
  return (await decrypt({ message, decryptionKeys: reader })).data as string;
}

interface Ended {
  readonly killed: boolean;
  readonly milliseconds: number;
}

/** Starts a recrypt and kills it after so many milliseconds, unless it is done by then. */
function recryptAndKill(folder: string, milliseconds: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', RECRYPT, folder], {
      env: cleanEnvironment({ GNUPGHOME: home.path }),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const timer = milliseconds < Infinity ? setTimeout(() => child.kill('SIGKILL'), milliseconds) : undefined;
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 0) reject(new Error(`the recrypt ended with ${code ?? ''}`));
      resolve({ killed: signal !== null, milliseconds: performance.now() - start });
    });
  });
}

type Tree = ReadonlyMap<string, string>;

function readTree(folder: string): Tree {
  // The lock of a killed process is a link to nothing; the next run takes it over.
  const names = readdirSync(folder).filter((name) => !name.endsWith('.eyaml-lock'));
  return new Map(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

/** Checks that every file of a tree is old or new, and says how many are new. */
async function check(tree: Tree, original: Tree): Promise<number> {
  const leftovers = [...tree.keys()].filter((name) => !original.has(name));
  for (const name of leftovers) {
    expect(name).toMatch(/^\..*\.tmp$/);
    expect(tree.get(name)).not.toMatch(/the secret number/);
  }
  expect(tree.size).toBe(original.size + leftovers.length);
  const changed = [...original].filter(([name, text]) => tree.get(name) !== text);
  await Promise.all(changed.map(([name, text]) => checkNew(defined(tree.get(name)), text)));
  return changed.length;
}

test(`kill -9 at ${RUNS} random moments: every file is old or new, and another run does the rest`, async () => {
  const folder = scratchRuntimeFolder();
  const old = path.join(folder, 'old');
  makeTree(old);
  const original = readTree(old);

  // All is killed before anything is checked, so that no timer is late.
  const trees: Tree[] = [];
  let started = 0;
  async function lane(number: number): Promise<void> {
    const scratch = path.join(folder, `tree${number}`);
    // Nobody kills the first run of a lane: it says how long one takes while the others work too.
    let length = Infinity;
    for (let first = true; first || started < RUNS; first = false) {
      if (!first) started += 1;
      cpSync(old, scratch, { recursive: true });
      // Late moments more often than early ones, at which nothing but the start of a process can be cut short.
      const moment = first ? Infinity : Math.sqrt(Math.random()) * length * 1.1;
      const { killed, milliseconds } = await recryptAndKill(scratch, moment);
      if (!killed) length = milliseconds;
      trees.push(readTree(scratch));
      rmSync(scratch, { recursive: true });
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i)));
  expect(trees).toHaveLength(RUNS + LANES);
  const amid: Tree[] = [];
  let before = 0;
  let after = 0;
  for (const tree of trees) {
    const done = await check(tree, original);
    if (done === 0) before += 1;
    else if (done === FILES) after += 1;
    else amid.push(tree);
  }
  expect(Math.min(before, amid.length, after), `${before} before, ${amid.length} amid, ${after} after`).toBeGreaterThan(
    0,
  );
  const last = path.join(folder, 'last');
  mkdirSync(last);
  for (const [name, text] of defined(amid[0])) writeFileSync(path.join(last, name), text);
  const run = await eyaml(['recrypt', '--yes', last], { env: { GNUPGHOME: home.path } });
  expect(run.code).toBe(0);
  expect(await check(readTree(last), original)).toBe(FILES);
  const again = await eyaml(['recrypt', '--yes', last], { env: { GNUPGHOME: home.path } });
  expect(again.stderr).toContain('nothing to do');
}, 300_000);
