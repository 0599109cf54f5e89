import { constants, privateDecrypt, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { createRsaThread, type PendingBlock } from './rsa-thread.js';
import { RSA_WORKER } from './rsa-worker-file.js';

/** Does the arithmetic of RSA secret keys, on a second core too when there is much of it. */
export interface RsaEngine {
  /** The bare RSA operation, without unpadding. Throws or rejects with a foreign error when the block does not fit the key. */
  readonly decrypt: (key: KeyObject, block: Buffer) => Buffer | Promise<Buffer>;
  /** Ends the second thread. The engine may be used again. */
  readonly close: () => void;
}

/** How an {@link RsaEngine} shares its work. */
export interface RsaEngineOptions {
  /** How many cores there are. */
  readonly cores?: number;
  /** From how much arithmetic on a second thread is started, in milliseconds. */
  readonly worthIt?: number;
  /** What the second thread runs. */
  readonly worker?: URL;
}

// Who has waited so long waits for more, and a thread that takes 50 milliseconds to start is soon paid for.
const WORTH_IT = 250;

/** Makes an {@link RsaEngine}. */
export function createRsaEngine({
  cores = availableParallelism(),
  worthIt = WORTH_IT,
  worker = RSA_WORKER,
}: RsaEngineOptions = {}): RsaEngine {
  const waiting: PendingBlock[] = [];
  const second = createRsaThread(worker, () => pump());
  let spent = 0;
  let isScheduled = false;

  function here(key: KeyObject, block: Buffer): Buffer {
    const start = performance.now();
    try {
      return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);
    } finally {
      spent += performance.now() - start;
    }
  }

  function doHere(pending: PendingBlock | undefined): void {
    try {
      pending?.resolve(here(pending.key, pending.block));
    } catch (error) {
      pending?.reject(error);
    }
  }

  // One operation here for each turn of the event loop, so that the second thread's answers are heard and it gets its next ones.
  function pump(): void {
    second.takeBack().forEach(doHere);
    for (let block; second.isFree() && (block = waiting.shift());) second.give(block);
    if (waiting.length === 0 || isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      doHere(waiting.shift());
      pump();
    });
  }

  return {
    decrypt: (key, block) => {
      if (cores < 2 || spent < worthIt || second.isBroken()) return here(key, block);
      second.start();
      return new Promise((resolve, reject) => {
        waiting.push({ key, block, resolve, reject });
        pump();
      });
    },
    close: () => {
      second.end();
      pump();
    },
  };
}
