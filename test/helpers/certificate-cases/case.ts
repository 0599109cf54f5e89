import { cv25519Key, ed25519Key, u32, type TestKey } from '../certificate-keys.js';
import { over, packet, signaturePacket, type SignatureOptions, type Subpacket } from '../certificates.js';

/** The time at which all certificates are judged, and that at which most of their keys were made: a year before. */
export const NOW = Date.UTC(2026, 5, 1, 12) / 1000;
export const DAY = 86_400;
const MADE = NOW - 365 * DAY;

/** What is encrypted to: a subkey, the primary key, or nothing at all. */
export type Use = 'sub' | 'sub2' | 'primary' | 'none';

/** A hand-made certificate and what may be encrypted to. */
export interface CertificateCase {
  readonly name: string;
  readonly use: Use;
  /** What GnuPG encrypts to where that is more than `use`. */
  readonly gpg?: Use;
  readonly make: (scene: Scene) => readonly Buffer[];
  readonly keys?: (made: number) => Partial<Pick<Scene, 'primary' | 'sub' | 'sub2'>>;
}

/** The keys of one certificate and the ways to make its packets; signatures are a minute younger than the primary key. */
export interface Scene {
  readonly primary: TestKey;
  readonly sub: TestKey;
  /** A newer one. */
  readonly sub2: TestKey;
  readonly stranger: TestKey;
  readonly uid: string;
  readonly made: number;
  readonly pk: Buffer;
  readonly certify: (options?: SignatureOptions, uid?: string, type?: number) => Buffer;
  readonly uncertify: (options?: SignatureOptions, uid?: string) => Buffer;
  readonly direct: (options?: SignatureOptions) => Buffer;
  readonly revoke: (options?: SignatureOptions, signer?: TestKey) => Buffer;
  readonly bind: (options?: SignatureOptions, sub?: TestKey) => Buffer;
  readonly unbind: (options?: SignatureOptions, sub?: TestKey) => Buffer;
  /** A user ID with one certification. */
  readonly user: (options?: SignatureOptions, uid?: string) => readonly Buffer[];
  /** A subkey with one binding. */
  readonly subkey: (options?: SignatureOptions, sub?: TestKey) => readonly Buffer[];
}

export const flags = (...octets: readonly number[]): Subpacket => [27, Buffer.from(octets)];
/** How long a key is good, from its creation. */
export const keyLifetime = (seconds: number): Subpacket => [9, u32(seconds)];
/** How long a signature is good, from its own creation. */
export const lifetime = (seconds: number): Subpacket => [3, u32(seconds)];
export const primaryUserId: Subpacket = [25, Buffer.of(1)];
export const local: Subpacket = [4, Buffer.of(0)];
export const CERTIFIES = flags(3);
export const ENCRYPTS = flags(0x0c);

export function revoker({ body, fingerprint }: TestKey, kind = 0x80): Subpacket {
  return [12, Buffer.concat([Buffer.of(kind, body[5] ?? 0), Buffer.from(fingerprint, 'hex')])];
}

export function notation(name: string, critical: boolean): Subpacket {
  const head = Buffer.of(0x80, 0, 0, 0, name.length >> 8, name.length & 0xff, 0, 1);
  return [20, Buffer.concat([head, Buffer.from(`${name}x`)]), critical];
}

/** Makes the scene of a case; each has keys of another second. */
export function sceneOf({ keys }: CertificateCase, index: number): Scene {
  const made = MADE - index * 1000;
  const scene = {
    ...{ made, uid: `C${index} <c${index}@example.org>`, stranger: ed25519Key(made) },
    ...{ primary: ed25519Key(made), sub: cv25519Key(made), sub2: cv25519Key(made + 100) },
    ...keys?.(made),
  };
  const { primary, sub, uid } = scene;
  const make = (
    type: number,
    signed: Uint8Array,
    options: SignatureOptions,
    usual: readonly Subpacket[],
    by = primary,
  ) => signaturePacket(type, by, signed, { created: made + 60, hashed: usual, ...options });
  const certify: Scene['certify'] = (options = {}, text = uid, type = 0x13) =>
    make(type, over.userId(primary, text, options.version), options, [CERTIFIES]);
  const bind: Scene['bind'] = (options = {}, part = sub) => make(0x18, over.subkey(primary, part), options, [ENCRYPTS]);
  return {
    ...scene,
    ...{ pk: packet.key(primary), certify, bind },
    uncertify: (options = {}, text = uid) => make(0x30, over.userId(primary, text, options.version), options, []),
    direct: (options = {}) => make(0x1f, over.key(primary), options, [CERTIFIES]),
    revoke: (options = {}, signer = primary) => make(0x20, over.key(primary), options, [], signer),
    unbind: (options = {}, part = sub) => make(0x28, over.subkey(primary, part), options, []),
    user: (options, text = uid) => [packet.userId(text), certify(options, text)],
    subkey: (options, part = sub) => [packet.subkey(part), bind(options, part)],
  };
}
