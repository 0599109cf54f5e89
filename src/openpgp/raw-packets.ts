import type { enums, PartialConfig } from 'openpgp';
import { PACKET, type Packet } from './packets.js';

/** A packet as openpgp.js found it, whose body nobody has looked into. */
export type RawPacket = Pick<Packet, 'tag' | 'body'>;

/** What openpgp.js hands over of the packets that hold data: it rejects when the packet is cut short. */
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

// openpgp.js stops reading a list at a packet whose class has the tag of one that holds data. What is made here has a class without a
// tag, so that the list is read to its end, and faults in it are found.
function rawClass(tag: enums.packet) {
  const create: unknown = function () {
    return new Raw(tag);
  };
  return Object.assign(create as new () => RawPacket, { tag });
}

/** Has openpgp.js hand over what a message holds packet by packet, as octets: it looks into none, and decompresses nothing. */
export const RAW_PACKETS: Pick<PartialConfig, 'enforceGrammar' | 'additionalAllowedPackets'> = {
  enforceGrammar: false,
  additionalAllowedPackets: Object.values(PACKET).map((tag: enums.packet) => rawClass(tag)),
};

/** The packets of a list that was read with {@link RAW_PACKETS}. */
export function rawPackets(list: readonly unknown[]): readonly RawPacket[] {
  return list.filter((packet): packet is RawPacket => packet instanceof Raw);
}
