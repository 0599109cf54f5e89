import { spawnSync } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readWithLibrary } from '../../src/openpgp/library-message.js';
import { readMessage } from '../../src/openpgp/message.js';
import { parseKeyId } from '../../src/openpgp/identifiers.js';
import { readKeyNumbers } from '../../src/openpgp/key-numbers.js';
import { readPackets } from '../../src/openpgp/packets.js';
import type { SessionKey } from '../../src/openpgp/session-key.js';
import { openUsualMessage, readUsualMessage } from '../../src/openpgp/usual-message.js';
import { sealMessage } from '../../src/openpgp/write-message.js';
import { CORPUS, encryptedText } from '../helpers/corpus.js';
import { defined } from '../helpers/defined.js';
import { createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';
import { literal, packet, seipd, zip, zlib } from '../helpers/messages.js';
import { damaged, hex, outcomeOf } from '../helpers/outcomes.js';

const VECTORS = readdirSync(path.join(FIXTURES, 'vectors'));
const ANY_KEY: SessionKey = { algorithm: 9, data: Buffer.alloc(32, 1) };
const PKESK = packet(1, Buffer.from('0307070707070707070100' + '08ff', 'hex'));

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice', 'puppetmaster', 'carol', 'brian'] });
});
afterAll(() => home.remove());

const options = () => ['--homedir', home.path, '--batch', '--no-tty', '--trust-model', 'always'];
/** What gpg makes of a message, and its session key if gpg can tell. */
function asGnupg(octets: Uint8Array): { status: number | null; text: Buffer; sessionKey: SessionKey } {
  const args = [...options(), '--show-session-key', '--decrypt'];
  const { status, stdout, stderr } = spawnSync('gpg', args, { input: octets });
  const [, algorithm, digits] = /session key: .(\d+):([0-9A-F]+)/.exec(stderr.toString()) ?? [];
  const sessionKey = digits ? { algorithm: Number(algorithm), data: Buffer.from(digits, 'hex') } : ANY_KEY;
  return { status, text: stdout, sessionKey };
}

async function expectSame(octets: Uint8Array, sessionKey: SessionKey, max?: number): Promise<void> {
  const [own, library] = await Promise.all([
    outcomeOf(readMessage, octets, sessionKey, max),
    outcomeOf(readWithLibrary, octets, sessionKey, max),
  ]);
  expect(own).toEqual(library);
}

const opensHere = (octets: Uint8Array, sessionKey: SessionKey): boolean => {
  const usual = readUsualMessage(octets);
  return usual !== undefined && openUsualMessage(usual, sessionKey) !== undefined;
};

describe('both ways of reading give the same, and gpg too', () => {
  test.each(VECTORS)('the vector %s', async (name) => {
    const octets = readFileSync(path.join(FIXTURES, 'vectors', name));
    const { sessionKey, text, status } = asGnupg(octets);
    await expectSame(octets, sessionKey);
    await expectSame(octets, ANY_KEY);
    if (!opensHere(octets, sessionKey)) return;
    expect(status).toBe(0);
    expect(hex(await (await readMessage(octets)).open(sessionKey))).toBe(text.toString('hex'));
  });

  test.each(CORPUS)('what the Ruby tool wrote: $file', async ({ file }) => {
    const payloads = [...encryptedText(file).matchAll(/ENC\[GPG,([^\]]*)\]/g)].map(([, payload = '']) => payload);
    expect(payloads.length).toBeGreaterThan(0);
    for (const payload of payloads) {
      const octets = Buffer.from(payload.replace(/\s/g, ''), 'base64');
      const { sessionKey, text } = asGnupg(octets);
      await expectSame(octets, sessionKey);
      if (sessionKey === ANY_KEY) continue;
      expect(opensHere(octets, sessionKey) || ![7, 8, 9].includes(sessionKey.algorithm)).toBe(true);
      expect(hex(await (await readMessage(octets)).open(sessionKey))).toBe(text.toString('hex'));
    }
  });
});

test('law: every message of gpg is read as gpg reads it, here when its cipher is AES', async () => {
  const flags = fc.record({
    compression: fc.constantFrom(
      ['-z', '0'],
      ['-z', '9'],
      ['--compress-algo', 'zip'],
      ['--compress-algo', 'bzip2'],
      [],
    ),
    cipher: fc.constantFrom('AES', 'AES192', 'AES256', '3DES', 'TWOFISH'),
    name: fc.constantFrom([], ['--set-filename', 'secret.txt'], ['--set-filename', '_CONSOLE']),
    text: fc.constantFrom([], ['--textmode']),
    recipients: fc.subarray(['alice', 'puppetmaster', 'carol', 'brian'], { minLength: 1 }),
    hidden: fc.boolean(),
  });
  const plaintexts = fc.oneof(fc.string(), fc.uint8Array({ maxLength: 9000 }), fc.constant('a\r\nb\rc\n'.repeat(2000)));
  await fc.assert(
    fc.asyncProperty(flags, plaintexts, async ({ compression, cipher, name, text, recipients, hidden }, plaintext) => {
      const to = recipients.flatMap((who) => [
        hidden ? '-R' : '-r',
        `=${who === 'puppetmaster' ? who : userIdOf(who)}`,
      ]);
      const args = ['--cipher-algo', cipher, ...compression, ...name, ...text, ...to, '--encrypt'];
      const octets = home.gpg(['--trust-model', 'always', ...args], plaintext);
      const gnupg = asGnupg(octets);
      await expectSame(octets, gnupg.sessionKey);
      expect(opensHere(octets, gnupg.sessionKey)).toBe(cipher.startsWith('AES'));
      expect(hex(await (await readMessage(octets)).open(gnupg.sessionKey))).toBe(gnupg.text.toString('hex'));
    }),
    { numRuns: 25 },
  );
});

function userIdOf(name: string): string {
  const listed = home.gpg(['--with-colons', '--list-keys', name]).toString();
  return /^uid:(?:[^:]*:){8}([^:]*)/m.exec(listed)?.[1] ?? name;
}

describe('every message with one bit changed, and every one cut short, is refused alike', () => {
  const made = (content: Buffer, data: Buffer) => Buffer.concat([PKESK, seipd(content, data)]);
  test.each([
    ['not compressed', 32, literal('secret')],
    ['zlib', 32, zlib(literal('secret'))],
    ['text', 32, literal('a\r\nb', 't')],
  ])('%s', async (_, length, content) => {
    const sessionKey = { algorithm: 9, data: randomBytes(length) };
    const octets = made(content, sessionKey.data);
    expect(opensHere(octets, sessionKey)).toBe(true);
    for (const changed of damaged(octets)) {
      await expectSame(changed, sessionKey);
      // A change in the packet of the session key is found by whoever unwraps it.
      if (changed.subarray(0, PKESK.length).equals(PKESK)) expect(opensHere(changed, sessionKey)).toBe(false);
    }
  });

  test('for a real key, and gpg refuses each as well', async () => {
    const octets = home.gpg(['--trust-model', 'always', '-r', 'alice', '--encrypt'], 'secret');
    const { sessionKey } = asGnupg(octets);
    const head = octets.subarray(0, defined(readPackets(octets).at(-1)).start);
    for (const changed of damaged(octets, 23)) {
      await expectSame(changed, sessionKey);
      // A change in the packet of the session key is found by whoever unwraps it.
      if (!changed.subarray(0, head.length).equals(head)) continue;
      expect(opensHere(changed, sessionKey)).toBe(false);
      expect(asGnupg(changed).status).not.toBe(0);
    }
  });
});

describe('session key packets in odd forms are left to openpgp.js', () => {
  const head = '0307070707070707';
  const inParts = Buffer.concat([
    Buffer.of(0xc1, 0xe3),
    PKESK.subarray(6, 14),
    Buffer.of(PKESK.length - 14),
    PKESK.subarray(14),
  ]);
  test.each([
    ['a number with a zero in front', packet(1, Buffer.from(`${head}0701` + '001000ff', 'hex'))],
    ['a number with too many bits', packet(1, Buffer.from(`${head}0701` + '00087f', 'hex'))],
    ['the number zero, which is an error', packet(1, Buffer.from(`${head}0701` + '0000', 'hex'))],
    ['octets after the number', packet(1, Buffer.from(`${head}0701` + '0008ff00', 'hex'))],
    ['ElGamal with a zero in front', packet(1, Buffer.from(`${head}0710` + '0008ff' + '001000ff', 'hex'))],
    ['an algorithm to come', packet(1, Buffer.from(`${head}0763` + '0008ff', 'hex'))],
    ['version 2', packet(1, Buffer.from('02070707070707070701' + '0008ff', 'hex'))],
    ['a packet in parts', inParts],
  ])('%s', async (_, pkesk) => {
    const octets = Buffer.concat([pkesk, sealed(literal('x'), ANY_KEY)]);
    expect(readUsualMessage(octets)).toBeUndefined();
    await expectSame(octets, ANY_KEY);
    expect(JSON.stringify(await outcomeOf(readMessage, octets, ANY_KEY))).not.toContain('third-party');
  });
});

describe('law: whatever a message holds, both ways give the same', () => {
  const text = fc.uint8Array({ maxLength: 40 });
  const literals = fc
    .tuple(text, fc.constantFrom('b', 't', 'u', 'l', 'x'))
    .map(([octets, type]) => literal(octets, type));
  const named = fc.uint8Array({ maxLength: 300 }).map((octets) => packet(11, octets));
  const pieces = fc
    .oneof(
      literals,
      named,
      fc.tuple(fc.constantFrom(1, 2, 3, 8, 9, 10, 12, 18, 21, 40, 63), text).map(([tag, body]) => packet(tag, body)),
      text.map((octets) => Buffer.from(octets)),
      // Old format, of indeterminate length and of one octet; new format in parts.
      text.map((octets) => Buffer.concat([Buffer.of(0xaf), Buffer.from(octets)])),
      text.map((octets) => Buffer.concat([Buffer.of(0xac, octets.length), Buffer.from(octets)])),
      text.map((octets) =>
        Buffer.concat([Buffer.of(0xcb, 0xe3), Buffer.from('b\0\0\0\0\0ab'), Buffer.of(octets.length), octets]),
      ),
    )
    .chain((octets) => fc.constantFrom(octets, zip(octets), zlib(octets), packet(8, Buffer.of(0, ...octets))));
  const contents = fc.array(pieces, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all));
  const keys = fc.constantFrom([7, 16], [8, 24], [9, 32]).map(([algorithm = 9, length = 32]) => {
    return { algorithm, data: randomBytes(length) };
  });
  const limits = fc.constantFrom(undefined, 0, 1, 20, 1000);

  test('in a whole message', async () => {
    await fc.assert(
      fc.asyncProperty(contents, keys, limits, async (content, sessionKey, limit) => {
        await expectSame(Buffer.concat([PKESK, sealed(content, sessionKey)]), sessionKey, limit);
      }),
      { numRuns: 300 },
    );
  });

  test('with packets around it, another header, wrong octets or another digest', async () => {
    const around = fc.array(fc.oneof(fc.constant(PKESK), pieces), { maxLength: 2 }).map((all) => Buffer.concat(all));
    const tweaks = fc.record({ repeat: fc.boolean(), header: fc.boolean(), digest: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(around, around, contents, keys, tweaks, async (before, after, content, sessionKey, tweak) => {
        const octets = Buffer.concat([before, sealed(content, sessionKey, tweak), after]);
        await expectSame(octets, sessionKey);
        const isOdd = tweak.repeat || tweak.header || tweak.digest;
        if (isOdd) expect(opensHere(octets, sessionKey)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('whatever the session key', async () => {
    const octets = Buffer.concat([PKESK, sealed(literal('x'), ANY_KEY)]);
    const others = fc.record({ algorithm: fc.nat(12), data: fc.uint8Array({ maxLength: 40 }) });
    await fc.assert(
      fc.asyncProperty(others, (sessionKey) => expectSame(octets, sessionKey)),
      { numRuns: 200 },
    );
  });
});

test('what is written here is read here', () => {
  const [numbers] = readKeyNumbers(home.gpg(['--export', 'puppetmaster'])).values();
  const octets = sealMessage(Buffer.from('x'), [
    { keyId: defined(parseKeyId('C625998B892677F8')), numbers: defined(numbers) },
  ]);
  expect(readUsualMessage(octets)?.pkesks).toHaveLength(1);
});

interface Tweak {
  readonly repeat: boolean;
  readonly header: boolean;
  readonly digest: boolean;
}

/** A SEIPD packet, version 1, with AES; a tweak makes one of its parts wrong. */
function sealed(content: Uint8Array, { algorithm, data }: SessionKey, tweak?: Tweak): Buffer {
  const random = randomBytes(16);
  const repeated = Buffer.from(random.subarray(14));
  if (tweak?.repeat) repeated.writeUInt8(repeated.readUInt8(1) ^ 1, 1);
  const hashed = Buffer.concat([random, repeated, content, Buffer.of(0xd3, tweak?.header ? 0x15 : 0x14)]);
  const digest = createHash('sha1').update(hashed).digest();
  if (tweak?.digest) digest.writeUInt8(digest.readUInt8(19) ^ 1, 19);
  const bits = { 7: 128, 8: 192, 9: 256 }[algorithm] ?? 256;
  const cipher = createCipheriv(`aes-${bits}-cfb`, data, Buffer.alloc(16));
  return packet(18, Buffer.concat([Buffer.of(1), cipher.update(hashed), cipher.update(digest)]));
}
