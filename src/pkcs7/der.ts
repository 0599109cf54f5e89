/** Tags of DER (X.690, section 8.1.2) that an EnvelopedData and a certificate have. */
export const DER = {
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  sequence: 0x30,
  set: 0x31,
  implicit0: 0x80,
  explicit0: 0xa0,
} as const;

/** Writes an element of DER: its tag, its length and its content. */
export function writeDer(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(length)), ...content]);
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

/**
 * Splits octets into elements of DER with exactly these tags.
 *
 * @returns their contents; nothing if the octets are anything else, or no DER.
 */
export function splitDer(octets: Buffer | undefined, ...tags: readonly number[]): readonly Buffer[] {
  const contents: Buffer[] = [];
  let at = 0;
  for (const tag of tags) {
    if (octets?.[at] !== tag) return [];
    const length = readLength(octets, at + 1);
    if (length === undefined || length.end + length.length > octets.length) return [];
    at = length.end + length.length;
    contents.push(octets.subarray(length.end, at));
  }
  return at === octets?.length ? contents : [];
}

/** An element of DER. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
}

/** Reads octets as elements of DER, one after the other; undefined if they are no such elements. */
export function readDer(octets: Uint8Array): readonly DerElement[] | undefined {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const elements: DerElement[] = [];
  for (let at = 0; at < whole.length;) {
    const [tag = 0, length] = [whole[at], readLength(whole, at + 1)];
    // A tag of more than one octet, or content that is cut short.
    if ((tag & 0x1f) === 0x1f || length === undefined || length.end + length.length > whole.length) return undefined;
    at = length.end + length.length;
    elements.push({ tag, content: whole.subarray(length.end, at) });
  }
  return elements;
}

// Three octets are enough for any value; the indefinite and the longer forms of BER are left to others.
function readLength(octets: Buffer, at: number): { readonly length: number; readonly end: number } | undefined {
  const first = octets[at];
  if (first === undefined || first < 0x80) return first === undefined ? undefined : { length: first, end: at + 1 };
  const count = first & 0x7f;
  const end = at + 1 + count;
  if (count === 0 || count > 3 || end > octets.length) return undefined;
  const length = octets.readUIntBE(at + 1, count);
  const isShortest = length >= 0x80 && length >= 256 ** (count - 1);
  return isShortest ? { length, end } : undefined;
}
