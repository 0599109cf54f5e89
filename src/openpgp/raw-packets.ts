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

function rawClass(tag: enums.packet) {
  return class extends Raw {
    static readonly tag = tag;

    constructor() {
      super(tag);
    }
  };
}

/** Has openpgp.js hand over what a message holds packet by packet, as octets: it looks into none, and decompresses nothing. */
export const RAW_PACKETS: Pick<PartialConfig, 'enforceGrammar' | 'additionalAllowedPackets'> = {
  enforceGrammar: false,
  additionalAllowedPackets: Object.values(PACKET).map((tag) => rawClass(tag as enums.packet)),
};

/** The packets of a list that was read with {@link RAW_PACKETS}. */
export function rawPackets(list: readonly unknown[]): readonly RawPacket[] {
  return list.filter((packet): packet is RawPacket => packet instanceof Raw);
}
