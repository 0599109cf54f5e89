import { connect, type Socket } from 'node:net';
import pLimit from 'p-limit';

/** An `ERR` answer. The low 16 bits of the code are the error, the upper octet its source (libgpg-error). */
export class AssuanError extends Error {
  readonly code: number;
  readonly source: number;

  constructor(number: number) {
    super(`gpg-agent error ${number & 0xffff}`);
    this.code = number & 0xffff;
    this.source = (number >>> 24) & 0x7f;
  }
}

/** The other side ended the connection, or the connection broke. */
export class AssuanClosed extends Error {}

/** The other side accepted the connection but did not answer in time. */
export class AssuanSilent extends Error {}

/** The reply to a command: its `D` lines joined, and its `S` lines without the `S `. */
export interface AssuanReply {
  readonly data: Buffer;
  readonly status: readonly string[];
}

/** The answer to each `INQUIRE`, or a function that makes it from the words after the keyword. */
export type Answers = Readonly<Record<string, Uint8Array | ((words: readonly string[]) => Uint8Array)>>;

/** A connection that speaks the Assuan protocol. Commands wait for each other. */
export interface Assuan {
  /**
   * Sends a command.
   *
   * @param limit - how long to wait for the reply, in milliseconds; without it, for ever.
   * @throws {@link AssuanError} for an `ERR`, {@link AssuanClosed}, {@link AssuanSilent}; after the last two the connection is gone.
   */
  command(line: string, answers?: Answers, limit?: number): Promise<AssuanReply>;
  close(): void;
}

const LINE_LIMIT = 1000;

/**
 * Connects to a socket that speaks Assuan (the libassuan manual, "Assuan protocol"). An idle connection does not keep the process
 * alive.
 *
 * @param limit - how long to wait for the greeting, in milliseconds.
 * @throws the error of the failed connection, {@link AssuanSilent}.
 */
export async function connectAssuan(socketPath: string, limit?: number): Promise<Assuan> {
  const socket = connect(socketPath);
  const nextLine = lineReader(socket);
  await inTime(
    socket,
    limit,
    reply(nextLine, () => undefined),
  );
  socket.unref();
  const oneByOne = pLimit(1);
  return {
    command: (line, answers = {}, limit) =>
      oneByOne(async () => {
        socket.ref();
        try {
          socket.write(`${line}\n`);
          const inquire = ([keyword = '', ...words]: readonly string[]) => {
            const given = answers[keyword];
            socket.write(answer(typeof given === 'function' ? given(words) : given));
          };
          return await inTime(socket, limit, reply(nextLine, inquire));
        } catch (error) {
          throw error instanceof AssuanError || error instanceof AssuanSilent
            ? error
            : new AssuanClosed('gpg-agent closed the connection');
        } finally {
          socket.unref();
        }
      }),
    close: () => socket.destroy(),
  };
}

async function inTime<T>(socket: Socket, limit: number | undefined, work: Promise<T>): Promise<T> {
  if (limit === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      socket.destroy();
      reject(new AssuanSilent());
    }, limit);
  });
  return Promise.race([work, silence]).finally(() => clearTimeout(timer));
}

async function reply(
  nextLine: () => Promise<Buffer>,
  inquire: (words: readonly string[]) => void,
): Promise<AssuanReply> {
  const data: Buffer[] = [];
  const status: string[] = [];
  for (;;) {
    const line = await nextLine();
    const [keyword = '', ...words] = line.toString('latin1').split(' ');
    if (keyword === 'OK') return { data: Buffer.concat(data), status };
    if (keyword === 'ERR') throw new AssuanError(Number(words[0]));
    if (keyword === 'D') data.push(percentDecode(line.subarray(2)));
    if (keyword === 'S') status.push(words.join(' '));
    if (keyword === 'INQUIRE') inquire(words);
  }
}

function answer(octets: Uint8Array | undefined): Buffer {
  if (octets === undefined) return Buffer.from('CAN\n');
  // Where no data is expected, an empty data line is not sent either.
  if (octets.length === 0) return Buffer.from('END\n');
  const escaped = [...octets].map(escapeOctet);
  const lines: string[] = ['D '];
  for (const piece of escaped) {
    const last = lines.at(-1) ?? '';
    if (last.length + piece.length < LINE_LIMIT) lines[lines.length - 1] = last + piece;
    else lines.push(`D ${piece}`);
  }
  return Buffer.from(`${lines.join('\n')}\nEND\n`, 'latin1');
}

function escapeOctet(octet: number): string {
  const special = octet === 0x25 || octet === 0x0a || octet === 0x0d;
  return special ? `%${octet.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(octet);
}

function percentDecode(octets: Buffer): Buffer {
  const text = octets.toString('latin1');
  return Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

function lineReader(socket: Socket): () => Promise<Buffer> {
  let pending = Buffer.alloc(0);
  let failure: Error | undefined;
  let wake: () => void = () => undefined;
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    wake();
  });
  socket.on('error', (error) => (failure ??= error));
  socket.on('close', () => {
    failure ??= new AssuanClosed('gpg-agent closed the connection');
    wake();
  });
  return async () => {
    for (;;) {
      const end = pending.indexOf(0x0a);
      if (end !== -1) {
        const line = pending.subarray(0, end);
        pending = pending.subarray(end + 1);
        return line;
      }
      if (failure) throw failure;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
}
