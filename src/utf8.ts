const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The octets as text, or undefined when they are not UTF-8. A byte order mark stays. */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}
