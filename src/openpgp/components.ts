import { PACKET, writePacket, type Packet } from './packets.js';
import { publicHalf, readPublicNumbers } from './public-numbers.js';
import { fingerprintOf } from './self-signatures.js';

/** A primary key, user ID, user attribute or subkey, and the bodies of the signatures that follow it (RFC 9580, section 10.1). */
export interface Component {
  readonly tag: number;
  readonly body: Uint8Array;
  readonly signatures: readonly Uint8Array[];
}

const RANKS: ReadonlyMap<number, number> = new Map([
  [PACKET.publicKey, 0],
  [PACKET.userId, 1],
  [PACKET.userAttribute, 1],
  [PACKET.publicSubkey, 2],
]);

/**
 * Splits a key into its parts. Of a secret key, the public half is used. Other packets, and subkeys that cannot be parsed, are left out.
 *
 * @param packets - the primary key and what follows it.
 * @returns undefined when the primary key itself cannot be read.
 */
export function readComponents(packets: readonly Packet[]): readonly Component[] | undefined {
  const components: { tag: number; body: Uint8Array; signatures: Uint8Array[] }[] = [];
  let signatures: Uint8Array[] = [];
  for (const packet of packets) {
    const { tag, body } = publicPacket(packet);
    if (tag === PACKET.signature) signatures.push(body);
    const rank = RANKS.get(tag);
    // GnuPG looks for user IDs only before the first subkey (g10/getkey.c, merge_selfsigs_main); their signatures may be elsewhere.
    if (rank === undefined || rank < rankOf(components.at(-1))) continue;
    signatures = [];
    const isKey = tag === PACKET.publicKey || tag === PACKET.publicSubkey;
    if (!isKey || isReadable(body)) components.push({ tag, body, signatures });
    else if (tag === PACKET.publicKey) return undefined;
  }
  return mergeComponents([components]);
}

/** Merges several copies of a key: each part once, in the order of the standard. */
export function mergeComponents(copies: readonly (readonly Component[])[]): readonly Component[] {
  const merged = new Map<string, { tag: number; body: Uint8Array; signatures: Map<string, Uint8Array> }>();
  for (const { tag, body, signatures } of copies.flat()) {
    const id = `${tag} ${identityOf(body)}`;
    const known = merged.get(id) ?? { tag, body, signatures: new Map<string, Uint8Array>() };
    merged.set(id, known);
    for (const signature of signatures)
      if (!known.signatures.has(identityOf(signature))) known.signatures.set(identityOf(signature), signature);
  }
  return [...merged.values()]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map(({ tag, body, signatures }) => ({ tag, body, signatures: [...signatures.values()] }));
}

/** A key in binary form. */
export function writeComponents(components: readonly Component[]): Buffer {
  const packets = components.flatMap(({ tag, body, signatures }) => [
    writePacket(tag, body),
    ...signatures.map((signature) => writePacket(PACKET.signature, signature)),
  ]);
  return Buffer.concat(packets);
}

/** The secret parts of a secret key in binary form, without user IDs and signatures. */
export function writeSecretParts(packets: readonly Packet[]): Buffer {
  const secret = packets.filter(({ tag }) => tag === PACKET.secretKey || tag === PACKET.secretSubkey);
  return Buffer.concat(secret.map(({ tag, body }) => writePacket(tag, body)));
}

/** Splits packets into keys; packets before the first key are dropped. */
export function splitKeys(packets: readonly Packet[]): readonly (readonly Packet[])[] {
  const starts = packets.flatMap(({ tag }, i) => (tag === PACKET.publicKey || tag === PACKET.secretKey ? [i] : []));
  return starts.map((start, i) => packets.slice(start, starts[i + 1]));
}

function rankOf(component: Pick<Component, 'tag'> | undefined): number {
  return RANKS.get(component?.tag ?? PACKET.publicKey) ?? 0;
}

function publicPacket({ tag, body }: Packet): Pick<Packet, 'tag' | 'body'> {
  if (tag !== PACKET.secretKey && tag !== PACKET.secretSubkey) return { tag, body };
  const publicTag = tag === PACKET.secretKey ? PACKET.publicKey : PACKET.publicSubkey;
  try {
    return { tag: publicTag, body: publicHalf(body) ?? new Uint8Array() };
  } catch {
    return { tag: publicTag, body: new Uint8Array() };
  }
}

function isReadable(body: Uint8Array): boolean {
  const fingerprint = fingerprintOf(body);
  try {
    return fingerprint !== undefined && readPublicNumbers(fingerprint, body) !== undefined;
  } catch {
    return false;
  }
}

function identityOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('latin1');
}
