import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readMessage } from '../../src/openpgp/message.js';
import { MEGABYTE } from '../../src/openpgp/plaintext-limit.js';
import { eyamlErrorOf } from '../helpers/errors.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { literal, packet, seipd, zip, zlib } from '../helpers/messages.js';

const KEY = randomBytes(32);
// For nobody: GnuPG is told the session key.
const PKESK = packet(1, Buffer.from('0307070707070707070100' + '08ff', 'hex'));
const messageOf = (packets: Uint8Array) => Buffer.concat([PKESK, seipd(packets, KEY)]);
const open = async (packets: Uint8Array, max?: number) =>
  (await readMessage(messageOf(packets))).open({ algorithm: 9, data: KEY }, max);

let home: GnupgHome;
beforeAll(() => {
  home = createGnupgHome();
});
afterAll(() => home.remove());
const asGnupg = (packets: Uint8Array) => {
  const args = ['--homedir', home.path, '--batch', '--quiet', '--no-tty'];
  return spawnSync('gpg', [...args, '--override-session-key', `9:${KEY.toString('hex')}`, '-d'], {
    input: messageOf(packets),
  });
};

describe('what a message holds is read as GnuPG reads it', () => {
  const LINES = 'a\r\nb\rc\nd\r\r\n\n\r';
  const nested = (depth: number) =>
    Array.from({ length: depth }).reduce<Buffer>((inner, _, i) => (i % 2 ? zip(inner) : zlib(inner)), literal('deep'));
  test.each([
    ['binary', literal(LINES, 'b')],
    ['text: no CR is left', literal(LINES, 't')],
    ['UTF-8 text: no CR is left', literal(LINES, 'u')],
    ['a local type', literal(LINES, 'l')],
    ['an older local type', literal(LINES, '1')],
    ['MIME', literal(LINES, 'm')],
    ['an unknown type', literal(LINES, 'x')],
    ['an empty text', literal('')],
    ['zip', zip(literal('x'))],
    ['zlib', zlib(literal('x'))],
    ['not compressed, in a packet for what is', packet(8, Buffer.concat([Buffer.of(0), literal('x')]))],
    ['two layers of compression', zlib(zip(literal('x')))],
    ['16 layers of compression', nested(16)],
    ['text in two layers', zlib(zip(literal(LINES, 't')))],
    ['a marker before it', Buffer.concat([packet(10, Buffer.from('PGP')), literal('x')])],
    ['padding before it', Buffer.concat([packet(21, randomBytes(9)), literal('x')])],
  ])('%s', async (_, packets) => {
    const { status, stdout } = asGnupg(packets);
    expect(status).toBe(0);
    expect(Buffer.from((await open(packets)) ?? [])).toEqual(stdout);
  });

  test.each([
    ['several texts', Buffer.concat([literal('x'), literal('y')]), /holds several texts/],
    ['several texts in one layer', zip(Buffer.concat([literal('x'), literal('y')])), /holds several texts/],
    ['a layer that is damaged', packet(8, Buffer.from('01ffffff', 'hex')), /compressed content is damaged/],
    ['an unknown compression', packet(8, Buffer.from('09ffffff', 'hex')), /compression method is not supported/],
    ['more layers than anybody makes', nested(40), /too many layers of compression/],
    ['octets after it', Buffer.concat([literal('x'), Buffer.from('junk')]), /./],
  ])('%s: refused with the reason, and GnuPG fails too', async (_, packets, reason) => {
    expect(asGnupg(packets).status).not.toBe(0);
    const error = await eyamlErrorOf(() => open(packets));
    expect(error.code).toBe('MESSAGE_INVALID');
    expect(error.message).toMatch(reason);
  });

  test.each([
    ['an encrypted message in it', messageOf(literal('x')), /another encrypted message/],
    ['an encrypted message in a layer', zip(messageOf(literal('x'))), /another encrypted message/],
    ['no text', packet(10, Buffer.from('PGP')), /./],
    ['a text after a layer', Buffer.concat([zip(literal('x')), literal('y')]), /holds several texts/],
    ['a literal that is cut short', packet(11, Buffer.from('b')), /its content is damaged/],
  ])('%s: refused with the reason', async (_, packets, reason) => {
    const error = await eyamlErrorOf(() => open(packets));
    expect(error.code).toBe('MESSAGE_INVALID');
    expect(error.message).toMatch(reason);
  });
});

describe('what a message holds is limited', () => {
  const zeros = (size: number) => literal(Buffer.alloc(size));
  test.each([
    ['plain', (packets: Buffer) => packets],
    ['zip', zip],
    ['zlib', zlib],
    ['two layers', (packets: Buffer) => zlib(zip(packets))],
    ['layers whose inner one is the large one', (packets: Buffer) => zip(zlib(zip(packets)))],
  ])('%s', async (_, wrap) => {
    expect(await open(wrap(zeros(MEGABYTE / 2)), MEGABYTE)).toHaveLength(MEGABYTE / 2);
    const error = await eyamlErrorOf(() => open(wrap(zeros(3 * MEGABYTE)), MEGABYTE));
    expect(error).toMatchObject({ code: 'MESSAGE_TOO_LARGE', message: 'it holds more than 1 MB' });
  });

  test('its layers count together', async () => {
    const layers = Buffer.concat(Array.from({ length: 5 }, () => zip(packet(21, Buffer.alloc(MEGABYTE / 2)))));
    const error = await eyamlErrorOf(() => open(Buffer.concat([layers, literal('x')]), MEGABYTE));
    expect(error.code).toBe('MESSAGE_TOO_LARGE');
  });

  test('nothing is decompressed before the integrity check', async () => {
    const message = messageOf(zip(zeros(3 * MEGABYTE)));
    message[message.length - 1] = (message.at(-1) ?? 0) ^ 1;
    const error = await eyamlErrorOf(async () =>
      (await readMessage(message)).open({ algorithm: 9, data: KEY }, MEGABYTE),
    );
    expect(error.message).toContain('integrity check failed');
  });

  test('a message that is compressed and not encrypted is none, and is not decompressed', async () => {
    const error = await eyamlErrorOf(() => readMessage(zip(zeros(3 * MEGABYTE))));
    expect(error.code).toBe('MESSAGE_INVALID');
  });
});
