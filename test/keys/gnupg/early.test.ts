import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { EyamlError } from '../../../src/errors.js';
import { AssuanError, type Command } from '../../../src/keys/gnupg/assuan-turn.js';
import { AssuanClosed, connectAssuan, type Assuan } from '../../../src/keys/gnupg/assuan.js';
import { createGnupgKeystore } from '../../../src/keys/gnupg/gnupg.js';
import { assuanServer } from '../../helpers/assuan-server.js';
import { defined } from '../../helpers/defined.js';
import { createGnupgHome } from '../../helpers/gnupg.js';

const UNEXPECTED = 'ERR 67109139\n';
const CONFIRM = 'INQUIRE PINENTRY_LAUNCHED 1 curses\n';

/** What an agent does with a command: asks questions, one after the other, and gives a reply. */
type Script = (command: string) => { readonly asks: readonly string[]; readonly reply: string };

interface Heard {
  readonly lines: readonly string[];
  /** How many lines had come when the agent asked for something. */
  readonly beforeQuestions: readonly number[];
}

/**
 * An agent that reads its lines as libassuan does: while it waits for an answer, it takes whatever comes for one, and fails if it is none.
 */
async function strictAgent(script: Script, socketPath?: string): Promise<{ path: string; connections: Heard[] }> {
  const connections = new Map<Socket, Heard & { lines: string[]; beforeQuestions: number[] }>();
  const agents = new Map<Socket, Generator<undefined, void, string>>();
  function* serve(socket: Socket): Generator<undefined, void, string> {
    for (;;) {
      const { asks, reply } = script(yield);
      let isAsTold = true;
      for (const question of asks) {
        connections.get(socket)?.beforeQuestions.push(connections.get(socket)?.lines.length ?? 0);
        socket.write(question);
        let line = yield;
        while (line.startsWith('D ')) line = yield;
        isAsTold = line === 'END';
        if (!isAsTold) break;
      }
      socket.write(isAsTold ? reply : UNEXPECTED);
    }
  }
  const path = await assuanServer(
    'OK\n',
    (line, socket) => {
      const heard = connections.get(socket) ?? { lines: [], beforeQuestions: [] };
      if (!connections.has(socket)) {
        connections.set(socket, heard);
        const agent = serve(socket);
        agent.next();
        agents.set(socket, agent);
      }
      heard.lines.push(line);
      agents.get(socket)?.next(line);
    },
    socketPath,
  );
  return {
    path,
    get connections() {
      return [...connections.values()];
    },
  };
}

async function connectTo(script: Script): Promise<Assuan> {
  const assuan = await connectAssuan((await strictAgent(script)).path);
  onTestFinished(() => assuan.close());
  return assuan;
}

const answers = { WANTED: Buffer.from('w'), PINENTRY_LAUNCHED: Buffer.alloc(0) };
const sure = (line: string): Command => ({ line, answers, asksFirst: 'WANTED', isSure: true });
const asksWanted = ['INQUIRE WANTED\n'];

describe('what is sent early', () => {
  test('while the agent works, sure commands come, four at most; each gets its own reply', async () => {
    const lines: string[] = [];
    const path = await assuanServer('OK\n', (line) => lines.push(line));
    const assuan = await connectAssuan(path);
    onTestFinished(() => assuan.close());
    for (const n of [1, 2, 3, 4, 5, 6]) void assuan.inTurn(() => [sure(`X${n}`)]).catch(() => undefined);
    await expect.poll(() => lines.filter((line) => line.startsWith('X'))).toEqual(['X1', 'X2', 'X3', 'X4']);
    const quick = await connectTo((command) => ({ asks: asksWanted, reply: `D ${command}\nOK\n` }));
    const all = ['a', 'b', 'c', 'd', 'e', 'f'].map((line) => quick.inTurn(() => [sure(line)]));
    expect((await Promise.all(all)).map(({ data }) => data.toString())).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  test('law: whatever an agent asks, nobody gets the reply to another; and if it asks nothing more, all get theirs', async () => {
    const turn = fc.record({
      preparations: fc.nat(2),
      isSure: fc.boolean(),
      isEarly: fc.boolean(),
      fails: fc.boolean(),
      confirms: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { maxLength: 12 }), fc.boolean(), async (turns, isHonest) => {
        const asksMore = (i: number) => turns[i]?.confirms === true && !(isHonest && turns[i].isSure);
        const assuan = await connectTo((command) => {
          const [kind, number] = command.split(' ');
          if (kind !== 'X') return { asks: [], reply: 'OK\n' };
          const fate = turns[Number(number)];
          return {
            asks: asksMore(Number(number)) ? [...asksWanted, CONFIRM] : asksWanted,
            reply: fate?.fails === true ? 'ERR 67108881\n' : `D ${number ?? ''}\nOK\n`,
          };
        });
        const told = await Promise.all(
          turns.map(({ preparations, isSure, isEarly }, i) =>
            assuan
              .inTurn(() => [
                ...Array.from({ length: preparations }, () => ({ line: 'SET', isSure })),
                { line: `X ${i}`, answers, isSure, asksFirst: isEarly || isSure ? 'WANTED' : undefined },
              ])
              .then(({ data }) => data.toString())
              .catch((error: unknown) => error),
          ),
        );
        assuan.close();
        told.forEach((outcome, i) => {
          const own =
            turns[i]?.fails === true ? outcome instanceof AssuanError && outcome.code === 17 : outcome === String(i);
          expect(own || (!isHonest && outcome instanceof AssuanClosed)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('an agent that does not ask for what it was sent, or refuses what comes before, is not believed', async () => {
    const unasked = await connectTo(() => ({ asks: [], reply: 'OK\n' }));
    await expect(unasked.inTurn(() => [sure('X')])).rejects.toBeInstanceOf(AssuanClosed);
    const refusing = await connectTo((line) => ({ asks: asksWanted, reply: line === 'SET' ? 'ERR 1\n' : 'OK\n' }));
    const commands = [{ line: 'SET', answers, asksFirst: 'WANTED', isSure: true }, sure('X')];
    await expect(refusing.inTurn(() => commands)).rejects.toBeInstanceOf(AssuanClosed);
  });
});

test('nothing is sent while a person is asked', async () => {
  const lines: string[] = [];
  let socket: Socket | undefined;
  const path = await assuanServer('OK\n', (line, connected) => {
    socket = connected;
    lines.push(line);
    if (line === 'X') connected.write(CONFIRM);
    if (line === 'Y') connected.write('OK\n');
  });
  const assuan = await connectAssuan(path);
  onTestFinished(() => assuan.close());
  const asking = assuan.inTurn(() => [{ line: 'X', answers, isSure: true }]);
  await expect.poll(() => lines).toContain('END');
  const waiting = assuan.inTurn(() => [{ line: 'Y', isSure: true }]);
  await new Promise((resolve) => socket?.write('# still asking\n', resolve));
  await new Promise(setImmediate);
  expect(lines).not.toContain('Y');
  socket?.write('OK\n');
  await expect(Promise.all([asking, waiting])).resolves.toHaveLength(2);
});

test('the time of a command runs from the reply to the one before, and no timer outlives the connection', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  let socket: Socket | undefined;
  const path = await assuanServer('OK\n', (line, connected) => {
    socket = connected;
    lines.push(line);
  });
  const assuan = await connectAssuan(path);
  const commands = ['A', 'B', 'C'].map((line) => assuan.inTurn(() => [{ line, isSure: true, limit: 1000 }]));
  await expect.poll(() => lines).toEqual(['A', 'B', 'C']);
  for (const command of commands.slice(0, 2)) {
    vi.advanceTimersByTime(900);
    socket?.write('OK\n');
    await command;
  }
  expect(vi.getTimerCount()).toBe(1);
  const rest = [defined(commands[2]), assuan.inTurn(() => [{ line: 'D', isSure: true, limit: 1000 }])];
  socket?.destroy();
  expect((await Promise.allSettled(rest)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(vi.getTimerCount()).toBe(0);
});

/** A keystore with one key, and an agent that says that it has no passphrase and asks a person all the same. */
async function confirmingAgent(reply: string) {
  const home = createGnupgHome({ secret: ['alice'] });
  const keystore = createGnupgKeystore({ home: home.path, environment: { PATH: process.env.PATH } });
  onTestFinished(() => {
    keystore.close();
    home.remove();
  });
  const alice = defined((await keystore.ownSubkeys())[0]);
  home.killAgent();
  const keyinfo = `S KEYINFO ${defined(alice.keygrip)} D - - - C - - -\nOK\n`;
  const agent = await strictAgent((command) => {
    if (command === 'KEYINFO --list') return { asks: [], reply: keyinfo };
    if (command !== 'PKDECRYPT') return { asks: [], reply: 'OK\n' };
    return { asks: ['INQUIRE CIPHERTEXT\n', CONFIRM], reply };
  }, home.agentSocket());
  const wrapped = { kind: 'ecdh', ephemeralPoint: Buffer.alloc(33, 0x40), wrapped: Buffer.alloc(48) } as const;
  const opened = Promise.allSettled(Array.from({ length: 6 }, () => keystore.unwrap(alice, wrapped)));
  return { opened: await opened, connections: agent.connections };
}

test('an agent that asks a person to confirm the use of a key is asked again, step by step', async () => {
  const { opened, connections } = await confirmingAgent('D (5:value1:x)\nOK\n');
  const values = opened.map((one) => (one.status === 'fulfilled' ? Buffer.from(one.value.octets).toString() : ''));
  expect(values).toEqual(Array.from({ length: 6 }, () => 'x'));
  const [, again] = connections.filter(({ lines }) => lines.includes('PKDECRYPT'));
  const asked = defined(again).beforeQuestions.map((count) => defined(again).lines[count - 1]);
  expect(new Set(asked)).toEqual(new Set(['PKDECRYPT', 'END']));
});

test('a person who refuses to confirm is not asked again for the other values', async () => {
  const { opened, connections } = await confirmingAgent('ERR 83886179\n');
  const codes = opened.map((one) => (one.status === 'rejected' ? (one.reason as EyamlError).code : ''));
  expect(codes).toEqual(Array.from({ length: 6 }, () => 'PASSPHRASE_CANCELLED'));
  const confirmed = connections.map(({ lines }) => lines.filter((line) => line === 'PKDECRYPT').length);
  expect(confirmed.filter(Boolean)).toHaveLength(1);
});
