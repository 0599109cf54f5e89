import { constants, privateDecrypt, type KeyObject } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Does the arithmetic of RSA secret keys, with a second core for large amounts. */
export interface RsaEngine {
  /** The bare RSA operation, without unpadding. Throws or rejects with a third-party error when the block does not fit the key. */
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

// In milliseconds of arithmetic: after this much, more is likely to follow, and a thread that takes 50 to start pays off.
const WORTH_IT = 250;
// So that the second thread never waits for this one, which is busy itself.
const IN_FLIGHT = 3;

// The key is passed as a handle; its numbers are not copied into messages.
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

  // One operation per turn of the event loop, so that the second thread's answers are received and it gets more work.
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
    // Without threads everything is done here.
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
