import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { connectAssuan } from '../../../src/keys/gnupg/assuan.js';
import { createGnupgKeystore, type GnupgOptions } from '../../../src/keys/gnupg/gnupg.js';
import type { Keystore, OwnSubkey } from '../../../src/keys/keystore.js';
import { assuanServer } from '../../helpers/assuan-server.js';
import { createGnupgHome } from '../../helpers/gnupg.js';

const environment = { PATH: process.env.PATH };
const WRAPPED = { kind: 'ecdh', ephemeralPoint: Buffer.alloc(33, 0x40), wrapped: Buffer.alloc(48) } as const;

interface Scene {
  readonly keystore: Keystore;
  readonly own: readonly [OwnSubkey, OwnSubkey];
  /** What the agent was told about keys. */
  readonly lines: string[];
}

/** An agent that has all keys, each with the given protection, and opens everything. */
async function scene(protection: string, more: Partial<GnupgOptions> = {}): Promise<Scene> {
  const home = createGnupgHome({ secret: ['alice', 'zoe'] });
  const keystore = createGnupgKeystore({ home: home.path, environment, ...more });
  onTestFinished(() => {
    keystore.close();
    home.remove();
  });
  const [one, other] = await keystore.ownSubkeys();
  if (one === undefined || other === undefined) throw new Error('two keys are needed');
  home.killAgent();
  const lines: string[] = [];
  const keyinfo = [one, other].map(({ keygrip = '' }) => `S KEYINFO ${keygrip} D - - - ${protection} - - -\n`);
  const replies: Readonly<Record<string, string>> = {
    'KEYINFO --list': `${keyinfo.join('')}OK\n`,
    PKDECRYPT: 'S INQUIRE_MAXLEN 4096\nINQUIRE CIPHERTEXT\n',
    END: 'D (5:value1:x)\nOK\n',
  };
  await assuanServer(
    'OK\n',
    (line, socket) => {
      if (/^(?:SETKEY|PKDECRYPT|OPTION pinentry-mode)/.test(line)) lines.push(line.split('+')[0] ?? '');
      if (!line.startsWith('D ')) socket.write(replies[line] ?? 'OK\n');
    },
    home.agentSocket(),
  );
  return { keystore, own: [one, other], lines };
}

const unwrapAll = ({ keystore }: Scene, subkeys: readonly OwnSubkey[]) =>
  Promise.all(subkeys.map((subkey) => keystore.unwrap(subkey, WRAPPED)));

test('a key without a passphrase is set once while it stays the same, and not described', async () => {
  const one = await scene('C');
  const [a, b] = one.own;
  await unwrapAll(one, [a, a, a, b, a]);
  const [setA, setB] = [a, b].map(({ keygrip }) => `SETKEY ${keygrip ?? ''}`);
  expect(one.lines).toEqual([
    ...[setA, 'PKDECRYPT', 'PKDECRYPT', 'PKDECRYPT'],
    ...[setB, 'PKDECRYPT'],
    ...[setA, 'PKDECRYPT'],
  ]);
});

test('a key with a passphrase is described each time: the agent forgets the description', async () => {
  const one = await scene('P');
  const [a] = one.own;
  await unwrapAll(one, [a, a]);
  const described = ['SETKEYDESC Please', 'PKDECRYPT'];
  expect(one.lines).toEqual([`SETKEY ${a.keygrip ?? ''}`, ...described, ...described]);
});

test('the agent is told once to take passphrases from here, and again to ask a person', async () => {
  const passphrase = { octets: Buffer.from('a'), source: 'the test' };
  const one = await scene('P', { givenPassphrase: () => Promise.resolve(passphrase) });
  const [a] = one.own;
  await unwrapAll(one, [a, a]);
  expect(one.lines.filter((line) => line.startsWith('OPTION'))).toEqual(['OPTION pinentry-mode=loopback']);
});

test('after the connection was opened again the key is set again', async () => {
  const one = await scene('C');
  const [a] = one.own;
  await unwrapAll(one, [a]);
  one.keystore.close();
  await unwrapAll(one, [a]);
  expect(one.lines.filter((line) => line.startsWith('SETKEY'))).toHaveLength(2);
});

test('the next command is sent, and what it needs, before the reply to the one before is worked on', async () => {
  const events: string[] = [];
  const answer = (line: string, socket: Socket) => {
    events.push(line);
    if (line === 'X') socket.write('INQUIRE WANTED\n');
    else if (line === 'END') socket.write('OK\n');
  };
  const assuan = await connectAssuan(await assuanServer('OK\n', answer));
  onTestFinished(() => assuan.close());
  const replies = [1, 2].map((n) => {
    const answer = () => {
      events.push(`answer ${n}`);
      return Buffer.from(String(n));
    };
    return assuan.inTurn(() => [{ line: 'X', answers: { WANTED: answer }, asksFirst: 'WANTED' }]);
  });
  await Promise.all(replies.map((reply, n) => reply.then(() => events.push(`told ${n + 1}`))));
  const told = events.indexOf('told 1');
  expect(events.slice(0, told)).toContain('answer 2');
  expect(told).toBeLessThan(events.indexOf('told 2'));
});

test('commands after one that fails are not sent', async () => {
  const lines: string[] = [];
  const answer = (line: string, socket: Socket) => {
    lines.push(line);
    socket.write(line === 'B' ? 'ERR 67108881\n' : 'OK\n');
  };
  const assuan = await connectAssuan(await assuanServer('OK\n', answer));
  onTestFinished(() => assuan.close());
  const commands = ['A', 'B', 'C'].map((line) => ({ line }));
  await expect(assuan.inTurn(() => commands)).rejects.toMatchObject({ code: 17 });
  await assuan.command('D');
  expect(lines).toEqual(['A', 'B', 'D']);
});
