import { connect, type Socket } from 'node:net';
import { startTurn, type Answers, type AssuanReply, type Command, type Turn, type TurnEvents } from './assuan-turn.js';

const NEWLINE = 0x0a;

// How many turns the other side has before it, so that it has work while a reply is on its way.
const MOST_SENT = 4;

/** The other side ended the connection, or the connection broke. */
export class AssuanClosed extends Error {}

/** The other side took what was sent early for something else; the connection was given up. */
export class AssuanLost extends AssuanClosed {}

/** The other side accepted the connection but did not answer in time. */
export class AssuanSilent extends Error {}

/** A connection that speaks the Assuan protocol. */
export interface Assuan {
  /**
   * Sends commands, one after the other; after an error the rest is not sent. Others wait until all of them are done.
   *
   * @param commands - is called when their turn comes.
   * @returns the reply to the last command.
   * @throws {@link AssuanError} for an `ERR`, {@link AssuanClosed}, {@link AssuanSilent}; after the last two the connection is gone.
   */
  inTurn(commands: () => readonly Command[]): Promise<AssuanReply>;
  /** Sends one command, as {@link inTurn}. */
  command(line: string, answers?: Answers, limit?: number): Promise<AssuanReply>;
  close(): void;
}

/**
 * Connects to a socket that speaks Assuan (the libassuan manual, "Assuan protocol"). An idle connection does not keep the process
 * alive.
 *
 * @param limit - how long to wait for the greeting, in milliseconds.
 * @throws the error of the failed connection, {@link AssuanError} for a refusal, {@link AssuanSilent}.
 */
export async function connectAssuan(socketPath: string, limit?: number): Promise<Assuan> {
  const socket = connect(socketPath);
  let failure: Error | undefined;
  socket.on('error', (error) => (failure ??= error));
  const inTurn = createTurns(socket);
  try {
    await inTurn(() => [{ line: undefined, limit }]);
  } catch (error) {
    socket.destroy();
    throw error instanceof AssuanClosed ? (failure ?? error) : error;
  }
  return {
    inTurn,
    command: (line, answers = {}, limit) => inTurn(() => [{ line, answers, limit }]),
    close: () => socket.destroy(),
  };
}

interface Waiting {
  readonly commands: () => readonly Command[];
  readonly resolve: (reply: AssuanReply) => void;
  readonly reject: (error: Error) => void;
}

interface Sent {
  readonly whose: Waiting;
  readonly turn: Turn;
}

/**
 * Sends turns, and gives each its replies. The other side does one thing at a time; while that is sure to ask nothing, the next is sent, so
 * that it never waits for this process. If it asks after all, it takes what was sent for the answer: then the connection is given up.
 */
function createTurns(socket: Socket): Assuan['inTurn'] {
  const waiting: Waiting[] = [];
  const sent: Sent[] = [];
  let ready: readonly Command[] | undefined;
  let mayBeFollowed = false;
  let isOver = false;
  const end = (error: Error, ofOthers = closed()) => {
    isOver = true;
    socket.destroy();
    const [current, ...others] = sent.splice(0);
    for (const { turn } of current ? [current, ...others] : []) turn.stop();
    current?.whose.reject(error);
    for (const { reject } of [...others.map(({ whose }) => whose), ...waiting.splice(0)]) reject(ofOthers);
  };
  const lost = () => {
    const error = new AssuanLost('gpg-agent asked something unexpected');
    end(error, error);
  };
  const send = (whose: Waiting, commands: readonly Command[]) => {
    const write = (octets: Buffer) => {
      const isAnswer = sent[0]?.whose === whose;
      // A person may be asked now: the other side must get nothing else until it has replied.
      if (isAnswer) mayBeFollowed = false;
      if (isAnswer && sent.length > 1) lost();
      else socket.write(octets);
    };
    const turn = startTurn(write, commands, events);
    sent.push({ whose, turn });
    if (sent.length === 1) turn.begin();
  };
  const begin = () => {
    for (let [next] = waiting; next; [next] = waiting) {
      if (sent.length > 0 && !(mayBeFollowed && sent.length < MOST_SENT)) break;
      // What is sent now changes no setting, so they stay the same until they are sent.
      ready ??= next.commands();
      const isSure = ready.length === 1 && ready[0]?.isSure === true;
      if (sent.length > 0 && !isSure) break;
      waiting.shift();
      send(next, ready);
      ready = undefined;
      mayBeFollowed = isSure;
    }
    if (sent.length === 0) socket.unref();
    else socket.ref();
  };
  const events: TurnEvents = {
    ended: (result) => {
      const whose = sent.shift()?.whose;
      sent[0]?.turn.begin();
      // Before the result is worked on, so that the other side works meanwhile.
      begin();
      if ('error' in result) whose?.reject(result.error);
      else whose?.resolve(result);
    },
    silent: () => end(new AssuanSilent()),
    lost,
  };
  onLines(socket, (line) => sent[0]?.turn.receive(line));
  socket.on('close', () => end(closed()));
  return (commands) =>
    new Promise((resolve, reject) => {
      if (isOver) throw closed();
      waiting.push({ commands, resolve, reject });
      begin();
    });
}

function closed(): AssuanClosed {
  return new AssuanClosed('gpg-agent closed the connection');
}

function onLines(socket: Socket, receive: (line: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (let end = pending.indexOf(NEWLINE); end !== -1; end = pending.indexOf(NEWLINE)) {
      const line = pending.subarray(0, end);
      pending = pending.subarray(end + 1);
      receive(line);
    }
  });
}
