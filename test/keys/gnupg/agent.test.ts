import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { explain, passphraseError } from '../../../src/keys/gnupg/agent-errors.js';
import { openAgent, type Agent } from '../../../src/keys/gnupg/agent.js';
import { AssuanError } from '../../../src/keys/gnupg/assuan-turn.js';
import { createGnupgKeystore } from '../../../src/keys/gnupg/gnupg.js';
import { createGpg } from '../../../src/keys/gnupg/gpg.js';
import type { OwnSubkey, WrappedSessionKey } from '../../../src/keys/keystore.js';
import type { Keygrip } from '../../../src/openpgp/identifiers.js';
import { readMessage } from '../../../src/openpgp/message.js';
import { defined } from '../../helpers/defined.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { BOBS_PASSPHRASE, createGnupgHome, FINGERPRINTS, FIXTURES, type GnupgHome } from '../../helpers/gnupg.js';
import { fakePinentry, type FakePinentry } from '../../helpers/pinentry.js';

const environment = { PATH: process.env.PATH };
const BOBS_SUBKEY = 'B214085D4D901A89D7C492AA0DBB490F9321EC08';
const ALICES_SUBKEY = '66D6420BA90834CA953A3C91A50F7E93623A6638';

async function fieldsOf(message: Uint8Array): Promise<WrappedSessionKey> {
  return defined((await readMessage(message)).pkesks[0]?.fields);
}

describe('a session with the agent', () => {
  let home: GnupgHome;
  let agent: Agent;
  let pinentry: FakePinentry;
  let own: ReadonlyMap<string, OwnSubkey>;

  beforeAll(async () => {
    pinentry = fakePinentry(BOBS_PASSPHRASE);
    home = createGnupgHome({ secret: ['alice', 'bob'], agentConf: [pinentry.agentConf] });
    const subkeys = await createGnupgKeystore({ home: home.path, environment }).ownSubkeys();
    own = new Map(subkeys.map((subkey) => [subkey.keygrip ?? '', subkey]));
    agent = await openAgent(createGpg(home.path, environment), { environment });
  });
  afterAll(() => {
    agent.close();
    home.remove();
    pinentry.remove();
  });
  const subkeyOf = (keygrip: string) => defined(own.get(keygrip));

  test('an ECDH key gives the x coordinate', async () => {
    const wrapped = await fieldsOf(readFileSync(path.join(FIXTURES, 'vectors/3des.gpg')));
    const { form, octets } = await agent.unwrap(subkeyOf(ALICES_SUBKEY), wrapped);
    expect([form, octets.length]).toEqual(['sharedX', 32]);
  });

  test('a key with a passphrase is locked until the pinentry was asked, which says what for', async () => {
    const states = await agent.keyStates();
    expect([states.get(BOBS_SUBKEY as Keygrip), states.get(ALICES_SUBKEY as Keygrip)]).toEqual([
      'locked',
      'unprotected',
    ]);
    const wrapped = await fieldsOf(home.gpg(['--recipient', FINGERPRINTS.bob ?? '', '--encrypt'], 'x'));
    expect(['pkcs1', 'bare']).toContain((await agent.unwrap(subkeyOf(BOBS_SUBKEY), wrapped)).form);
    expect((await agent.keyStates()).get(BOBS_SUBKEY as Keygrip)).toBe('open');
    await agent.unwrap(subkeyOf(BOBS_SUBKEY), wrapped);
    expect(pinentry.starts()).toBe(1);
    expect(pinentry.descriptions()).toEqual([
      'Please enter the passphrase to unlock the OpenPGP secret key:\n"Bob <bob@example.com>"\n4096-bit key, ID 1E8E7705F0FDE5ED,\nfor eyaml.',
    ]);
  });

  test('a user ID too long for a line of the protocol is cut', async () => {
    const wrapped = await fieldsOf(readFileSync(path.join(FIXTURES, 'vectors/3des.gpg')));
    const subkey = { ...subkeyOf(ALICES_SUBKEY), userId: '名'.repeat(500) };
    expect((await agent.unwrap(subkey, wrapped)).form).toBe('sharedX');
  });

  test('a secret key that is not there', async () => {
    const wrapped = await fieldsOf(readFileSync(path.join(FIXTURES, 'vectors/3des.gpg')));
    const stub = { ...subkeyOf(ALICES_SUBKEY), keygrip: '0'.repeat(40) as Keygrip };
    expect((await eyamlErrorOf(() => agent.unwrap(stub, wrapped))).code).toBe('NO_SECRET_KEY');
  });

  test('a wrapped key that makes no sense is MESSAGE_INVALID', async () => {
    const wrapped = { kind: 'ecdh', ephemeralPoint: Buffer.alloc(65, 0x41), wrapped: Buffer.alloc(40) } as const;
    expect((await eyamlErrorOf(() => agent.unwrap(subkeyOf(ALICES_SUBKEY), wrapped))).code).toBe('MESSAGE_INVALID');
  });
});

describe.each([
  ['cancelled', undefined, 'PASSPHRASE_CANCELLED'],
  ['wrong', 'not it', 'PASSPHRASE_WRONG'],
])('a passphrase that is %s', (_, answer, code) => {
  test(`gives ${code} and names the key`, async () => {
    const pinentry = fakePinentry(answer);
    const home = createGnupgHome({ secret: ['bob'], agentConf: [pinentry.agentConf] });
    onTestFinished(() => {
      home.remove();
      pinentry.remove();
    });
    const [subkey] = await createGnupgKeystore({ home: home.path, environment }).ownSubkeys();
    const agent = await openAgent(createGpg(home.path, environment), { environment });
    const wrapped = await fieldsOf(home.gpg(['--recipient', FINGERPRINTS.bob ?? '', '--encrypt'], 'x'));
    const error = await eyamlErrorOf(() => agent.unwrap(defined(subkey), wrapped));
    agent.close();
    expect(error.code).toBe(code);
    expect(error.message).toContain('1E8E7705F0FDE5ED (Bob <bob@example.com>)');
  });
});

test.each([
  [99, 5, 'PASSPHRASE_CANCELLED'],
  [198, 5, 'PASSPHRASE_CANCELLED'],
  [62, 5, 'PASSPHRASE_CANCELLED'],
  [11, 4, 'PASSPHRASE_WRONG'],
  [85, 4, 'PINENTRY_UNAVAILABLE'],
  [83, 5, 'PINENTRY_UNAVAILABLE'],
  [1, 4, 'AGENT_FAILED'],
])('error %i of source %i is %s', (code, source, wanted) => {
  expect(passphraseError(code, source, 'it').code).toBe(wanted);
});

test.each([
  [17, 4],
  [119, 4],
  [32_848, 6],
  [112, 6],
  [110, 6],
])('error %i of source %i, for a key that is neither on disk nor on a card, is NO_SECRET_KEY', (code, source) => {
  const subkey = { userId: 'Ann', keyId: '0'.repeat(16) } as OwnSubkey;
  expect(explain(new AssuanError(source * 2 ** 24 + code), subkey)).toMatchObject({ code: 'NO_SECRET_KEY' });
});

describe('an agent that cannot be reached', () => {
  const socketOf = (home: string) =>
    execFileSync('gpgconf', ['--homedir', home, '--list-dirs', 'agent-socket']).toString().trim();
  const open = (home: string) => eyamlErrorOf(() => openAgent(createGpg(home, environment), { environment }));

  test('no home', async () => expect((await open('/nonexistent')).code).toBe('GNUPG_HOME_MISSING'));

  test('no gpgconf', async () => {
    const none = { PATH: '/nonexistent' };
    expect((await eyamlErrorOf(() => openAgent(createGpg('/tmp', none), { environment: none }))).code).toBe(
      'GPG_NOT_FOUND',
    );
  });

  test('no pinentry', async () => {
    const home = createGnupgHome({ secret: ['bob'], agentConf: ['pinentry-program /nonexistent'] });
    onTestFinished(() => home.remove());
    const keystore = createGnupgKeystore({ home: home.path, environment });
    const [subkey] = await keystore.ownSubkeys();
    const wrapped = await fieldsOf(home.gpg(['--recipient', FINGERPRINTS.bob ?? '', '--encrypt'], 'x'));
    const error = await eyamlErrorOf(() => keystore.unwrap(defined(subkey), wrapped));
    keystore.close();
    expect(error.code).toBe('PINENTRY_UNAVAILABLE');
    expect(error.suggestions.join()).toContain('GPG_TTY');
  });

  describe('whose socket', () => {
    const long = mkdtempSync(`/tmp/eg-${'long-'.repeat(20)}`);
    afterAll(() => rmSync(long, { recursive: true }));

    // Where there is a run-time folder, GnuPG puts a short socket path there for any home.
    test.skipIf(socketOf(long).length < 104)('has a path that is too long', async () => {
      const error = await open(long);
      expect(error.code).toBe('GNUPG_HOME_INVALID');
      expect(error.message).toContain('too long');
    });

    test('cannot be made', async () => {
      const home = createGnupgHome({ pub: ['alice'] });
      const socket = socketOf(home.path);
      onTestFinished(() => rmSync(socket, { recursive: true, force: true }));
      mkdirSync(path.join(socket, 'in the way'), { recursive: true });
      const error = await open(home.path);
      expect(error.code).toBe('AGENT_UNAVAILABLE');
      // Nothing that gpg lists may pass for "no secret keys" then.
      const keystore = createGnupgKeystore({ home: home.path, environment });
      expect((await eyamlErrorOf(() => keystore.ownSubkeys())).code).toBe('AGENT_UNAVAILABLE');
      rmSync(home.path, { recursive: true });
    });
  });
});
