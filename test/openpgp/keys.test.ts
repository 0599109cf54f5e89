import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readKeyFile, writePublicKeys } from '../../src/openpgp/keys.js';
import { PACKET, readPackets, writePacket, type Packet } from '../../src/openpgp/packets.js';
import { FIXTURES } from '../helpers/gnupg.js';

const packets = readPackets(writePublicKeys(readKeyFile(readFileSync(path.join(FIXTURES, 'keys/bob.pub.asc'))).keys));

/** Bob's key with more of the packets of a kind, each another one. */
function keyWith(count: number, tag: number, change: (body: Buffer, n: number) => void): Buffer {
  const [model] = packets.filter((packet) => packet.tag === tag);
  const more = Array.from({ length: count }, (_, n): Pick<Packet, 'tag' | 'body'> => {
    const body = Buffer.from(model?.body ?? []);
    change(body, n);
    return { tag, body };
  });
  const at = packets.findIndex((packet) => packet === model);
  const all = [...packets.slice(0, at), ...more, ...packets.slice(at)];
  return Buffer.concat(all.map(({ tag, body }) => writePacket(tag, body)));
}

const inTheMathematics = (body: Buffer, n: number) => void body.writeUInt32BE(n, body.length - 6);
const inTheText = (body: Buffer, n: number) => void body.writeUInt32BE(n, 0);
const inTheIssuer = (body: Buffer, n: number) => {
  const issuer = body.indexOf(Buffer.from('c85e68e96f12ce00', 'hex'));
  for (let at = issuer; at !== -1; at = body.indexOf(Buffer.from('c85e68e96f12ce00', 'hex'))) body.writeUInt32BE(n, at);
};

test.each([
  ['signatures of its own', PACKET.signature, inTheMathematics],
  ['user IDs', PACKET.userId, inTheText],
])('a key with thousands of %s is not used, and nothing of it is verified', (_, tag, change) => {
  const { keys, faults } = readKeyFile(keyWith(20_000, tag, change));
  expect(keys).toEqual([]);
  expect(faults).toEqual(['it holds a key with more than 1000 user IDs, subkeys or self-signatures']);
});

test('a key that thousands of others have signed is used', () => {
  const { keys, faults } = readKeyFile(keyWith(2000, PACKET.signature, inTheIssuer));
  expect({ keys: keys.length, faults }).toEqual({ keys: 1, faults: [] });
});
