import * as openpgp from 'openpgp';
import { parseFingerprint, parseKeyId, type Fingerprint, type KeyId } from '../identifiers.js';
import { CONFIG } from './leniency.js';
import { PACKET, readPackets, readPublicNumbers, type PublicNumbers } from './packets.js';

/** A key that was read; which of its user IDs and subkeys count is for `judgeKey` to say. */
export interface ReadKey {
  readonly fingerprint: Fingerprint;
  /** The primary key and all subkeys, also those without a valid signature. */
  readonly parts: readonly { readonly fingerprint: Fingerprint; readonly keyId: KeyId }[];
  /** All user IDs, also those without a valid signature. */
  readonly userIds: readonly string[];
  /** The public half as openpgp.js holds it. */
  readonly publicKey: openpgp.PublicKey;
  /** The whole key in binary form when it is a secret key. */
  readonly secretOctets: Uint8Array | undefined;
}

/** A signature that takes a key back, with the key or by itself (RFC 9580, section 5.2.1.11). Whether it is valid is for `judgeKey` to say. */
export interface Revocation {
  /** Of the primary key that made it. */
  readonly keyId: KeyId;
  readonly octets: Uint8Array;
}

/** What octets held: keys, and what cannot be used, told without any of its content. */
export interface KeyFileContent {
  readonly keys: readonly ReadKey[];
  readonly revocations: readonly Revocation[];
  readonly faults: readonly string[];
}

const ARMOR_BLOCK = /^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----[^]*?(?:^-----END PGP [A-Z ]+-----|(?![^]))/gm;
const ARMOR_HEAD = /^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----/m;
// RFC 9580, section 5.2.1.
const KEY_REVOCATION = 0x20;
const KEY_TAGS: ReadonlySet<number> = new Set([PACKET.publicKey, PACKET.secretKey]);

/** Whether octets look like OpenPGP keys, armored or binary, sound or not. */
export function looksLikeKeys(octets: Uint8Array): boolean {
  const [first = 0] = octets;
  const tag = (first & 0xc0) === 0xc0 ? first & 0x3f : (first & 0x80) === 0x80 ? (first >> 2) & 0x0f : 0;
  return KEY_TAGS.has(tag) || tag === PACKET.signature || ARMOR_HEAD.test(Buffer.from(octets).toString('latin1'));
}

/**
 * Reads keys, public or secret, armored or binary, several blocks and several keys in each if there are. One that cannot be read
 * keeps none of the others from being read.
 */
export async function readKeyFile(octets: Uint8Array): Promise<KeyFileContent> {
  const text = Buffer.from(octets).toString('latin1');
  const blocks = text.match(ARMOR_BLOCK);
  const keys: ReadKey[] = [];
  const revocations: Revocation[] = [];
  const faults: string[] = [];
  for (const block of blocks ?? [octets]) {
    const whole = typeof block === 'string' ? unarmor(block) : block;
    const split = whole && splitKeys(whole);
    const found = whole ? await revocationsIn(whole) : [];
    revocations.push(...found);
    if ((split === undefined || split.length === 0) && found.length === 0) {
      faults.push(blocks ? 'its armor is damaged or cut short' : 'it holds no OpenPGP key, or one that is cut short');
    }
    for (const { version, octets } of split ?? []) {
      const key =
        version === 4 ? await readOne(octets) : `it holds a key of version ${version}, which older GnuPG cannot read`;
      if (typeof key === 'string') faults.push(key);
      else keys.push(key);
    }
  }
  return { keys, revocations, faults };
}

// Wherever it stands: whoever appends a certificate to a file puts it behind the last subkey.
async function revocationsIn(octets: Uint8Array): Promise<readonly Revocation[]> {
  try {
    const all = readPackets(octets);
    const packets = all.flatMap(({ tag, body, start }, i) =>
      tag === PACKET.signature && body[0] === 4 && body[1] === KEY_REVOCATION
        ? [octets.subarray(start, all[i + 1]?.start)]
        : [],
    );
    const found = await Promise.all(packets.map(readRevocation));
    return found.filter((revocation) => revocation !== undefined);
  } catch {
    return [];
  }
}

async function readRevocation(octets: Uint8Array): Promise<Revocation | undefined> {
  const { packets } = await openpgp.readSignature({ binarySignature: octets, config: CONFIG });
  const keyId = parseKeyId(packets[0]?.issuerKeyID.toHex() ?? '');
  return keyId && { keyId, octets: Uint8Array.from(octets) };
}

/** A key with a revocation put where those of a primary key stand. */
export async function withRevocation(key: ReadKey, { octets }: Revocation): Promise<ReadKey> {
  const whole = key.publicKey.write();
  const second = readPackets(whole)[1]?.start ?? whole.length;
  const read = await readOne(Buffer.concat([whole.subarray(0, second), octets, whole.subarray(second)]));
  return typeof read === 'string' ? key : { ...read, secretOctets: key.secretOctets };
}

/** The public keys in binary form, one after the other. */
export function writePublicKeys(keys: readonly ReadKey[]): Uint8Array {
  return Buffer.concat(keys.map(({ publicKey }) => publicKey.write()));
}

/** Binary public keys in armor (RFC 9580, section 6.2), with the checksum that GnuPG 2.2 needs to find the end by. */
export function armorKeys(octets: Uint8Array): string {
  return openpgp.armor(openpgp.enums.armor.publicKey, octets, undefined, undefined, undefined, true);
}

/** The public numbers of a key's primary key or subkey, or undefined when it has no such part. */
export function publicNumbersOf({ publicKey }: ReadKey, part: Fingerprint): PublicNumbers | undefined {
  const found = publicKey.getKeys().find((candidate) => parseFingerprint(candidate.getFingerprint()) === part);
  return found && readPublicNumbers(part, found.keyPacket.write());
}

/** Makes one key of two copies of it: user IDs, subkeys and signatures of both. The secret half is that of the first. */
export async function mergeKeys(a: ReadKey, b: ReadKey): Promise<ReadKey> {
  const merged = await readOne(mergeCopies([a, b].map(({ publicKey }) => publicKey.write())));
  return typeof merged === 'string' ? a : { ...merged, secretOctets: a.secretOctets };
}

/** Signatures follow what they are about: the primary key, a user ID, a subkey (RFC 9580, section 10.1). */
function mergeCopies(copies: readonly Uint8Array[]): Uint8Array {
  const groups = new Map<string, { readonly tag: number; readonly packets: Map<string, Uint8Array> }>();
  for (const octets of copies) {
    let owner = '';
    readPackets(octets).forEach(({ tag, start }, i, all) => {
      const packet = octets.subarray(start, all[i + 1]?.start);
      const identity = Buffer.from(packet).toString('base64');
      if (tag !== PACKET.signature) owner = identity;
      const group = groups.get(owner) ?? { tag, packets: new Map<string, Uint8Array>() };
      groups.set(owner, group);
      group.packets.set(identity, packet);
    });
  }
  const rank = (tag: number) => (tag === PACKET.publicKey ? 0 : tag === PACKET.publicSubkey ? 2 : 1);
  const sorted = [...groups.values()].sort((a, b) => rank(a.tag) - rank(b.tag));
  return Buffer.concat(sorted.flatMap(({ packets }) => [...packets.values()]));
}

// RFC 9580, section 6.2: headers, a blank line, base64, an optional checksum that section 6.1 says to ignore.
function unarmor(block: string): Uint8Array | undefined {
  const lines = block.split('\n').map((line) => line.trim());
  const blank = lines.indexOf('');
  const end = lines.findIndex((line, i) => i > blank && (line.startsWith('=') || line.startsWith('-----END ')));
  if (blank === -1 || end === -1 || !block.includes('\n-----END ')) return undefined;
  const body = lines.slice(blank + 1, end).join('');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(body) ? Buffer.from(body, 'base64') : undefined;
}

function splitKeys(
  octets: Uint8Array,
): readonly { readonly version: number; readonly octets: Uint8Array }[] | undefined {
  try {
    const starts = readPackets(octets).filter(({ tag }) => KEY_TAGS.has(tag));
    return starts.map(({ body, start }, i) => ({
      version: body[0] ?? 0,
      octets: octets.subarray(start, starts[i + 1]?.start),
    }));
  } catch {
    return undefined;
  }
}

async function readOne(octets: Uint8Array): Promise<ReadKey | string> {
  try {
    const [key] = await openpgp.readKeys({ binaryKeys: octets, config: CONFIG });
    if (key === undefined) return 'it holds a key that cannot be read';
    return describe(key.toPublic(), key.isPrivate() ? octets : undefined);
  } catch {
    return 'it holds a key that cannot be read';
  }
}

function describe(publicKey: openpgp.PublicKey, secretOctets: Uint8Array | undefined): ReadKey {
  const parts = publicKey.getKeys().flatMap((part) => {
    const fingerprint = parseFingerprint(part.getFingerprint());
    const keyId = parseKeyId(part.getKeyID().toHex());
    return fingerprint && keyId ? [{ fingerprint, keyId }] : [];
  });
  const [primary] = parts;
  if (primary === undefined) throw new RangeError('no fingerprint');
  return { fingerprint: primary.fingerprint, parts, userIds: publicKey.getUserIDs(), publicKey, secretOctets };
}
