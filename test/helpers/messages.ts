import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { deflateRawSync, deflateSync } from 'node:zlib';
import * as openpgp from 'openpgp';
import { readFileSync } from 'node:fs';
import { publicKeyFile } from './keyfiles.js';

/** A packet in the new format with a length of five octets. */
export function packet(tag: number, body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([Buffer.of(0xc0 | tag, 255), length, body]);
}

/** A literal packet of a type: `b`, `t`, `u`, … */
export function literal(text: string | Uint8Array, type = 'b'): Buffer {
  return packet(11, Buffer.concat([Buffer.from(type), Buffer.alloc(5), Buffer.from(text)]));
}

export function zip(packets: Uint8Array): Buffer {
  return packet(8, Buffer.concat([Buffer.of(1), deflateRawSync(packets)]));
}

export function zlib(packets: Uint8Array): Buffer {
  return packet(8, Buffer.concat([Buffer.of(2), deflateSync(packets)]));
}

/** Encrypts packets as they are, with AES-256 in a SEIPD packet of version 1. */
export function seipd(packets: Uint8Array, sessionKey: Uint8Array): Buffer {
  const random = randomBytes(16);
  const hashed = Buffer.concat([random, random.subarray(14), packets, Buffer.of(0xd3, 0x14)]);
  const cipher = createCipheriv('aes-256-cfb', sessionKey, Buffer.alloc(16));
  const encrypted = [cipher.update(hashed), cipher.update(createHash('sha1').update(hashed).digest()), cipher.final()];
  return packet(18, Buffer.concat([Buffer.of(1), ...encrypted]));
}

/** A message of these packets for a fixture key. */
export async function messageFor(name: string, packets: Uint8Array): Promise<Buffer> {
  const data = randomBytes(32);
  const key = await openpgp.readKey({ armoredKey: readFileSync(publicKeyFile(name), 'utf8') });
  const head: unknown = await openpgp.encryptSessionKey({
    data,
    algorithm: 'aes256',
    encryptionKeys: key.toPublic(),
    format: 'binary',
  });
  return Buffer.concat([head as Uint8Array, seipd(packets, data)]);
}

export function gpgValue(message: Uint8Array): string {
  return `ENC[GPG,${Buffer.from(message).toString('base64')}]`;
}
