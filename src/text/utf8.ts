const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The octets as text, or undefined when they are not UTF-8. A byte order mark stays. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}

/** The octets before the first line end. */
export function firstLine(octets: Buffer): Buffer {
  const end = octets.findIndex((octet) => octet === 0x0a || octet === 0x0d);
  return end === -1 ? octets : octets.subarray(0, end);
}

/** The text with the letters A to Z in lower case and all others unchanged, so that no other letter becomes an ASCII one. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
