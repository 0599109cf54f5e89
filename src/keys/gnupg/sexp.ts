import type { WrappedSessionKey } from '../keystore.js';

/** The S-expression that gpg-agent's PKDECRYPT takes (libgcrypt's `enc-val`, in canonical form). */
export function encValue(wrapped: WrappedSessionKey): Buffer {
  if (wrapped.kind === 'rsa') return list('enc-val', list('rsa', list('a', atom(unsigned(wrapped.encrypted)))));
  const lengthAndKey = Buffer.of(wrapped.wrapped.length, ...wrapped.wrapped);
  return list('enc-val', list('ecdh', list('s', atom(lengthAndKey)), list('e', atom(wrapped.ephemeralPoint))));
}

/** The octets of the answer `(5:value…)`, or undefined when the answer is something else. */
export function readValue(answer: Buffer): Buffer | undefined {
  const head = /^\(5:value(\d+):/.exec(answer.subarray(0, 32).toString('latin1'));
  if (head === null) return undefined;
  const start = head[0].length;
  const end = start + Number(head[1]);
  return end <= answer.length ? answer.subarray(start, end) : undefined;
}

function list(name: string, ...items: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('('), atom(Buffer.from(name)), ...items, Buffer.from(')')]);
}

function atom(octets: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${octets.length}:`), octets]);
}

// A first octet of 0x80 or more would read as a negative number.
function unsigned(number: Uint8Array): Uint8Array {
  return (number[0] ?? 0) >= 0x80 ? Buffer.of(0, ...number) : number;
}
