import type { enums, PartialConfig } from 'openpgp';
import { PACKET, type Packet } from './packets.js';

/** A packet as openpgp.js found it, with its body not parsed. */
export type RawPacket = Pick<Packet, 'tag' | 'body'>;

/** The body of a data packet as openpgp.js gives it; it rejects when the packet is cut short. */
interface Pieces {
  readToEnd<T>(join: (pieces: readonly Uint8Array[]) => T): Promise<T>;
}

class Raw implements RawPacket {
  readonly tag: number;
  body: Uint8Array = new Uint8Array();

  constructor(tag: number) {
    this.tag = tag;
  }

  async read(octets: Uint8Array | Pieces): Promise<void> {
    this.body = octets instanceof Uint8Array ? octets : await octets.readToEnd((pieces) => Buffer.concat(pieces));
  }
}

// openpgp.js stops reading a list at a packet whose class has the tag of a data packet. The class here has no tag, so that the list is
// read to its end and faults in it are found.
function rawClass(tag: enums.packet) {
  const create: unknown = function () {
    return new Raw(tag);
  };
  return Object.assign(create as new () => RawPacket, { tag });
}

/** Makes openpgp.js return the content of a message packet by packet, as octets: it parses no bodies and decompresses nothing. */
export const RAW_PACKETS: Pick<PartialConfig, 'enforceGrammar' | 'additionalAllowedPackets'> = {
  enforceGrammar: false,
  additionalAllowedPackets: Object.values(PACKET).map((tag: enums.packet) => rawClass(tag)),
};

/** The packets of a list that was read with {@link RAW_PACKETS}. */
export function rawPackets(list: readonly unknown[]): readonly RawPacket[] {
  return list.filter((packet): packet is RawPacket => packet instanceof Raw);
}
