/** The output of a program as it comes. */
export type Output = AsyncIterable<Buffer>;

/**
 * The parts of an output that end with an octet, without it, as text; some at once, so that there is not a promise for each. What comes
 * after the last one is left out.
 */
export async function* partsOf(output: Output, end: number): AsyncGenerator<readonly string[], void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of output) {
    const octets = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const last = octets.lastIndexOf(end);
    rest = octets.subarray(last + 1);
    if (last === -1) continue;
    yield octets.toString('utf8', 0, last).split(String.fromCharCode(end));
  }
}

/** Reads an output piece by piece. Not more is kept than the piece that is read. */
export interface Reader {
  /** The line that comes next, without its end; undefined after the last one. */
  readonly line: () => Promise<string | undefined>;
  /** As many octets as that, or what is left. */
  readonly take: (length: number) => Promise<Buffer>;
}

/** Makes a {@link Reader}. */
export function createReader(output: Output): Reader {
  const chunks = output[Symbol.asyncIterator]();
  let octets: Buffer = Buffer.alloc(0);
  const take: Reader['take'] = async (length) => {
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const piece = octets.subarray(0, missing);
      if (piece.length > 0) pieces.push(piece);
      octets = octets.subarray(piece.length);
      missing -= piece.length;
      if (missing > 0 && !(await more())) break;
    }
    return pieces.length === 1 ? (pieces[0] ?? octets) : Buffer.concat(pieces);
  };
  const more = async () => {
    const next = await chunks.next();
    if (next.done === true) return false;
    octets = octets.length > 0 ? Buffer.concat([octets, next.value]) : next.value;
    return true;
  };
  const line: Reader['line'] = async () => {
    let end = octets.indexOf(0x0a);
    while (end === -1 && (await more())) end = octets.indexOf(0x0a);
    if (end === -1) return undefined;
    const text = octets.toString('utf8', 0, end);
    octets = octets.subarray(end + 1);
    return text;
  };
  return { line, take };
}
