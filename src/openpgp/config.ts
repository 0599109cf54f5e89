import { enums, type PartialConfig } from 'openpgp';

/**
 * How openpgp.js reads keys and messages. Which keys may be used is decided elsewhere, by GnuPG or by `judgeKey`, so openpgp.js
 * does not reject old algorithms again. Algorithms that it handles slowly or badly (DSA, ElGamal) stay refused for encryption. It writes
 * messages that every GnuPG since 2.0 reads: no AEAD, no compression. It decompresses nothing without a limit: a message that is
 * compressed but not encrypted is not a value.
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
