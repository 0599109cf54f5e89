import { decodeUtf8 } from './utf8.js';

/** Octets as JSON holds them: text, or base64 for what is not UTF-8. */
export function octetsAsJson(octets: Uint8Array): string | { readonly base64: string } {
  return decodeUtf8(octets) ?? { base64: Buffer.from(octets).toString('base64') };
}
