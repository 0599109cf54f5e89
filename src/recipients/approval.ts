import type { Recipient } from './match.js';
import type { Governing } from './source.js';

/** Recipients that values in a file are to be encrypted for, before anything is encrypted. */
export interface ApprovalRequest {
  /** What decides about the file. */
  readonly found: Governing;
  readonly recipients: readonly Recipient[];
  /** The file, which need not exist. */
  readonly target: string;
}

/**
 * Decides whether values may be encrypted for the recipients of files; all files of a run in one call, so that a person is asked once.
 * Returns when all of it is approved.
 *
 * @throws `EyamlError` if anything is not.
 */
export type Approve = (requests: readonly ApprovalRequest[]) => Promise<void>;
