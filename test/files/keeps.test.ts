import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { scratchFolder } from '../helpers/files.js';
import { hasPeer } from '../helpers/peers.js';
import { userOptions, isStopped, startWriter, until, type As } from '../helpers/writers.js';

// What a file has beside its content, each case as the users that it is about.
const isRoot = process.getuid?.() === 0;
const TEAM = 54_000;
const OTHERS = 54_001;
const alice: As = [54_101, 54_101, [TEAM]];
const bob: As = [54_102, 54_102];
const mallory: As = [54_103, 54_103, [OTHERS]];

let top: string;
const at = (name: string) => path.join(top, name);
const run = (program: string, ...args: readonly string[]) => execFileSync(program, args, { encoding: 'utf8' });

function canRead(who: As, name: string): boolean {
  return spawnSync('setpriv', [...userOptions(who), 'cat', at(name)], { stdio: 'ignore' }).status === 0;
}

/** A file, its owner and group, its mode. */
function put(name: string, [uid, gid]: readonly [number, number], mode: number): void {
  writeFileSync(at(name), 'old');
  chownSync(at(name), uid, gid);
  chmodSync(at(name), mode);
}

async function replaceAs(as: As, name: string, text = 'new'): Promise<void> {
  expect(await startWriter({ as }).replace(at(name), text)).toEqual({ path: at(name), conflict: false });
  expect(readFileSync(at(name), 'utf8')).toBe(text);
}

const status = (name: string) => {
  const { uid, gid, mode, nlink } = statSync(at(name));
  return { uid, gid, mode, nlink };
};

beforeEach(() => {
  top = scratchFolder();
  chmodSync(top, 0o777);
});

describe('the temporary file beside a file', () => {
  const kinds: [string, (from: string, to: string) => void][] = [
    ['a symbolic link', symlinkSync],
    ['a hard link', linkSync],
    ['a pipe', (_, to) => run('mkfifo', to)],
  ];

  test.each(kinds)(
    'is written only if it is the one that was made, not %s that somebody put in its place',
    async (_, put) => {
      writeFileSync(at('file.yaml'), 'old', { mode: 0o666 });
      writeFileSync(at('precious'), 'precious', { mode: 0o600 });
      const before = status('precious');
      const writer = startWriter({ hold: 'fstatSync:1:SIGSTOP' });
      expect(await writer.read(at('file.yaml'))).toEqual({});
      await writer.begin('new');
      await until(() => isStopped(writer.pid));
      const temporary = readdirSync(top).find((name) => name.startsWith('.eyaml-')) ?? '';
      rmSync(at(temporary));
      put(at('precious'), at(temporary));
      process.kill(writer.pid, 'SIGCONT');
      expect(await writer.result()).toMatchObject({ code: 'FILE_UNWRITABLE' });
      expect([readFileSync(at('precious'), 'utf8'), status('precious')]).toEqual(['precious', before]);
      expect([readFileSync(at('file.yaml'), 'utf8'), readdirSync(top).sort()]).toEqual([
        'old',
        ['file.yaml', 'precious'],
      ]);
    },
  );
});

describe.runIf(isRoot && hasPeer('setpriv'))('a file that somebody else writes', () => {
  test('keeps its owner and group, which the writer could not give to a new file', async () => {
    put('file.yaml', [bob[0], TEAM], 0o660);
    const before = status('file.yaml');
    await replaceAs(alice, 'file.yaml');
    expect(status('file.yaml')).toEqual(before);
    expect([canRead(bob, 'file.yaml'), canRead(mallory, 'file.yaml')]).toEqual([true, false]);
  });

  test('keeps a group that only its owner is in', async () => {
    put('file.yaml', [alice[0], OTHERS], 0o640);
    const before = status('file.yaml');
    await replaceAs(alice, 'file.yaml');
    expect(status('file.yaml')).toEqual(before);
    expect(canRead(mallory, 'file.yaml')).toBe(true);
  });

  test('keeps its owner in a folder where each may rename only files of his own', async () => {
    chmodSync(top, 0o1777);
    put('file.yaml', [bob[0], TEAM], 0o664);
    const before = status('file.yaml');
    await replaceAs(alice, 'file.yaml');
    expect(status('file.yaml')).toEqual(before);
    expect(readdirSync(top)).toEqual(['file.yaml']);
  });

  test('keeps its group in a folder that gives files another one, which a new file gets', async () => {
    chownSync(top, 0, TEAM);
    chmodSync(top, 0o2777);
    put('file.yaml', [alice[0], alice[1]], 0o640);
    const before = status('file.yaml');
    await replaceAs(alice, 'file.yaml');
    expect(status('file.yaml')).toEqual(before);
    await replaceAs(alice, 'new.yaml');
    expect(status('new.yaml')).toMatchObject({ uid: alice[0], gid: TEAM });
  });

  test('of root stays the file of its owner', async () => {
    put('file.yaml', [bob[0], TEAM], 0o640);
    const before = status('file.yaml');
    await replaceAs([0, 0], 'file.yaml');
    expect(status('file.yaml')).toEqual(before);
  });

  test('in a folder that is not writable is refused before anybody works on it, and the folder is named', async () => {
    put('file.yaml', [alice[0], TEAM], 0o666);
    chmodSync(top, 0o755);
    expect(await startWriter({ as: alice }).read(at('file.yaml'))).toEqual({
      code: 'FILE_UNWRITABLE',
      message: `cannot write ${at('file.yaml')}: its folder is not writable (permission denied)`,
      suggestions: [`eyaml creates a lock and a temporary file beside the file: make ${top} writable`],
    });
  });

  test('that is read-only is refused before anybody works on it', async () => {
    put('file.yaml', [bob[0], TEAM], 0o644);
    expect(await startWriter({ as: alice }).read(at('file.yaml'))).toMatchObject({
      code: 'FILE_UNWRITABLE',
      message: `cannot write ${at('file.yaml')}: permission denied`,
    });
  });
});

describe.runIf(isRoot && hasPeer('setpriv') && hasPeer('setfacl'))('an access list', () => {
  const aclOf = (name: string) => run('getfacl', '--absolute-names', '--numeric', at(name));

  test.each([
    ['lets the same people read as before', 0o600, [`u:${bob[0]}:r`], [bob], [mallory]],
    [
      'does not let the group read what its mask alone allows',
      0o600,
      [`u:${bob[0]}:r`, 'g::-', 'm::r'],
      [bob],
      [mallory],
    ],
  ])('%s', async (_, mode, entries, readers, others) => {
    put('file.yaml', [alice[0], OTHERS], mode);
    run('setfacl', ...entries.flatMap((entry) => ['-m', entry]), at('file.yaml'));
    const before = aclOf('file.yaml');
    for (const who of [alice, [0, 0] as const]) {
      await replaceAs(who, 'file.yaml', `by ${who[0]}`);
      expect(aclOf('file.yaml')).toBe(before);
    }
    expect([...readers, ...others].map((who) => canRead(who, 'file.yaml'))).toEqual([true, false]);
    expect(readdirSync(top)).toEqual(['file.yaml']);
  });

  test('that its folder gives to new files adds nobody to those who can read it', async () => {
    put('file.yaml', [alice[0], TEAM], 0o640);
    run('setfacl', '-d', '-m', `u:${mallory[0]}:r`, top);
    const before = aclOf('file.yaml');
    await replaceAs(alice, 'file.yaml');
    expect(aclOf('file.yaml')).toBe(before);
    expect(canRead(mallory, 'file.yaml')).toBe(false);
  });

  test.each([
    ['a plain file', 'renameSync:1', () => undefined],
    [
      'a file in a folder that gives new files a reader',
      'ftruncateSync:2',
      () => run('setfacl', '-d', '-m', `u:${mallory[0]}:r`, top),
    ],
    ['a file with an access list', 'ftruncateSync:2', () => run('setfacl', '-m', `u:${bob[0]}:r`, at('file.yaml'))],
  ])('or not: amid the write of %s nobody else reads anything', async (_, call, prepare) => {
    put('file.yaml', [alice[0], TEAM], 0o640);
    prepare();
    const writer = startWriter({ as: alice, hold: `${call}:SIGSTOP` });
    await writer.read(at('file.yaml'));
    await writer.begin('new');
    await until(() => isStopped(writer.pid));
    const amid = readdirSync(top).filter((name) => !name.endsWith('lock'));
    expect(amid.length).toBeGreaterThan(1);
    expect(amid.filter((name) => canRead(mallory, name))).toEqual([]);
    expect(amid.filter((name) => name !== 'file.yaml' && canRead(bob, name))).toEqual([]);
    process.kill(writer.pid, 'SIGCONT');
    expect((await writer.result())?.conflict).toBe(false);
  });

  test('of a file that changed meanwhile is not made wider in the copy beside it', async () => {
    put('file.yaml', [alice[0], OTHERS], 0o600);
    run('setfacl', '-m', `u:${bob[0]}:r`, '-m', 'g::-', '-m', 'm::r', at('file.yaml'));
    const writer = startWriter({ as: alice });
    await writer.read(at('file.yaml'));
    writeFileSync(at('file.yaml'), 'theirs');
    await writer.begin('new');
    expect((await writer.result())?.path).toBe(at('file.edited.yaml'));
    expect([canRead(alice, 'file.edited.yaml'), canRead(mallory, 'file.edited.yaml')]).toEqual([true, false]);
  });

  test('or a mode that changes at the last moment is kept', async () => {
    put('file.yaml', [alice[0], TEAM], 0o644);
    const writer = startWriter({ as: alice, hold: 'symlinkSync:1:SIGSTOP' });
    await writer.read(at('file.yaml'));
    await writer.begin('new');
    await until(() => isStopped(writer.pid));
    chmodSync(at('file.yaml'), 0o600);
    process.kill(writer.pid, 'SIGCONT');
    expect((await writer.result())?.conflict).toBe(false);
    expect([readFileSync(at('file.yaml'), 'utf8'), status('file.yaml').mode & 0o777]).toEqual(['new', 0o600]);
  });
});

test.runIf(hasPeer('setfattr'))('extended attributes stay', async () => {
  writeFileSync(at('file é.yaml'), 'old');
  run('setfattr', '-n', 'user.note', '-v', 'kept', at('file é.yaml'));
  await replaceAs([process.getuid?.() ?? 0, process.getgid?.() ?? 0], 'file é.yaml');
  expect(run('getfattr', '--absolute-names', '--only-values', '-n', 'user.note', at('file é.yaml'))).toBe('kept');
});

test('a plain file is replaced, so that whoever reads it meanwhile has the old or the new content', async () => {
  writeFileSync(at('file.yaml'), 'old');
  const before = statSync(at('file.yaml')).ino;
  expect(await startWriter().replace(at('file.yaml'), 'new')).toEqual({ path: at('file.yaml'), conflict: false });
  expect(statSync(at('file.yaml')).ino).not.toBe(before);
});

describe('a file that is written in place', () => {
  const OLD = 'old '.repeat(3000);
  const NEW = 'new '.repeat(2000);

  beforeEach(() => {
    writeFileSync(at('file.yaml'), OLD);
    linkSync(at('file.yaml'), at('other'));
  });

  // Every call from the first to the lock's removal.
  const STEPS = Object.entries({
    ...{ openSync: 9, writeSync: 3, ftruncateSync: 2, fsyncSync: 3, closeSync: 8, renameSync: 1, unlinkSync: 2 },
  }).flatMap(([name, calls]) => Array.from({ length: calls }, (_, i) => `${name}:${i + 1}`));

  test.each(STEPS)(
    'and killed at %s is old or new, or the old content is in a copy that the next run names',
    async (call) => {
      const file = at('file.yaml');
      const killed = startWriter({ hold: `${call}:SIGKILL` });
      expect(await killed.replace(file, NEW)).toBeUndefined();
      const text = readFileSync(file, 'utf8');
      const next = await startWriter().read(file);
      if (next.code === undefined) {
        expect([OLD, NEW]).toContain(text);
      } else {
        const copy = `${file}.eyaml-old`;
        expect(next).toMatchObject({
          code: 'FILE_INCOMPLETE',
          message: `${file} may be incomplete: eyaml was stopped while writing it`,
        });
        expect(next.suggestions?.[0]).toContain(copy);
        expect(readFileSync(copy, 'utf8')).toBe(OLD);
        copyFileSync(copy, file);
      }
      expect((await startWriter().replace(file, 'next'))?.conflict).toBe(false);
      expect(readdirSync(top).filter((name) => !name.endsWith('.tmp'))).toEqual(['file.yaml', 'other']);
    },
  );

  test('and half written when it was killed, is named by the next run', async () => {
    const file = at('file.yaml');
    await startWriter({ hold: 'writeSync:3:SIGKILL' }).replace(file, NEW);
    expect([OLD, NEW]).not.toContain(readFileSync(file, 'utf8'));
    expect((await startWriter().read(file)).code).toBe('FILE_INCOMPLETE');
  });

  test.runIf(isRoot && hasPeer('mount'))('is restored when the disk is full in the middle', async () => {
    mkdirSync(at('disk'));
    run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at('disk'));
    onTestFinished(() => void run('umount', '-l', at('disk')));
    writeFileSync(at('disk/file.yaml'), OLD.slice(0, 4096));
    linkSync(at('disk/file.yaml'), at('disk/other'));
    // What is left is enough for the new content once and for the old one, but not for the new content twice.
    writeFileSync(at('disk/filler'), Buffer.alloc(4096 * 8));
    const answer = await startWriter().replace(at('disk/file.yaml'), NEW.padEnd(4096 * 5));
    expect(answer?.message).toBe(`cannot write ${at('disk/file.yaml')}: the disk is full`);
    expect(readFileSync(at('disk/file.yaml'), 'utf8')).toBe(OLD.slice(0, 4096));
    expect(readdirSync(at('disk')).sort()).toEqual(['file.yaml', 'filler', 'other']);
  });
});

describe.runIf(isRoot && hasPeer('mount'))('where mounts are', () => {
  test('a file that is one is written in place', async () => {
    for (const name of ['file.yaml', 'mounted.yaml']) writeFileSync(at(name), 'old');
    run('mount', '--bind', at('file.yaml'), at('mounted.yaml'));
    onTestFinished(() => void run('umount', '-l', at('mounted.yaml')));
    await replaceAs([0, 0], 'mounted.yaml');
    expect(readFileSync(at('file.yaml'), 'utf8')).toBe('new');
    expect(readdirSync(top)).toEqual(['file.yaml', 'mounted.yaml']);
  });

  test('a full disk leaves a plain file as it was', async () => {
    mkdirSync(at('disk'));
    run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', at('disk'));
    onTestFinished(() => void run('umount', '-l', at('disk')));
    writeFileSync(at('disk/file.yaml'), 'old');
    const answer = await startWriter().replace(at('disk/file.yaml'), 'new'.padEnd(100_000));
    expect(answer?.message).toBe(`cannot write ${at('disk/file.yaml')}: the disk is full`);
    expect([readFileSync(at('disk/file.yaml'), 'utf8'), readdirSync(at('disk'))]).toEqual(['old', ['file.yaml']]);
  });

  test('a read-only one is refused before anybody works on it', async () => {
    mkdirSync(at('disk'));
    writeFileSync(at('disk/file.yaml'), 'old');
    run('mount', '--bind', at('disk'), at('disk'));
    onTestFinished(() => void run('umount', '-l', at('disk')));
    run('mount', '-o', 'remount,bind,ro', at('disk'));
    expect((await startWriter().read(at('disk/file.yaml'))).message).toContain(
      'its folder is not writable (the file system is read-only)',
    );
    expect(existsSync(at('disk/file.yaml'))).toBe(true);
  });
});
