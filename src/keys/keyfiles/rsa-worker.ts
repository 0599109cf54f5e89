import { constants, privateDecrypt, type KeyObject } from 'node:crypto';
import { parentPort } from 'node:worker_threads';

/** A block for the second thread. The key goes over as a handle; its numbers are not copied into messages. */
export interface RsaTask {
  readonly id: number;
  readonly key: KeyObject;
  readonly block: Uint8Array;
}

/** What became of a task; no result where the block does not fit the key. */
export interface RsaAnswer {
  readonly id: number;
  readonly result?: Uint8Array;
}

const answer = (message: RsaAnswer) => parentPort?.postMessage(message);

parentPort?.on('message', ({ id, key, block }: RsaTask) => {
  try {
    answer({ id, result: privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, block) });
  } catch {
    answer({ id });
  }
});
