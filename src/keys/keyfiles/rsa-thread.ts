import type { KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { RsaAnswer, RsaTask } from './rsa-worker.js';

/** One bare RSA operation, and who waits for it. */
export interface PendingBlock {
  readonly key: KeyObject;
  readonly block: Buffer;
  readonly resolve: (result: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

/** A second thread that works on blocks. It keeps the process alive only while it has some. */
export interface RsaThread {
  readonly start: () => void;
  /** Whether it runs and takes another block. */
  readonly isFree: () => boolean;
  readonly give: (pending: PendingBlock) => void;
  /** The blocks that it will not answer any more, because it failed or was ended; each once. */
  readonly takeBack: () => readonly PendingBlock[];
  /** Whether it failed: threads are not to be had here. */
  readonly isBroken: () => boolean;
  /** Ends it. It may be started again. */
  readonly end: () => void;
}

// So that it never waits for the first thread, which is busy with an operation of its own.
const IN_FLIGHT = 3;

/**
 * Makes an {@link RsaThread}.
 *
 * @param file - what the thread runs.
 * @param onChange - called after each answer, and when the thread fails.
 */
export function createRsaThread(file: URL, onChange: () => void): RsaThread {
  const away = new Map<number, PendingBlock>();
  const lost: PendingBlock[] = [];
  let next = 0;
  let worker: Worker | undefined;
  let isBroken = false;

  function giveUp(): void {
    worker = undefined;
    lost.push(...away.values());
    away.clear();
  }

  function hear({ id, result }: RsaAnswer): void {
    const pending = away.get(id);
    away.delete(id);
    if (away.size === 0) worker?.unref();
    if (result) pending?.resolve(Buffer.from(result));
    else pending?.reject(new RangeError('the block does not fit the key'));
    onChange();
  }

  return {
    start: () => {
      if (worker) return;
      worker = new Worker(file);
      worker.on('message', hear);
      worker.on('error', () => {
        isBroken = true;
        giveUp();
        onChange();
      });
    },
    isFree: () => worker !== undefined && away.size < IN_FLIGHT,
    give: (pending) => {
      away.set((next += 1), pending);
      worker?.ref();
      worker?.postMessage({ id: next, key: pending.key, block: pending.block } satisfies RsaTask);
    },
    takeBack: () => lost.splice(0),
    isBroken: () => isBroken,
    end: () => {
      void worker?.terminate();
      giveUp();
    },
  };
}
