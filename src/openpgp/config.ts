import { enums, type PartialConfig } from 'openpgp';

/**
 * How openpgp.js reads keys and messages. Which keys may be used is decided elsewhere, by GnuPG or by `judgeKey`, so it does not judge
 * algorithms' ages again. What it handles slowly or badly (DSA, ElGamal) stays refused for encryption. What it writes, every GnuPG
 * since 2.0 reads: no AEAD, no compression. It decompresses nothing unless it is told how much that may come to: a message that is
 * compressed and not encrypted is no value.
 */
export const CONFIG: PartialConfig = {
  rejectHashAlgorithms: new Set(),
  rejectCurves: new Set(),
  minRSABits: 1024,
  allowMissingKeyFlags: true,
  aeadProtect: false,
  preferredCompressionAlgorithm: enums.compression.uncompressed,
  maxDecompressedMessageSize: 0,
};
