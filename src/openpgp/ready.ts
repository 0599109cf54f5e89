import { createHash } from 'node:crypto';
import { readyAgreement } from './key-agreement.js';

let isReady = false;

/**
 * Has Node.js load what fingerprints and key agreements need. That takes some milliseconds when it is first used, which are saved when
 * they pass while the process waits for something else.
 */
export function readyCrypto(): void {
  if (isReady) return;
  isReady = true;
  createHash('sha1');
  readyAgreement();
}
