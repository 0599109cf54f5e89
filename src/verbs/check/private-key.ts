import { createPrivateKey } from 'node:crypto';
import type { Problem } from '../../errors.js';
import { shownArgument } from '../../files/shown.js';
import { PACKET, readPackets } from '../../openpgp/packets.js';
import { isTurnedOff } from './rules.js';

/** The largest file that is searched for private keys. Real ones are smaller by far. */
export const LARGEST_KEY_FILE = 1 << 20;

/** Where a file is that must not hold a private key. */
export type PublicPlace = 'tracked' | 'staged' | 'public-keys';

/** The problem of a file that holds a private key, or undefined for one that does not. */
export function privateKeyProblem(file: string, octets: Uint8Array, place: PublicPlace): Problem | undefined {
  const found = privateKeyIn(octets);
  if (found === undefined || isTurnedOff(Buffer.from(octets).toString('latin1'), 'private-key')) return undefined;
  const name = shownArgument(file);
  const isInGit = place !== 'public-keys';
  return {
    place: { file, line: found.line },
    rule: 'private-key',
    message: `${found.kind} private key ${WHERE[place]}`,
    suggestion: `${isInGit ? 'git rm --cached' : 'remove'} ${name}, and if others could read it, create a new key and re-encrypt with it`,
  };
}

const WHERE: Readonly<Record<PublicPlace, string>> = {
  tracked: 'that git tracks: everyone who has the repository has it',
  staged: 'that is staged: everyone who has the repository will have it',
  'public-keys': 'in a folder of public keys',
};

/** A private key in a file, and the line that it starts in. */
export interface FoundPrivateKey {
  readonly kind: 'an OpenPGP' | 'a PEM' | 'a DER';
  readonly line: number;
}

/** The first private key that octets hold, with or without a passphrase; undefined if none. */
export function privateKeyIn(octets: Uint8Array): FoundPrivateKey | undefined {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const armored = armoredKey(buffer);
  if (armored !== undefined) return armored;
  if (isGnupgSecret(buffer) || isOpenpgpSecret(buffer)) return { kind: 'an OpenPGP', line: 1 };
  return isDerSecret(buffer) ? { kind: 'a DER', line: 1 } : undefined;
}

const BEGIN = '-----BEGIN ';
const HEAD = /^((?:[A-Z0-9]{1,20} ){0,3})PRIVATE KEY(?: BLOCK)?-----/;
// After the head: headers of PEM or armor, and some of the key. Line ends may be escaped, as in JSON.
const BODY = /^(?:\s|\\[nr])*(?:[A-Za-z-]{1,30}: [^\n\\]{0,200}(?:\n|\\[nr])(?:\s|\\[nr])*){0,10}[A-Za-z0-9+/]{24}/;
const WINDOW = 2500;

// Text about keys, such as source code with that line, holds no key.
function armoredKey(buffer: Buffer): FoundPrivateKey | undefined {
  for (let at = buffer.indexOf(BEGIN); at !== -1; at = buffer.indexOf(BEGIN, at + BEGIN.length)) {
    const text = buffer.toString('latin1', at + BEGIN.length, at + WINDOW);
    const [head, type = ''] = HEAD.exec(text) ?? [];
    if (head === undefined || !BODY.test(text.slice(head.length))) continue;
    const line = buffer.toString('latin1', 0, at).split('\n').length;
    return { kind: type === 'PGP ' ? 'an OpenPGP' : 'a PEM', line };
  }
  return undefined;
}

// GnuPG, agent/keyformat.txt: an S-expression, or "Key: " with one. A shadowed key is on a card.
function isGnupgSecret(buffer: Buffer): boolean {
  const start = buffer.toString('latin1', 0, 4096);
  return /^\((?:11:private-key|21:protected-private-key)\(|^Key: \((?:protected-)?private-key\b/m.test(start);
}

function isOpenpgpSecret(buffer: Buffer): boolean {
  const [first = 0] = buffer;
  const tag = first & 0x40 ? first & 0x3f : (first >> 2) & 0x0f;
  const startsAsKey = tag === PACKET.secretKey || tag === PACKET.publicKey || tag === PACKET.secretSubkey;
  if ((first & 0x80) === 0 || !startsAsKey) return false;
  try {
    const packets = readPackets(buffer);
    // RFC 9580, section 5.5.2: a key starts with its version, 2 to 6.
    const isKey = (body: Uint8Array) => body.length > 6 && (body[0] ?? 0) >= 2 && (body[0] ?? 0) <= 6;
    return packets.some(({ tag, body }) => (tag === PACKET.secretKey || tag === PACKET.secretSubkey) && isKey(body));
  } catch {
    return false;
  }
}

const SEQUENCE = 0x30;

function isDerSecret(buffer: Buffer): boolean {
  if (buffer[0] !== SEQUENCE) return false;
  return (['pkcs8', 'pkcs1', 'sec1'] as const).some((type) => {
    try {
      createPrivateKey({ key: buffer, format: 'der', type });
      return true;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ERR_MISSING_PASSPHRASE';
    }
  });
}
