import {
  existsSync,
  lutimesSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { lockOf, withLock } from '../../src/files/lock.js';
import { ownMark } from '../../src/files/process-mark.js';
import { defined } from '../helpers/defined.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { scratchFolder } from '../helpers/files.js';
import { isStopped, startWriter, until, type Answer } from '../helpers/writers.js';

let top: string;
let file: string;
let lock: string;
beforeEach(() => {
  top = scratchFolder();
  file = path.join(top, 'file.yaml');
  lock = lockOf(file);
  writeFileSync(file, 'old');
});

const take = (patience: number) => withLock(file, 'file.yaml', () => 'done', patience);

// A mark with another process number, start time, place or nonce.
function markWith(change: (fields: string[]) => void): string {
  const [host = '', stamp = '', nonce = ''] = ownMark().split(' ');
  const fields = [host, ...stamp.split('-'), nonce];
  change(fields);
  return `${fields[0] ?? ''} ${fields.slice(1, 4).join('-')} ${fields[4] ?? ''}`;
}

/** The number of a process that has ended, and that nothing has got since. */
function goneProcess(): string {
  for (;;) {
    const pid = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' }).trim();
    if (!existsSync(`/proc/${pid}`)) return pid;
  }
}

describe('a lock', () => {
  test('is there while the work is done, says who holds it, and is gone then', async () => {
    expect(await withLock(file, 'file.yaml', () => readlinkSync(lock))).toMatch(new RegExp(` ${process.pid}-\\d+-`));
    expect(readdirSync(top)).toEqual(['file.yaml']);
  });

  test('is gone also when the work fails', async () => {
    const fail = () => {
      throw new TypeError('no');
    };
    await expect(withLock(file, 'file.yaml', fail)).rejects.toThrow(TypeError);
    expect(readdirSync(top)).toEqual(['file.yaml']);
  });

  test('of a text that is no mark is one of nobody knows whom', async () => {
    const gone = markWith((fields) => (fields[1] = goneProcess()));
    symlinkSync(`${gone}${'0'.repeat(300)}`, lock);
    expect(await eyamlErrorOf(() => take(0))).toMatchObject({ code: 'FILE_LOCKED' });
  });

  test('of a running process ends in an error that names it and says what to remove', async () => {
    symlinkSync(ownMark(), lock);
    const error = await eyamlErrorOf(() => take(0));
    expect(error.code).toBe('FILE_LOCKED');
    expect(error.message).toMatch(new RegExp(`^file\\.yaml is locked by process ${process.pid} on [\\w.-]+$`));
    expect(error.suggestions).toEqual([`wait for it and try again; if it is no longer running, remove ${lock}`]);
    expect(existsSync(lock) || readlinkSync(lock)).toBeTruthy();
  });

  test.each<[string, (fields: string[]) => void]>([
    ['that has ended', (fields) => (fields[1] = goneProcess())],
    ['whose number another one has by now', (fields) => (fields[2] = '1')],
  ])('of a process %s is taken over', async (_, change) => {
    symlinkSync(markWith(change), lock);
    expect(await take(10_000)).toBe('done');
    expect(readdirSync(top)).toEqual(['file.yaml']);
  });

  test.each<[string, (fields: string[]) => void]>([
    ['on another machine', (fields) => (fields[0] = 'elsewhere')],
    ['before the last boot or in another container', (fields) => (fields[3] = 'abcdefabcdef')],
  ])('of a process %s may be in use, so it stays for ten minutes', async (_, change) => {
    symlinkSync(
      markWith((fields) => (change(fields), (fields[1] = goneProcess()))),
      lock,
    );
    const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
    lutimesSync(lock, minutesAgo(9), minutesAgo(9));
    expect((await eyamlErrorOf(() => take(0))).code).toBe('FILE_LOCKED');
    expect(readdirSync(top)).toContain(path.basename(lock));
    // No writer takes this long.
    lutimesSync(lock, minutesAgo(11), minutesAgo(11));
    expect(await take(10_000)).toBe('done');
    expect(readdirSync(top)).toEqual(['file.yaml']);
  });

  test('is judged by the clock of its file system, where it is old', async () => {
    symlinkSync(
      markWith((fields) => (fields[0] = 'elsewhere')),
      lock,
    );
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60 * 60_000);
    onTestFinished(() => void vi.restoreAllMocks());
    expect((await eyamlErrorOf(() => take(0))).code).toBe('FILE_LOCKED');
    expect(readdirSync(top)).toEqual([path.basename(lock), 'file.yaml']);
  });

  test('of a running process stays, however old it is', async () => {
    symlinkSync(ownMark(), lock);
    lutimesSync(lock, new Date(0), new Date(0));
    expect((await eyamlErrorOf(() => take(0))).code).toBe('FILE_LOCKED');
  });

  test.each([
    ['a text', () => writeFileSync(lock, '\u001b[31mred')],
    ['nothing yet', () => writeFileSync(lock, '')],
    ['a pipe', () => execFileSync('mkfifo', [lock])],
    ['a link to something without an end', () => symlinkSync('/dev/zero', lock)],
  ])('that is %s stays, and none of it is shown', async (_, put) => {
    put();
    expect((await eyamlErrorOf(() => take(0))).message).toBe('file.yaml is locked by another process');
  });

  test('where there are no symbolic links is a file, and is taken over all the same', async () => {
    const writer = startWriter({ hold: 'symlinkSync:0:EPERM' });
    writeFileSync(
      lock,
      markWith((fields) => (fields[1] = goneProcess())),
    );
    expect(await writer.replace(file, 'new')).toEqual({ path: file, conflict: false });
    expect([readdirSync(top), readFileSync(file, 'utf8')]).toEqual([['file.yaml'], 'new']);
  });

  test('is one for all links to a file', async () => {
    symlinkSync('file.yaml', path.join(top, 'link.yaml'));
    const [first, second] = [startWriter({ hold: 'renameSync:1:SIGSTOP' }), startWriter()];
    await Promise.all([first.read(file), second.read(path.join(top, 'link.yaml'))]);
    await first.begin('first');
    await until(() => isStopped(first.pid));
    await second.begin('second');
    process.kill(first.pid, 'SIGCONT');
    expect(await first.result()).toEqual({ path: file, conflict: false });
    expect(await second.result()).toEqual({ path: path.join(top, 'file.edited.yaml'), conflict: true });
  });
});

describe('many writers at once', () => {
  const WRITERS = 20;
  const ROUNDS = 20;

  /** Whatever said that it was written is there: one in the file, the others each in a copy. */
  function checkRound(answers: readonly (Answer | undefined)[]): void {
    const winners = answers.filter((answer) => answer?.conflict === false);
    expect(winners).toHaveLength(1);
    const places = answers.map((answer) => defined(answer?.path));
    expect(new Set(places).size).toBe(answers.length);
    expect(places.map((place) => readFileSync(place, 'utf8'))).toEqual(answers.map((_, i) => `by ${i}`));
    expect(readdirSync(top)).toHaveLength(answers.length);
    for (const place of places) rmSync(place);
  }

  test.each([
    ['one is held at its rename', true, false],
    ['none is held', false, false],
    ['the lock of a killed process is in the way', false, true],
  ])('nothing that was saved is lost while %s', async (_, isHeld, isStale) => {
    const gone = goneProcess();
    const held = startWriter(isHeld ? { hold: 'renameSync:0:SIGSTOP' } : {});
    const writers = [held, ...Array.from({ length: WRITERS - 1 }, () => startWriter())];
    for (let round = 0; round < ROUNDS; round += 1) {
      writeFileSync(file, `round ${round}`);
      expect(await Promise.all(writers.map((writer) => writer.read(file)))).toEqual(writers.map(() => ({})));
      if (isStale)
        symlinkSync(
          markWith((fields) => (fields[1] = gone)),
          lock,
        );
      await held.begin('by 0');
      if (isHeld) await until(() => isStopped(held.pid));
      await Promise.all(writers.slice(1).map((writer, i) => writer.begin(`by ${i + 1}`)));
      if (isHeld) process.kill(held.pid, 'SIGCONT');
      const answers = await Promise.all(writers.map((writer) => writer.result()));
      if (isHeld) expect(answers[0]?.conflict).toBe(false);
      checkRound(answers);
    }
  });

  test('that may not save beside the file leave it to the one that was first', async () => {
    const [first, second] = [startWriter({ hold: 'renameSync:1:SIGSTOP' }), startWriter()];
    await Promise.all([first.read(file), second.read(file)]);
    await first.begin('first', { onConflict: 'fail' });
    await until(() => isStopped(first.pid));
    await second.begin('second', { onConflict: 'fail' });
    process.kill(first.pid, 'SIGCONT');
    expect((await first.result())?.conflict).toBe(false);
    expect((await second.result())?.code).toBe('FILE_CHANGED');
    expect([readdirSync(top), readFileSync(file, 'utf8')]).toEqual([['file.yaml'], 'first']);
  });

  test('go on when one of them is killed at its rename', async () => {
    const [first, second] = [startWriter({ hold: 'renameSync:1:SIGKILL' }), startWriter()];
    expect(await first.replace(file, 'first')).toBeUndefined();
    expect(readdirSync(top)).toContain(path.basename(lock));
    expect(await second.replace(file, 'second')).toEqual({ path: file, conflict: false });
    expect(readFileSync(file, 'utf8')).toBe('second');
    expect(readdirSync(top)).not.toContain(path.basename(lock));
  });
});
