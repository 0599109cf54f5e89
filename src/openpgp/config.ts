import type { PartialConfig } from 'openpgp';

/**
 * How openpgp.js reads keys and messages. Which keys may be used is decided elsewhere, by GnuPG or by `judgeKey`, so openpgp.js
 * does not reject old algorithms again. It decompresses nothing without a limit: a message that is compressed but not encrypted is not a
 * value.
 */
export const CONFIG: PartialConfig = {
  rejectHashAlgorithms: new Set(),
  rejectCurves: new Set(),
  minRSABits: 1024,
  allowMissingKeyFlags: true,
  maxDecompressedMessageSize: 0,
};
