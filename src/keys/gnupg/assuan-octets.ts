// Escaped, an octet takes three characters, and a line holds 1000 with its end.
const MOST_OCTETS_IN_A_LINE = 330;
const LINE = new RegExp(`(?:%..|[^%]){1,${MOST_OCTETS_IN_A_LINE}}`, 'gs');

/** The `D` lines and the `END` that answer an `INQUIRE`; without an answer, what cancels it. */
export function answerLines(octets: Uint8Array | undefined): Buffer {
  if (octets === undefined) return Buffer.from('CAN\n');
  // Where no data is expected, an empty data line is not sent either.
  const lines = escaped(octets).match(LINE) ?? [];
  return Buffer.from(`${lines.map((line) => `D ${line}\n`).join('')}END\n`, 'latin1');
}

function escaped(octets: Uint8Array): string {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
  return text.replace(/[%\r\n]/g, (special) => `%${special.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** The octets that a `D` line stands for. */
export function percentDecode(octets: Buffer): Buffer {
  if (!octets.includes(0x25)) return octets;
  const text = octets.toString('latin1');
  return Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}
