import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readLimited, type ReadOptions } from '../../src/files/read.js';
import { scratchFolder } from '../helpers/files.js';

let top: string;
const at = (name: string) => path.join(top, name);
const fifo = (name: string) => expect(spawnSync('mkfifo', [at(name)]).status).toBe(0);
const read = async (file: string, options: Partial<ReadOptions> = {}) => {
  const outcome = await readLimited(path.resolve(top, file), { limit: 1024, ...options });
  return 'octets' in outcome ? outcome.octets.toString() : outcome.fault;
};

beforeEach(() => {
  top = scratchFolder();
});

describe('what is read', () => {
  test.each([0, 1, 1023, 1024])('a regular file of %d octets, when 1024 are the most', async (length) => {
    writeFileSync(at('file'), 'x'.repeat(length));
    expect(await read('file')).toBe('x'.repeat(length));
  });

  test('a link to a file, and a file whose size the system does not tell', async () => {
    writeFileSync(at('file'), 'text');
    symlinkSync('file', at('link'));
    expect(await read('link')).toBe('text');
    if (process.platform === 'linux') expect(await read('/proc/self/comm')).not.toBe('');
  });

  test('a pipe, where any may be named, to its end, however long its writer takes to begin', async () => {
    fifo('pipe');
    const writer = spawn('sh', ['-c', 'exec > "$1"; printf one; printf two', 'sh', at('pipe')]);
    const closed = once(writer, 'close');
    expect(await read('pipe', { pipes: 'any' })).toBe('onetwo');
    await closed;
  });
});

describe('what is not read', () => {
  test.each([
    ['a folder', 'folder', 'it is a folder'],
    ['a device without an end', '/dev/zero', 'it is not a regular file'],
    ['a device', '/dev/null', 'it is not a regular file'],
    ['a link to a device', 'device', 'it is not a regular file'],
    ['a pipe, which would wait for ever', 'pipe', 'it is not a regular file'],
    ['a link that leads nowhere', 'dangling', 'it is a broken symbolic link'],
    ['a link to itself', 'circle', 'its symbolic links form a loop'],
    ['a file of 1025 octets', 'large', 'it is larger than 1 KiB, the largest size allowed'],
  ])('%s: %s', async (_, file, reason) => {
    mkdirSync(at('folder'));
    symlinkSync('/dev/zero', at('device'));
    fifo('pipe');
    symlinkSync('nowhere', at('dangling'));
    symlinkSync('circle', at('circle'));
    writeFileSync(at('large'), 'x'.repeat(1025));
    expect(await read(file)).toMatchObject({ isAbsent: false, reason });
    // A repository can bring a pipe that lies in it, and none that the shell made.
    expect(await read(file, { pipes: 'inherited' })).toMatchObject({ isAbsent: false, reason });
  });

  test('a socket', async () => {
    const server = createServer().listen(at('socket'));
    await once(server, 'listening');
    expect(await read('socket', { pipes: 'any' })).toMatchObject({ reason: 'it is not a regular file' });
    server.close();
  });

  test('more than the limit of a pipe that never ends', async () => {
    fifo('pipe');
    const writer = spawn('sh', ['-c', 'exec yes > "$1"', 'sh', at('pipe')]);
    const closed = once(writer, 'close');
    expect(await read('pipe', { pipes: 'any' })).toMatchObject({ reason: expect.stringContaining('1 KiB') as string });
    await closed;
  });

  test.each(['missing', 'file/below'])('%s is absent, and nothing else is', async (name) => {
    writeFileSync(at('file'), '');
    expect(await read(name)).toMatchObject({ isAbsent: true });
  });
});
