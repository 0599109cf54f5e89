import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { livenessOf, processStamp } from '../../src/files/process-stamp.js';
import { privateFolderName, sweepPrivateFolders, sweepStale, temporaryName } from '../../src/files/stale.js';
import { MAIN } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';

const isRoot = process.getuid?.() === 0;
const onLinux = process.platform === 'linux';
const NOBODY = 65534;
const HOURS = 3600 * 1000;

// Prints its stamp and waits for the end of its input.
const STAMPING = `
  import { processStamp } from ${JSON.stringify(pathToFileURL(path.resolve(MAIN, '../../src/files/process-stamp.js')).href)};
  process.stdout.write(processStamp() + '\\n');
  process.stdin.resume();
`;

/** A process with a stamp; `before` is a command that starts it. */
async function stamped(before: readonly string[] = []): Promise<{ child: ChildProcess; stamp: string }> {
  const [program, ...args] = [...before, process.execPath, '--input-type=module', '--eval', STAMPING];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, stamp: line.toString().trim() };
}

async function end({ child }: { child: ChildProcess }): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

let alive: { child: ChildProcess; stamp: string };
let dead: string;
beforeAll(async () => {
  alive = await stamped();
  const other = await stamped();
  await end(other);
  dead = other.stamp;
});
afterAll(() => end(alive));

const temporary = (stamp: string) => `.eyaml-${stamp}-${randomBytes(6).toString('hex')}.tmp`;
const privateFolder = (stamp: string) => `eyaml-${stamp}-${randomBytes(6).toString('hex')}`;
const changed = (stamp: string, field: 0 | 1 | 2, to: string) =>
  stamp
    .split('-')
    .map((part, index) => (index === field ? to : part))
    .join('-');

let top: string;
const at = (name: string) => path.join(top, name);
beforeEach(() => {
  top = scratchFolder();
});

describe('a process that a stamp names', () => {
  test('is alive, dead, or in another place', () => {
    expect([processStamp(), alive.stamp, dead].map(livenessOf)).toEqual(['alive', 'alive', 'dead']);
    expect([changed(dead, 2, '0'), changed(dead, 2, '0123456789ab')].map(livenessOf)).toEqual(['unknown', 'unknown']);
  });

  test.runIf(onLinux)('is dead when another one has its process ID by now', () => {
    expect(livenessOf(changed(alive.stamp, 1, '1'))).toBe('dead');
  });

  test.runIf(onLinux)('is dead when nobody has asked how it ended', async () => {
    const script = 'exec 3<&0; "$0" "$@" <&3 & exec sleep 1000';
    const parent = await stamped(['sh', '-c', script]);
    const pid = Number(parent.stamp.split('-')[0]);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, 'latin1')).toMatch(/\) Z /);
    expect(livenessOf(parent.stamp)).toBe('dead');
    await end(parent);
  });

  const canUnshare = onLinux && isRoot && spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;

  test.runIf(canUnshare).each([
    ['with a /proc of its own', ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']],
    ['with the /proc of all', ['unshare', '--pid', '--fork', '--kill-child']],
  ])('is unknown from another PID namespace, %s', async (_, before) => {
    const inside = await stamped(before);
    expect(livenessOf(inside.stamp)).toBe('unknown');
    await end(inside);
    expect(livenessOf(inside.stamp)).toBe('unknown');
  });

  test.runIf(isRoot && onLinux)('is alive also when it belongs to somebody else', async () => {
    const other = await stamped(['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']);
    const script = `
      import { livenessOf } from ${JSON.stringify(pathToFileURL(path.resolve(MAIN, '../../src/files/process-stamp.js')).href)};
      process.stdout.write(livenessOf(process.argv[1]));
    `;
    const ask = [
      '--reuid=65533',
      '--regid=65533',
      '--clear-groups',
      process.execPath,
      '--input-type=module',
      '--eval',
      script,
    ];
    expect(spawnSync('setpriv', [...ask, other.stamp]).stdout.toString()).toBe('alive');
    await end(other);
  });
});

describe('temporary files', () => {
  const names = () => readdirSync(top).sort();

  test('of dead processes are removed, those of live ones stay, and so does whatever has another name', () => {
    const others = [
      '.eyaml-abc.tmp',
      `x${temporary(dead)}`,
      `${temporary(dead)}.yaml`,
      '.eyaml-0-0-0-0123456789ab.tmp',
      'a.eyaml',
    ];
    const stays = [temporaryName(), temporary(alive.stamp), ...others];
    for (const name of [...stays, temporary(dead)]) writeFileSync(at(name), 'x');
    sweepStale(top);
    expect(names()).toEqual(stays.sort());
  });

  test('of another machine or container stay for ten minutes', () => {
    const [fresh, old] = [temporary(changed(dead, 2, '0123456789ab')), temporary(changed(dead, 2, '0'))];
    for (const name of [fresh, old]) writeFileSync(at(name), 'x');
    utimesSync(at(old), new Date(), new Date(Date.now() - HOURS));
    sweepStale(top);
    expect(names()).toEqual([fresh]);
  });

  test('are not followed when they are links, and not overwritten when the file has its place already', () => {
    writeFileSync(at('file.yaml'), 'content');
    const link = temporary(dead);
    symlinkSync('file.yaml', at(link));
    linkSync(at('file.yaml'), at(temporary(dead)));
    sweepStale(top);
    expect(names()).toEqual([link, 'file.yaml'].sort());
    expect(readFileSync(at('file.yaml'), 'utf8')).toBe('content');
  });

  test('do not include a folder that somebody gave such a name, with all that is in it', () => {
    const [ours, renamed] = [temporary(dead), temporary(dead)];
    for (const folder of [ours, renamed]) mkdirSync(at(folder), { mode: 0o700 });
    for (const file of ['.gitignore', 'journal.json', 'private', 'public'])
      writeFileSync(at(path.join(ours, file)), 'x');
    for (const file of ['private', 'thesis.txt']) writeFileSync(at(path.join(renamed, file)), 'x');
    sweepStale(top);
    expect(names()).toEqual([renamed]);
    expect(readFileSync(at(path.join(renamed, 'private')), 'utf8')).toBe('x');
  });

  test.runIf(isRoot)('of other users stay', () => {
    const theirs = temporary(dead);
    writeFileSync(at(theirs), 'x');
    chownSync(at(theirs), NOBODY, NOBODY);
    sweepStale(top);
    expect(names()).toEqual([theirs]);
  });

  test('may be removed by several processes at once', async () => {
    for (let i = 0; i < 1000; i += 1) writeFileSync(at(temporary(dead)), 'x');
    const module = pathToFileURL(path.resolve(MAIN, '../../src/files/stale.js')).href;
    const script = `
      import { sweepStale } from ${JSON.stringify(module)};
      sweepStale(${JSON.stringify(top)});
    `;
    const sweepers = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
    const ended = sweepers.map((sweeper) => once(sweeper, 'close'));
    expect(await Promise.all(ended)).toEqual(sweepers.map(() => [0, null]));
    expect(names()).toEqual([]);
  });

  test('are looked for in folders that can be read', () => {
    sweepStale(at('missing'));
    writeFileSync(at('file'), 'x');
    sweepStale(at('file'));
  });
});

describe('private folders', () => {
  const make = (name: string) => {
    mkdirSync(at(name), { mode: 0o700 });
    writeFileSync(at(`${name}/common.yaml`), 'secret');
    return name;
  };

  test('of dead processes are removed and counted, all others stay, however old', () => {
    const stays = [
      privateFolderName(),
      privateFolder(alive.stamp),
      privateFolder(changed(dead, 2, '0123456789ab')),
      'eyaml-abcdef',
    ];
    stays.forEach(make);
    for (const name of stays) utimesSync(at(name), 0, 0);
    const goes = make(privateFolder(dead));
    const merges = privateFolder(dead);
    mkdirSync(at(merges));
    writeFileSync(at(`${merges}/ours`), 'text');
    mkdirSync(at(privateFolder(dead)));
    expect(sweepPrivateFolders([top, top, at('missing')])).toBe(1);
    expect(existsSync(at(goes))).toBe(false);
    expect(readdirSync(top).sort()).toEqual(stays.sort());
  });

  test('are no links, and links in them are not followed', () => {
    writeFileSync(at('other'), 'other');
    const target = make('target');
    const link = privateFolder(dead);
    symlinkSync(target, at(link));
    const goes = make(privateFolder(dead));
    symlinkSync(at('other'), at(`${goes}/link`));
    symlinkSync(at(target), at(`${goes}/folder`));
    sweepPrivateFolders([top]);
    expect(readdirSync(top).sort()).toEqual([link, 'other', 'target'].sort());
    expect([readFileSync(at('other'), 'utf8'), readFileSync(at('target/common.yaml'), 'utf8')]).toEqual([
      'other',
      'secret',
    ]);
  });

  test.runIf(isRoot)('of other users stay', () => {
    const theirs = make(privateFolder(dead));
    chownSync(at(theirs), NOBODY, NOBODY);
    chmodSync(at(theirs), 0o777);
    expect(sweepPrivateFolders([top])).toBe(0);
    expect(existsSync(at(theirs))).toBe(true);
  });
});
