import { readPackets } from '../../src/openpgp/packets.js';

const PKESK = 1;

/**
 * The message with other key IDs in the heads of its PKESK packets (RFC 9580, section 5.1.1: one octet of version, eight of key
 * ID), as anybody can write them: nothing protects them.
 */
export function relabelled(message: Uint8Array, labels: Readonly<Record<string, string>>): Buffer {
  const octets = Buffer.from(message);
  for (const { tag, body } of readPackets(octets)) {
    if (tag !== PKESK) continue;
    const at = octets.indexOf(body);
    const label =
      labels[
        octets
          .subarray(at + 1, at + 9)
          .toString('hex')
          .toUpperCase()
      ];
    if (label !== undefined) octets.write(label, at + 1, 'hex');
  }
  return octets;
}
