import { constants, privateDecrypt, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Does the arithmetic of RSA secret keys, on a second core too when there is much of it. */
export interface RsaEngine {
  /** The bare RSA operation, without unpadding. Throws or rejects with a foreign error when the block does not fit the key. */
  readonly decrypt: (key: KeyObject, block: Buffer) => Buffer | Promise<Buffer>;
  /** Ends the second thread. The engine may be used again. */
  readonly close: () => void;
}

interface Task {
  readonly key: KeyObject;
  readonly block: Buffer;
  readonly resolve: (result: Buffer) => void;
  readonly reject: (error: unknown) => void;
}

// In milliseconds of arithmetic: who has waited so long waits for more, and a thread that takes 50 to start is soon paid for.
const WORTH_IT = 250;
// So that the second thread never waits for this one, which is busy with an operation of its own.
const IN_FLIGHT = 3;

// The key goes over as a handle; its numbers are not copied into messages.
const HELPER = `
  const { parentPort } = require('node:worker_threads');
  const { privateDecrypt, constants } = require('node:crypto');
  parentPort.on('message', ({ id, key, block }) => {
    try {
      parentPort.postMessage({ id, result: privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block) });
    } catch {
      parentPort.postMessage({ id });
    }
  });`;

/** Makes an {@link RsaEngine}. `cores` is how many there are. */
export function createRsaEngine(cores = availableParallelism(), worthIt = WORTH_IT): RsaEngine {
  const waiting: Task[] = [];
  const away = new Map<number, Task>();
  let spent = 0;
  let next = 0;
  let helper: Worker | undefined;
  let isBroken = cores < 2;
  let isScheduled = false;

  function here(key: KeyObject, block: Buffer): Buffer {
    const start = performance.now();
    try {
      return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);
    } finally {
      spent += performance.now() - start;
    }
  }

  function doHere(task: Task | undefined): void {
    try {
      task?.resolve(here(task.key, task.block));
    } catch (error) {
      task?.reject(error);
    }
  }

  // One operation here for each turn of the event loop, so that the helper's answers are heard and it gets its next ones.
  function pump(): void {
    for (let task; helper && away.size < IN_FLIGHT && (task = waiting.shift());) {
      away.set((next += 1), task);
      helper.ref();
      helper.postMessage({ id: next, key: task.key, block: task.block });
    }
    if (away.size === 0) helper?.unref();
    if (waiting.length === 0 || isScheduled) return;
    isScheduled = true;
    setImmediate(() => {
      isScheduled = false;
      doHere(waiting.shift());
      pump();
    });
  }

  function start(): Worker {
    const worker = new Worker(HELPER, { eval: true });
    worker.on('message', ({ id, result }: { id: number; result?: Uint8Array }) => {
      const task = away.get(id);
      away.delete(id);
      if (result) task?.resolve(Buffer.from(result));
      else task?.reject(new RangeError('the block does not fit the key'));
      pump();
    });
    // Where threads are not to be had, all is done here.
    worker.on('error', () => {
      isBroken = true;
      takeBack();
    });
    return worker;
  }

  function takeBack(): void {
    helper = undefined;
    const tasks = [...away.values()];
    away.clear();
    tasks.forEach(doHere);
    pump();
  }

  return {
    decrypt: (key, block) => {
      if (isBroken || spent < worthIt) return here(key, block);
      helper ??= start();
      return new Promise((resolve, reject) => {
        waiting.push({ key, block, resolve, reject });
        pump();
      });
    },
    close: () => {
      void helper?.terminate();
      takeBack();
    },
  };
}
