import { connect, type Socket } from 'node:net';
import { startTurn, type Answers, type AssuanReply, type Command, type Turn, type TurnEvents } from './assuan-turn.js';

const NEWLINE = 0x0a;

/** The other side ended the connection, or the connection broke. */
export class AssuanClosed extends Error {}

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

/**
 * The other side waits for the next command while this one computes, so nothing is computed between a reply and the next command: the
 * outcome of a turn is told when the other side works on the next one.
 */
function createTurns(socket: Socket): Assuan['inTurn'] {
  const waiting: Waiting[] = [];
  let current: { readonly whose: Waiting; readonly turn: Turn } | undefined;
  let outcome: (() => void) | undefined;
  let isOver = false;
  const tell = () => {
    outcome?.();
    outcome = undefined;
  };
  const begin = () => {
    const next = waiting.shift();
    if (next === undefined) {
      current = undefined;
      socket.unref();
      tell();
      return;
    }
    socket.ref();
    current = { whose: next, turn: startTurn((text) => socket.write(text), next.commands(), events) };
  };
  const end = (error: Error) => {
    isOver = true;
    socket.destroy();
    tell();
    current?.turn.stop();
    current?.whose.reject(error);
    current = undefined;
    for (const { reject } of waiting.splice(0)) reject(closed());
  };
  const events: TurnEvents = {
    answered: tell,
    ended: (result) => {
      tell();
      const whose = current?.whose;
      outcome = () => ('error' in result ? whose?.reject(result.error) : whose?.resolve(result));
      begin();
    },
    silent: () => end(new AssuanSilent()),
  };
  onLines(socket, (line) => current?.turn.receive(line));
  socket.on('close', () => end(closed()));
  return (commands) =>
    new Promise((resolve, reject) => {
      if (isOver) throw closed();
      waiting.push({ commands, resolve, reject });
      if (current === undefined) begin();
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
