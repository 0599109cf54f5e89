import { answerLines, percentDecode } from './assuan-octets.js';

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

/** The reply to a command: its `D` lines joined, and its `S` lines without the `S `. */
export interface AssuanReply {
  readonly data: Buffer;
  readonly status: readonly string[];
}

/** The answer to each `INQUIRE`, or a function that makes it from the words after the keyword. */
export type Answers = Readonly<Record<string, Uint8Array | ((words: readonly string[]) => Uint8Array)>>;

/** A command to send. */
export interface Command {
  /** Undefined for none: the greeting is a reply without a command. */
  readonly line: string | undefined;
  readonly answers?: Answers;
  /** What the other side asks first, as far as is known: that answer is sent with the command, and nobody waits for the question. */
  readonly asksFirst?: string | undefined;
  /** Whether nothing else is asked, as far as is known: the next command may then be sent before the reply. */
  readonly isSure?: boolean | undefined;
  /** How long to wait for the reply, in milliseconds; without it, for ever. */
  readonly limit?: number | undefined;
  /** Called when the other side begins with it. */
  readonly onBegin?: () => void;
  /** Called at once when the command succeeded, before any other is sent. */
  readonly onDone?: () => void;
}

/** A turn of one side: some commands, and the replies to them. */
export interface Turn {
  /** Takes note that the other side has replied to all that was sent before. */
  begin(): void;
  /** Takes a line of the other side, without its end. */
  receive(line: Buffer): void;
  /** Waits no longer. */
  stop(): void;
}

/** What a turn reports. */
export interface TurnEvents {
  /** The last command succeeded, or one failed. */
  readonly ended: (result: AssuanReply | { readonly error: AssuanError }) => void;
  /** The other side did not reply in time. */
  readonly silent: () => void;
  /** The other side took something that was sent early for something else. */
  readonly lost: () => void;
}

/** Sends commands: each with the one before if that is sure, else after the reply to it. */
export function startTurn(write: (octets: Buffer) => void, commands: readonly Command[], events: TurnEvents): Turn {
  const unsent = [...commands];
  const sent: Command[] = [];
  let early: string | undefined;
  let data: Buffer[] = [];
  let status: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    [data, status, early] = [[], [], sent[0]?.asksFirst];
    sent[0]?.onBegin?.();
    if (sent[0]?.limit !== undefined) timer = setTimeout(events.silent, sent[0].limit);
  };
  const send = () => {
    const last = unsent.findIndex(({ isSure }) => !isSure);
    sent.push(...unsent.splice(0, last === -1 ? unsent.length : last + 1));
    write(Buffer.concat(sent.map(octetsOf)));
  };
  const succeed = () => {
    sent.shift()?.onDone?.();
    if (sent.length === 0 && unsent.length > 0) send();
    if (sent.length > 0) begin();
    else events.ended({ data: data.length === 1 && data[0] ? data[0] : Buffer.concat(data), status });
  };
  const inquire = (words: readonly string[]) => {
    if (words[0] === early) early = undefined;
    else if (sent.length > 1) events.lost();
    else write(answerLines(answerTo(words, sent[0]?.answers)));
  };
  const finish = (keyword: 'OK' | 'ERR', code: number) => {
    clearTimeout(timer);
    if (early !== undefined || (keyword === 'ERR' && sent.length > 1)) events.lost();
    else if (keyword === 'OK') succeed();
    else events.ended({ error: new AssuanError(code) });
  };
  send();
  return {
    begin,
    receive: (line) => {
      const [keyword, ...words] = line.toString('latin1').split(' ');
      if (keyword === 'D') data.push(percentDecode(line.subarray(2)));
      else if (keyword === 'S') status.push(words.join(' '));
      else if (keyword === 'INQUIRE') inquire(words);
      else if (keyword === 'OK' || keyword === 'ERR') finish(keyword, Number(words[0]));
    },
    stop: () => clearTimeout(timer),
  };
}

function octetsOf({ line, answers, asksFirst }: Command): Buffer {
  if (line === undefined) return Buffer.alloc(0);
  const octets = Buffer.from(`${line}\n`);
  return asksFirst === undefined ? octets : Buffer.concat([octets, answerLines(answerTo([asksFirst], answers))]);
}

function answerTo([keyword = '', ...words]: readonly string[], answers: Answers = {}): Uint8Array | undefined {
  const given = Object.hasOwn(answers, keyword) ? answers[keyword] : undefined;
  return typeof given === 'function' ? given(words) : given;
}
