import { PACKET, readPackets, writePacket } from './packets.js';

/** A text with its signatures, as in the cleartext signature framework (RFC 9580, section 7). */
export interface SignedText {
  /** Its lines end with LF, the last one too. */
  readonly text: string;
  /** The bodies of the signature packets, all over the same text. */
  readonly signatures: readonly Uint8Array[];
}

const HEAD = '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n';
const MIDDLE = '-----BEGIN PGP SIGNATURE-----\n\n';
const FOOT = '-----END PGP SIGNATURE-----\n';

/** Writes a signed text: one block of signatures in armor, every one with SHA-512. No line may end with a blank, since these are not signed. */
export function writeCleartext({ text, signatures }: SignedText): string {
  const octets = Buffer.concat(signatures.map((body) => writePacket(PACKET.signature, body)));
  const base64 = octets.toString('base64').replace(/.{1,64}/g, '$&\n');
  return `${HEAD}${text.replace(/^(?=-)/gm, '- ')}${MIDDLE}${base64}=${checksumOf(octets).toString('base64')}\n${FOOT}`;
}

/**
 * Reads what {@link writeCleartext} writes, and nothing else: another header, text around the signed one, a second block or another way to
 * write the same octets could make people see something that is not signed. Line ends may be CRLF, as git writes them where it is told to.
 *
 * @returns undefined for everything else.
 */
export function readCleartext(file: string): SignedText | undefined {
  const whole = /^(?:[^\r\n]*\r\n)*$/.test(file) ? file.replaceAll('\r\n', '\n') : file;
  const middle = whole.indexOf(`\n${MIDDLE}`) + 1;
  if (!whole.startsWith(HEAD) || middle < HEAD.length) return undefined;
  const armored = whole.slice(middle + MIDDLE.length, -FOOT.length).replace(/\n=.*\n$/, '');
  const text = whole.slice(HEAD.length, middle).replace(/^- /gm, '');
  try {
    const packets = readPackets(Buffer.from(armored, 'base64'));
    if (packets.length === 0 || packets.some(({ tag }) => tag !== PACKET.signature)) return undefined;
    const signed = { text, signatures: packets.map(({ body }) => body) };
    return writeCleartext(signed) === whole && !/[ \t]$|\r/m.test(text) ? signed : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The octets of a text that are signed (RFC 9580, sections 5.2.4 and 7.2): lines end with CRLF, and the last line end is a part of the
 * framework.
 */
export function signedOctets(text: string): Buffer {
  return Buffer.from(text.replace(/\n$/, '').replaceAll('\n', '\r\n'));
}

// RFC 9580, section 6.1.
function checksumOf(octets: Uint8Array): Buffer {
  let crc = 0xb704ce;
  for (const octet of octets) {
    crc ^= octet << 16;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x800000 ? (crc << 1) ^ 0x1864cfb : crc << 1;
  }
  return Buffer.of((crc >> 16) & 0xff, (crc >> 8) & 0xff, crc & 0xff);
}
