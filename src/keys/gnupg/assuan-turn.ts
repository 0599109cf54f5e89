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
  /** How long to wait for the reply, in milliseconds; without it, for ever. */
  readonly limit?: number | undefined;
  /** Called at once when the command succeeded, before any other is sent. */
  readonly onDone?: () => void;
}

/** A turn of one side: some commands, and the replies to them. */
export interface Turn {
  /** Takes a line of the other side, without its end. */
  receive(line: Buffer): void;
  /** Waits no longer. */
  stop(): void;
}

/** What a turn reports. */
export interface TurnEvents {
  /** A question of the other side was answered: it works now. */
  readonly answered: () => void;
  /** The last command succeeded, or one failed. */
  readonly ended: (result: AssuanReply | { readonly error: AssuanError }) => void;
  /** The other side did not reply in time. */
  readonly silent: () => void;
}

/** Sends commands, each after the reply to the one before. */
export function startTurn(
  write: (text: string | Buffer) => void,
  commands: readonly Command[],
  events: TurnEvents,
): Turn {
  const left = [...commands];
  let data: Buffer[] = [];
  let status: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    const [command] = left;
    [data, status] = [[], []];
    if (command?.limit !== undefined) timer = setTimeout(events.silent, command.limit);
    if (command?.line !== undefined) write(`${command.line}\n`);
  };
  const succeed = () => {
    left.shift()?.onDone?.();
    if (left.length > 0) send();
    else events.ended({ data: data.length === 1 && data[0] ? data[0] : Buffer.concat(data), status });
  };
  send();
  return {
    receive: (line) => {
      const [keyword, ...words] = line.toString('latin1').split(' ');
      if (keyword === 'D') data.push(percentDecode(line.subarray(2)));
      else if (keyword === 'S') status.push(words.join(' '));
      else if (keyword === 'INQUIRE') {
        write(answerLines(answerTo(words, left[0]?.answers ?? {})));
        events.answered();
      } else if (keyword === 'OK' || keyword === 'ERR') {
        clearTimeout(timer);
        if (keyword === 'OK') succeed();
        else events.ended({ error: new AssuanError(Number(words[0])) });
      }
    },
    stop: () => clearTimeout(timer),
  };
}

function answerTo([keyword = '', ...words]: readonly string[], answers: Answers): Uint8Array | undefined {
  const given = Object.hasOwn(answers, keyword) ? answers[keyword] : undefined;
  return typeof given === 'function' ? given(words) : given;
}
