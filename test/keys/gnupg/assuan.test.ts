import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssuanError } from '../../../src/keys/gnupg/assuan-turn.js';
import { connectAssuan, type Assuan } from '../../../src/keys/gnupg/assuan.js';
import { assuanServer } from '../../helpers/assuan-server.js';
import { createGnupgHome, type GnupgHome } from '../../helpers/gnupg.js';

async function connectTo(answers: Readonly<Record<string, string>>): Promise<Assuan> {
  const socketPath = await assuanServer('OK ready\n', (line, socket) =>
    socket.write(answers[line] ?? 'ERR 1\n', 'latin1'),
  );
  return connectAssuan(socketPath);
}

describe('replies', () => {
  test.each([
    ['OK', 'OK\n', '', []],
    ['OK with words', 'OK closing connection\n', '', []],
    ['data', 'D abc\nOK\n', 'abc', []],
    ['data on several lines', 'D ab\nD c\nD  d\nOK\n', 'abc d', []],
    ['escapes, in either case', 'D 100%25%0A%0d%0D%5c\nOK\n', '100%\n\r\r\\', []],
    ['a percent sign that escapes nothing', 'D %zz%\nOK\n', '%zz%', []],
    ['octets that are no text', 'D \x80\xff\0\nOK\n', '\x80\xff\0', []],
    [
      'status lines',
      'S PADDING 0\nS PROGRESS need_entropy X 30 120\nOK\n',
      '',
      ['PADDING 0', 'PROGRESS need_entropy X 30 120'],
    ],
    ['comments and lines to come', '# comment\nNEWS x\nD a\nOK\n', 'a', []],
  ])('%s', async (_, answer, data, status) => {
    const assuan = await connectTo({ X: answer });
    const reply = await assuan.command('X');
    expect({ data: reply.data.toString('latin1'), status: reply.status }).toEqual({ data, status });
  });

  test('an ERR tells its error and its source, and the next command works', async () => {
    const assuan = await connectTo({ X: 'ERR 67108881 No secret key <GPG Agent>\n', Y: 'D y\nOK\n' });
    const error: unknown = await assuan.command('X').catch((error: unknown) => error);
    expect(error).toBeInstanceOf(AssuanError);
    expect(error).toMatchObject({ code: 17, source: 4, message: 'gpg-agent error 17' });
    expect((await assuan.command('Y')).data.toString()).toBe('y');
  });

  test('lines that arrive in pieces', async () => {
    const pieces = ['D a', 'b\nD', ' c', '\nO', 'K\n'];
    const socketPath = await assuanServer('OK\n', (_, socket) => {
      const next = () => {
        const piece = pieces.shift();
        if (piece !== undefined) socket.write(piece, () => setImmediate(next));
      };
      next();
    });
    expect((await (await connectAssuan(socketPath)).command('X')).data.toString()).toBe('abc');
  });
});

describe('an INQUIRE', () => {
  async function inquire(octets: Uint8Array | undefined): Promise<string[]> {
    const lines: string[] = [];
    const socketPath = await assuanServer('OK\n', (line, socket) => {
      if (line === 'X') socket.write('INQUIRE WANTED extra words\n');
      else lines.push(line);
      if (line === 'END' || line === 'CAN') socket.write('OK\n');
    });
    const assuan = await connectAssuan(socketPath);
    await assuan.command('X', octets && { WANTED: octets });
    assuan.close();
    return lines;
  }

  test('is answered with escaped data', async () => {
    expect(await inquire(Buffer.from('50% \r\n\0\xff', 'latin1'))).toEqual(['D 50%25 %0D%0A\0\xff', 'END']);
  });

  test('is cancelled when there is no answer', async () => {
    expect(await inquire(undefined)).toEqual(['CAN']);
  });

  test('law: every answer arrives as it is, on lines of at most 1000 octets', async () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 4000 }),
      fc.uint8Array({ minLength: 990, maxLength: 1010, min: 37, max: 37 }),
    );
    await fc.assert(
      fc.asyncProperty(octets, async (sent) => {
        const lines = await inquire(sent);
        expect(lines.pop()).toBe('END');
        expect(lines.every((line) => line.startsWith('D ') && line.length < 1000)).toBe(true);
        const text = lines.map((line) => line.slice(2)).join('');
        const got = text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
        expect(Buffer.from(got, 'latin1').equals(Buffer.from(sent))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a connection that fails', () => {
  test('nobody listens', async () => {
    await expect(connectAssuan('/nonexistent/socket')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('the server refuses', async () => {
    await expect(connectAssuan(await assuanServer('ERR 67108945\n', () => undefined))).rejects.toBeInstanceOf(
      AssuanError,
    );
  });

  test('the server hangs up', async () => {
    await expect(connectAssuan(await assuanServer(undefined, () => undefined))).rejects.toThrow('closed');
    const assuan = await connectAssuan(await assuanServer('OK\n', (_, socket) => socket.end('D half')));
    await expect(assuan.command('X')).rejects.toThrow('closed');
    await expect(assuan.command('X')).rejects.toThrow();
  });
});

describe('a real gpg-agent', () => {
  let home: GnupgHome;
  let assuan: Assuan;
  beforeAll(async () => {
    home = createGnupgHome({ secret: ['alice'] });
    const gpgconf = (...args: string[]) =>
      execFileSync('gpgconf', ['--homedir', home.path, ...args])
        .toString()
        .trim();
    gpgconf('--launch', 'gpg-agent');
    assuan = await connectAssuan(gpgconf('--list-dirs', 'agent-socket'));
  });
  afterAll(() => {
    assuan.close();
    home.remove();
  });

  test('answers with data, status lines and errors', async () => {
    expect((await assuan.command('GETINFO version')).data.toString()).toMatch(/^\d+\.\d+\.\d+/);
    expect((await assuan.command('KEYINFO --list')).status).toContainEqual(
      expect.stringMatching(/^KEYINFO 66D6420BA90834CA953A3C91A50F7E93623A6638 D /),
    );
    await expect(assuan.command('NO_SUCH_COMMAND')).rejects.toMatchObject({ source: 4 });
  });
});
