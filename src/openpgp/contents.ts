import { inflateRawSync, inflateSync } from 'node:zlib';
import type { AnyPacket, Config, PacketList } from 'openpgp';
import { errnoOf } from '../errors.js';
import { CONFIG } from './config.js';
import { invalidMessage as invalid } from './encrypted-message.js';
import { loadLibrary } from './library.js';
import { PACKET, readPackets } from './packets.js';
import { tooLarge } from './plaintext-limit.js';
import { rawPackets, RAW_PACKETS, type RawPacket } from './raw-packets.js';
import { OctetReader } from './reader.js';

// As deep as GnuPG reads, a little below its own limit.
const MAX_LAYERS = 30;
// Room for the headers of packets and layers, so that the text itself may use the whole limit.
const HEADROOM = 4096;
const ENCRYPTED: ReadonlySet<number> = new Set([PACKET.pkesk, PACKET.skesk, PACKET.sed, PACKET.seipd, PACKET.aead]);
// Packets that are not critical (RFC 9580, section 4.3).
const FIRST_NOT_CRITICAL = 40;
const PASSED_OVER: ReadonlySet<number> = new Set([
  ...[PACKET.signature, PACKET.onePassSignature, PACKET.marker, PACKET.trust, PACKET.padding],
]);
const COMPRESSION = { none: 0, zip: 1, zlib: 2, bzip2: 3 } as const;
// Literal types whose line ends GnuPG converts to LF: text, and text in UTF-8.
const TEXT_TYPES: ReadonlySet<number> = new Set(['t', 'u'].map((type) => type.charCodeAt(0)));
const CR = 0x0d;

/**
 * Reads the content of a message as GnuPG does: through layers of compression, past signatures, with the line ends of text converted
 * to LF.
 *
 * @param maxPlaintext - how many octets all layers may hold together.
 * @throws {@link EyamlError} `MESSAGE_TOO_LARGE`; `MESSAGE_INVALID` when it does not hold exactly one text.
 */
export async function readContents(packets: readonly RawPacket[], maxPlaintext: number): Promise<Uint8Array> {
  let left = maxPlaintext + HEADROOM;
  const literals: Uint8Array[] = [];
  const read = async (layer: readonly RawPacket[], depth: number): Promise<void> => {
    for (const { tag, body } of layer) {
      if (tag === PACKET.literal) literals.push(body);
      else if (tag === PACKET.compressed) {
        if (depth === MAX_LAYERS) throw invalid('it has too many layers of compression');
        const inner = await decompress(body, left, maxPlaintext);
        left -= inner.reduce((sum, { body: { length } }) => sum + length, 0);
        if (left < 0) throw tooLarge(maxPlaintext);
        await read(inner, depth + 1);
      } else if (ENCRYPTED.has(tag)) throw invalid('it holds another encrypted message');
      else if (!PASSED_OVER.has(tag) && tag < FIRST_NOT_CRITICAL)
        throw invalid('it holds something that is not part of a message');
    }
  };
  await read(packets, 0);
  const [literal, second] = literals;
  if (literal === undefined) throw invalid('it holds no text');
  if (second !== undefined) throw invalid('it holds several texts; a value holds one');
  const text = textOf(literal);
  if (text.length > maxPlaintext) throw tooLarge(maxPlaintext);
  return text;
}

function textOf(literal: Uint8Array): Uint8Array {
  try {
    return readLiteral(literal);
  } catch {
    throw invalid('its content is damaged');
  }
}

// RFC 9580, section 5.9: type, name, date, text.
function readLiteral(body: Uint8Array): Uint8Array {
  const reader = new OctetReader(body);
  const type = reader.octet();
  reader.take(reader.octet() + 4);
  const text = reader.rest();
  return TEXT_TYPES.has(type) && text.includes(CR) ? text.filter((octet) => octet !== CR) : text;
}

// RFC 9580, section 5.6.
async function decompress(body: Uint8Array, left: number, maxPlaintext: number): Promise<readonly RawPacket[]> {
  const [algorithm] = body;
  const compressed = body.subarray(1);
  // Node has no limit of 0. Synchronous, since zlib's streams run ahead of their limit.
  const options = { maxOutputLength: Math.max(left, 1) };
  try {
    if (algorithm === COMPRESSION.none) return readPackets(compressed);
    if (algorithm === COMPRESSION.zip) return readPackets(inflateRawSync(compressed, options));
    if (algorithm === COMPRESSION.zlib) return readPackets(inflateSync(compressed, options));
    if (algorithm === COMPRESSION.bzip2) return await bunzip2(compressed, left);
  } catch (error) {
    if (isOverLimit(error)) throw tooLarge(maxPlaintext);
    throw invalid('its compressed content is damaged');
  }
  throw invalid('its compression method is not supported');
}

/** What {@link bunzip2} uses of openpgp.js's packet, whose declaration makes it private. */
interface Bzip2Packet {
  algorithm: number;
  compressed: Uint8Array;
  packets: PacketList<AnyPacket> | null;
  decompress(config: Config): Promise<void>;
}

async function bunzip2(compressed: Uint8Array, left: number): Promise<readonly RawPacket[]> {
  const { CompressedDataPacket, config } = await loadLibrary();
  const packet = new CompressedDataPacket() as unknown as Bzip2Packet;
  packet.algorithm = COMPRESSION.bzip2;
  packet.compressed = compressed;
  await packet.decompress({ ...config, ...CONFIG, ...RAW_PACKETS, maxDecompressedMessageSize: left });
  return rawPackets(packet.packets ?? []);
}

function isOverLimit(error: unknown): boolean {
  if (errnoOf(error) === 'ERR_BUFFER_TOO_LARGE') return true;
  return error instanceof Error && error.message.startsWith('Maximum decompressed');
}
