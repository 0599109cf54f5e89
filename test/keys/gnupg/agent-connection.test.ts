import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openAgent } from '../../../src/keys/gnupg/agent.js';
import { createGpg } from '../../../src/keys/gnupg/gpg.js';
import { createGnupgKeystore, type GnupgOptions } from '../../../src/keys/gnupg/gnupg.js';
import { socketBehind } from '../../../src/keys/gnupg/socket-file.js';
import type { Keystore, WrappedSessionKey } from '../../../src/keys/keystore.js';
import { readMessage } from '../../../src/openpgp/message.js';
import { assuanServer } from '../../helpers/assuan-server.js';
import { known } from '../../helpers/abilities.js';
import { defined } from '../../helpers/defined.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome, type HomeContent } from '../../helpers/gnupg.js';
import { fakePinentry } from '../../helpers/pinentry.js';

const environment = { PATH: process.env.PATH };

/** Stops the agent of a home, and waits until it has stopped: one that was ending anyway is followed by another. */
async function stopAgent(home: GnupgHome): Promise<number> {
  for (;;) {
    const agent = home.agentPid();
    process.kill(agent, 'SIGSTOP');
    const state = () => /\) (\S) \d/.exec(readFileSync(`/proc/${agent}/stat`, 'latin1'))?.[1];
    const isStopped = () => state() === 'T';
    if (
      await vi.waitUntil(isStopped).then(
        () => true,
        () => false,
      )
    )
      return agent;
  }
}

function scratchHome(content: HomeContent): GnupgHome {
  const home = createGnupgHome(content);
  onTestFinished(() => home.remove());
  return home;
}

function scratchKeystore(home: GnupgHome, more: Partial<GnupgOptions> = {}): Keystore {
  const keystore = createGnupgKeystore({ home: home.path, environment, ...more });
  onTestFinished(() => keystore.close());
  return keystore;
}

async function wrappedFor(home: GnupgHome, name: string): Promise<WrappedSessionKey> {
  const message = home.gpg(['--recipient', FINGERPRINTS[name] ?? '', '--encrypt'], 'x');
  return defined((await readMessage(message)).pkesks[0]?.fields);
}

/** A home without an agent of its own, with the public keys of another. */
function guestOf({ path: host }: GnupgHome): GnupgHome {
  const guest = scratchHome({});
  // The last is where gpg-sq keeps all of it.
  for (const part of ['pubring.kbx', 'trustdb.gpg', 'pubring.cert.d'].filter((name) =>
    existsSync(path.join(host, name)),
  ))
    cpSync(path.join(host, part), path.join(guest.path, part), { recursive: true });
  return guest;
}

async function opensAlices(keystore: Keystore, wrapped: WrappedSessionKey): Promise<string> {
  const [alice] = await keystore.ownSubkeys();
  return (await keystore.unwrap(defined(alice), wrapped)).form;
}

describe('an agent elsewhere', () => {
  test('that is forwarded by its extra socket opens values, though GnuPG 2.2 lists its keys as stubs', async () => {
    const host = scratchHome({ secret: ['alice'], pub: ['ann'] });
    host.agentPid();
    const guest = guestOf(host);
    symlinkSync(`${host.agentSocket()}.extra`, guest.agentSocket());
    const keystore = scratchKeystore(guest);
    const own = await keystore.ownSubkeys();
    expect(own.map(({ userId }) => userId)).toEqual(['Alice <alice@example.com>']);
    expect(await keystore.needsInteraction(defined(own[0]))).toBe(false);
    expect(await opensAlices(keystore, await wrappedFor(host, 'alice'))).toBe('sharedX');
  });

  test('that is restricted asks with its own pinentry, and takes no passphrase from here', async () => {
    const pinentry = fakePinentry('correct horse');
    onTestFinished(() => pinentry.remove());
    const host = scratchHome({ secret: ['bob'], agentConf: [pinentry.agentConf] });
    host.agentPid();
    const guest = guestOf(host);
    symlinkSync(`${host.agentSocket()}.extra`, guest.agentSocket());
    const given = { octets: Buffer.from('another'), source: 'the test' };
    const keystore = scratchKeystore(guest, { givenPassphrase: () => Promise.resolve(given) });
    const [bob] = await keystore.ownSubkeys();
    const wrapped = await wrappedFor(host, 'bob');
    expect(['pkcs1', 'bare']).toContain((await keystore.unwrap(defined(bob), wrapped)).form);
    expect(pinentry.starts()).toBe(1);
  });

  test('that a file redirects to is found, variables in its path included', async ({ skip }) => {
    const host = scratchHome({ secret: ['alice'] });
    host.agentPid();
    const guest = guestOf(host);
    writeFileSync(guest.agentSocket(), '%Assuan%\nsocket=${HOST}/S.gpg-agent\n');
    const variables = { HOST: path.dirname(host.agentSocket()) };
    const list = ['--homedir', guest.path, '--batch', '--with-colons', '--list-secret-keys'];
    const { stdout } = spawnSync('gpg', list, { env: { ...environment, ...variables } });
    skip(!known('follow a socket file', () => stdout.includes('sec:')), 'this gpg does not follow such a file');
    const keystore = scratchKeystore(guest, { environment: { ...environment, ...variables } });
    expect(await opensAlices(keystore, await wrappedFor(host, 'alice'))).toBe('sharedX');
  });

  test.each([
    ['%Assuan%\nsocket=/a/${NAME}/S\n', '/a/b/S'],
    ['%Assuan%\nsocket=/a/${NONE}/S\n', '/a//S'],
    ['%Assuan%\nsocket=/a/$NAME/S\n', '/a/$NAME/S'],
    ['%Assuan%\nsocket=/a\n\n', undefined],
    ['%Assuan%\nsocket=/a', undefined],
    ['%Assuan%\nsocket=\n', undefined],
    [`%Assuan%\nsocket=${'a'.repeat(500)}\n`, undefined],
    ['something else\n', undefined],
  ])('the file %j stands for %s', async (text, wanted) => {
    const file = path.join(scratchFolder(), 'S.gpg-agent');
    writeFileSync(file, text);
    expect(await socketBehind(file, { NAME: 'b' })).toBe(wanted ?? file);
  });
});

describe('an agent that hangs', () => {
  test.each([
    ['takes a connection and never greets', ''],
    ['greets and never answers', 'OK Pleased to meet you\n'],
  ])('and %s is told, and not waited for', async (_, greeting) => {
    const home = scratchHome({ secret: ['alice'] });
    await assuanServer(greeting, undefined, home.agentSocket());
    const keystore = scratchKeystore(home, { limit: 100 });
    for (const patience of [undefined, 50]) {
      const error = await eyamlErrorOf(() => keystore.ownSubkeys(patience));
      expect(error.code).toBe('AGENT_UNAVAILABLE');
      expect(error.message).toBe(`gpg-agent does not answer at ${home.agentSocket()}`);
    }
    expect(await keystore.search([{ kind: 'text', text: 'alice' }])).toHaveLength(1);
  });

  test('because it was stopped is told, and not waited for', async () => {
    const home = scratchHome({ secret: ['alice'] });
    const agent = await stopAgent(home);
    onTestFinished(() => void process.kill(agent, 'SIGCONT'));
    const error = await eyamlErrorOf(() => scratchKeystore(home, { limit: 100 }).ownSubkeys());
    expect(error.code).toBe('AGENT_UNAVAILABLE');
  });

  test('does not keep gpg for longer than its limit', async () => {
    const home = scratchHome({ secret: ['alice'] });
    await assuanServer('', undefined, home.agentSocket());
    const gpg = createGpg(home.path, environment);
    const error = await eyamlErrorOf(() => gpg.run(['--list-secret-keys'], undefined, { limit: 200 }));
    expect([error.code, error.message]).toEqual(['GPG_FAILED', 'gpg did not end within 0.2 seconds']);
  });

  test('when a value is to be opened is told, and not waited for', async () => {
    const home = scratchHome({ secret: ['alice'] });
    const keystore = scratchKeystore(home, { limit: 500 });
    const [alice] = await keystore.ownSubkeys();
    const wrapped = await wrappedFor(home, 'alice');
    home.killAgent();
    await assuanServer(
      'OK\n',
      (line, socket) => /^GETINFO|^OPTION/.test(line) && socket.write('OK\n'),
      home.agentSocket(),
    );
    expect((await eyamlErrorOf(() => keystore.unwrap(defined(alice), wrapped))).code).toBe('AGENT_UNAVAILABLE');
  });
});

test('an agent that ends while it works on a key is tried once more, and not a third time', async () => {
  const home = scratchHome({ secret: ['alice'] });
  const keystore = scratchKeystore(home);
  const [alice] = await keystore.ownSubkeys();
  const wrapped = await wrappedFor(home, 'alice');
  home.killAgent();
  let tries = 0;
  const answer = (line: string, socket: { end(): void; write(text: string): void }) => {
    if (line !== 'PKDECRYPT') {
      socket.write('OK\n');
      return;
    }
    tries += 1;
    socket.end();
  };
  await assuanServer('OK\n', answer, home.agentSocket());
  const error = await eyamlErrorOf(() => keystore.unwrap(defined(alice), wrapped));
  expect([error.code, error.message]).toEqual(['AGENT_FAILED', 'gpg-agent exited twice while in use']);
  expect(tries).toBe(2);
});

test('a given passphrase never goes to a card, which would count it as a wrong PIN', async () => {
  const home = scratchHome({ secret: ['alice'] });
  const givenPassphrase = () => Promise.resolve({ octets: Buffer.from('not the PIN'), source: 'the test' });
  const keystore = scratchKeystore(home, { givenPassphrase });
  const alice = defined((await keystore.ownSubkeys())[0]);
  const wrapped = await wrappedFor(home, 'alice');
  home.killAgent();
  const lines: string[] = [];
  const replies: Readonly<Record<string, string>> = {
    'KEYINFO --list': `S KEYINFO ${defined(alice.keygrip)} T D276000124010200 OPENPGP.2 - - - - -\nOK\n`,
    PKDECRYPT: 'INQUIRE PASSPHRASE\n',
    CAN: 'ERR 83886179\n',
  };
  const answer = (line: string, socket: Socket) => {
    lines.push(line);
    socket.write(replies[line] ?? 'OK\n');
  };
  await assuanServer('OK\n', answer, home.agentSocket());
  expect(await keystore.needsInteraction(alice)).toBe(true);
  expect((await eyamlErrorOf(() => keystore.unwrap(alice, wrapped))).code).toBe('PASSPHRASE_CANCELLED');
  expect(lines).toContain('CAN');
  expect(lines.join('\n')).not.toMatch(/not the PIN|loopback/);
});

describe('a key that takes long', () => {
  async function wait(onCiphertext: (socket: Socket) => unknown): Promise<readonly string[]> {
    const home = scratchHome({ secret: ['alice'] });
    const [alice] = await scratchKeystore(home).ownSubkeys();
    const wrapped = await wrappedFor(home, 'alice');
    home.killAgent();
    const noKey = 'ERR 67108881\n';
    const ends = [
      onCiphertext,
      (socket: Socket) => {
        vi.advanceTimersByTime(6000);
        socket.write(noKey);
      },
    ];
    const answer = (line: string, socket: Socket) => {
      if (line === 'PKDECRYPT') socket.write('INQUIRE CIPHERTEXT\n');
      else if (line === 'END') ends.shift()?.(socket);
      else if (!line.startsWith('D ')) socket.write('OK\n');
    };
    await assuanServer('OK\n', answer, home.agentSocket());
    const messages: string[] = [];
    const agent = await openAgent(createGpg(home.path, environment), {
      environment,
      onWait: (message) => messages.push(message),
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    expect((await eyamlErrorOf(() => agent.unwrap(defined(alice), wrapped))).code).toBe('NO_SECRET_KEY');
    agent.close();
    return messages;
  }

  test('is waited for with a word about it: a card, or a pinentry elsewhere', async () => {
    const messages = await wait(async (socket) => {
      // What was sent before must have been answered, and read.
      for (let i = 0; i < 20; i += 1) await new Promise(setImmediate);
      vi.advanceTimersByTime(6000);
      socket.write('ERR 67108881\n');
    });
    expect(messages).toEqual([
      'waiting for gpg-agent: a smart card may want a touch, or a pinentry may be asking elsewhere',
    ]);
  });

  test('is waited for without a word when a pinentry asks, which may be on this terminal', async () => {
    expect(await wait((socket) => socket.write('INQUIRE PINENTRY_LAUNCHED 1 curses\n'))).toEqual([]);
  });
});
