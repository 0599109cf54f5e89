import {
  mergeComponents,
  readComponents,
  splitKeys,
  writeComponents,
  writeSecretParts,
  type Component,
} from './components.js';
import { loadLibrary } from './library.js';
import { parseKeyId, type Fingerprint, type KeyId } from './identifiers.js';
import { PACKET, readPackets, type Packet } from './packets.js';
import { readPublicNumbers, type PublicNumbers } from './public-numbers.js';
import { fingerprintOf } from './self-signatures.js';
import { readSignature, SIGNATURE, type Signature } from './signatures.js';

/** A primary key or subkey as it was parsed. */
export interface ReadPart {
  readonly fingerprint: Fingerprint;
  readonly keyId: KeyId;
  /** The body of its public key packet. */
  readonly body: Uint8Array;
}

/** A parsed key; `judgeKey` decides which of its user IDs and subkeys count. */
export interface ReadKey {
  readonly fingerprint: Fingerprint;
  /** The primary key and all subkeys, also those without a valid signature. */
  readonly parts: readonly [ReadPart, ...ReadPart[]];
  /** All user IDs, also those without a valid signature. */
  readonly userIds: readonly string[];
  /** The public half, the primary key first. */
  readonly components: readonly Component[];
  /** The secret parts in binary form when it is a secret key. */
  readonly secretOctets: Uint8Array | undefined;
}

/** A signature that revokes a key, with the key or by itself (RFC 9580, section 5.2.1.11); `judgeKey` decides whether it is valid. */
export interface Revocation extends Signature {
  /** The key that made it: the revoked key itself, or a designated revoker. */
  readonly issuer: KeyId;
}

/** The result of reading octets: keys, and what cannot be used, described without any of its content. */
export interface KeyFileContent {
  readonly keys: readonly ReadKey[];
  readonly revocations: readonly Revocation[];
  readonly faults: readonly string[];
}

const ARMOR_BLOCK = /^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----[^]*?(?:^-----END PGP [A-Z ]+-----|(?![^]))/gm;
const ARMOR_HEAD = /^-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----/m;
const KEY_TAGS: ReadonlySet<number> = new Set([PACKET.publicKey, PACKET.secretKey]);

/** Whether octets look like OpenPGP keys, armored or binary, damaged or not. */
export function looksLikeKeys(octets: Uint8Array): boolean {
  const [first = 0] = octets;
  const tag = (first & 0xc0) === 0xc0 ? first & 0x3f : (first & 0x80) === 0x80 ? (first >> 2) & 0x0f : 0;
  return KEY_TAGS.has(tag) || tag === PACKET.signature || ARMOR_HEAD.test(Buffer.from(octets).toString('latin1'));
}

/**
 * Reads keys, public or secret, armored or binary, possibly several blocks with several keys each. A key that cannot be parsed
 * does not prevent the others from being read.
 */
export function readKeyFile(octets: Uint8Array): KeyFileContent {
  const text = Buffer.from(octets).toString('latin1');
  const blocks = text.match(ARMOR_BLOCK);
  const keys: ReadKey[] = [];
  const revocations: Revocation[] = [];
  const faults: string[] = [];
  for (const block of blocks ?? [octets]) {
    const whole = typeof block === 'string' ? unarmor(block) : block;
    const packets = whole && packetsIn(whole);
    const split = splitKeys(packets ?? []);
    // Wherever they are: a revocation certificate that is appended to a file comes after the last subkey.
    const signatures = packets?.filter(({ tag }) => tag === PACKET.signature) ?? [];
    const found = signatures.flatMap(({ body }) => readRevocation(body));
    revocations.push(...found);
    if (split.length === 0 && found.length === 0) {
      faults.push(blocks ? 'its armor is damaged or cut short' : 'it holds no OpenPGP key, or one that is cut short');
    }
    for (const packets of split) {
      const key = readKey(packets);
      if (typeof key === 'string') faults.push(key);
      else keys.push(key);
    }
  }
  return { keys, revocations, faults };
}

function packetsIn(octets: Uint8Array): readonly Packet[] | undefined {
  try {
    return readPackets(octets);
  } catch {
    return undefined;
  }
}

/** The revocations of primary keys anywhere in a key, including those made by other keys. */
export function revocationsIn({ components }: ReadKey): readonly Revocation[] {
  return components.flatMap(({ signatures }) => signatures.flatMap(readRevocation));
}

function readRevocation(body: Uint8Array): readonly Revocation[] {
  const signature = readSignature(body);
  const { issuer } = signature ?? {};
  return issuer && signature?.type === SIGNATURE.keyRevocation ? [{ ...signature, issuer }] : [];
}

/** The public keys in binary form, one after the other. */
export function writePublicKeys(keys: readonly ReadKey[]): Uint8Array {
  return Buffer.concat(keys.map(({ components }) => writeComponents(components)));
}

/** The public numbers of a key's primary key or subkey, or undefined when it has no such part. */
export function publicNumbersOf({ parts }: ReadKey, part: Fingerprint): PublicNumbers | undefined {
  const found = parts.find(({ fingerprint }) => fingerprint === part);
  return found && readPublicNumbers(part, found.body);
}

/** Merges two copies of a key: user IDs, subkeys and signatures of both. The secret half is that of the first. */
export function mergeKeys(a: ReadKey, b: ReadKey): ReadKey {
  return describe(mergeComponents([a.components, b.components]), a.secretOctets) ?? a;
}

/** Binary public keys in armor (RFC 9580, section 6.2), with the checksum by which GnuPG 2.2 finds the end. */
export async function armorKeys(octets: Uint8Array): Promise<string> {
  const { armor, enums } = await loadLibrary();
  return armor(enums.armor.publicKey, octets, undefined, undefined, undefined, true);
}

// RFC 9580, section 6.2: headers, a blank line, base64, an optional checksum, which section 6.1 says to ignore.
function unarmor(block: string): Uint8Array | undefined {
  const lines = block.split('\n').map((line) => line.trim());
  const blank = lines.indexOf('');
  const end = lines.findIndex((line, i) => i > blank && (line.startsWith('=') || line.startsWith('-----END ')));
  if (blank === -1 || end === -1 || !block.includes('\n-----END ')) return undefined;
  const body = lines.slice(blank + 1, end).join('');
  return /^[A-Za-z0-9+/]+={0,2}$/.test(body) ? Buffer.from(body, 'base64') : undefined;
}

function readKey(packets: readonly Packet[]): ReadKey | string {
  const [primary] = packets;
  const version = primary?.body[0] ?? 0;
  if (version !== 4) return `it holds a version ${version} key, which older GnuPG cannot read`;
  const components = readComponents(packets);
  if (components && !isOfUsualSize(components)) {
    return `it holds a key with more than ${MOST} user IDs, subkeys or self-signatures`;
  }
  const secretOctets = primary?.tag === PACKET.secretKey ? writeSecretParts(packets) : undefined;
  return (components && describe(components, secretOctets)) ?? 'it holds a key that cannot be read';
}

// Each of them is verified, and a file full of them would take minutes. Signatures by others are not verified, and may be many.
const MOST = 1000;

function isOfUsualSize(components: readonly Component[]): boolean {
  if (components.length > MOST) return false;
  const [primary] = components;
  const keyId = primary && fingerprintOf(primary.body)?.slice(-16);
  const signatures = components.flatMap(({ signatures }) => signatures.map((body) => readSignature(body)?.issuer));
  return signatures.filter((issuer) => issuer === undefined || issuer === keyId).length <= MOST;
}

function describe(components: readonly Component[], secretOctets: Uint8Array | undefined): ReadKey | undefined {
  const [primary, ...subkeys] = components.flatMap(({ tag, body }) => {
    const fingerprint = tag === PACKET.publicKey || tag === PACKET.publicSubkey ? fingerprintOf(body) : undefined;
    const keyId = fingerprint && parseKeyId(fingerprint.slice(-16));
    return fingerprint && keyId ? [{ fingerprint, keyId, body }] : [];
  });
  const userIds = components.filter(({ tag }) => tag === PACKET.userId).map(({ body }) => Buffer.from(body).toString());
  return (
    primary && { fingerprint: primary.fingerprint, parts: [primary, ...subkeys], userIds, components, secretOctets }
  );
}
