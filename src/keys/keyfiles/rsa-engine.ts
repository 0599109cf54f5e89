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
  const tasks = new Map<number, Task>();
  let spent = 0;
  let next = 0;
  let helper: Worker | undefined;
  let isBroken = cores < 2;

  function here(key: KeyObject, block: Buffer): Buffer {
    const start = performance.now();
    try {
      return privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block);
    } finally {
      spent += performance.now() - start;
    }
  }

  function start(): Worker {
    const worker = new Worker(HELPER, { eval: true });
    worker.unref();
    worker.on('message', ({ id, result }: { id: number; result?: Uint8Array }) => {
      const task = tasks.get(id);
      tasks.delete(id);
      if (result) task?.resolve(Buffer.from(result));
      else task?.reject(new RangeError('the block does not fit the key'));
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
    for (const { key, block, resolve, reject } of tasks.values()) {
      try {
        resolve(here(key, block));
      } catch (error) {
        reject(error);
      }
    }
    tasks.clear();
  }

  return {
    decrypt: (key, block) => {
      if (isBroken || spent < worthIt) return here(key, block);
      helper ??= start();
      if (tasks.size >= IN_FLIGHT) return here(key, block);
      const worker = helper;
      return new Promise((resolve, reject) => {
        const id = (next += 1);
        tasks.set(id, { key, block, resolve, reject });
        worker.ref();
        worker.postMessage({ id, key, block });
      }).finally(() => tasks.size === 0 && worker.unref()) as Promise<Buffer>;
    },
    close: () => {
      void helper?.terminate();
      takeBack();
    },
  };
}
