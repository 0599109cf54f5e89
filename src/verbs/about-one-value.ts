import { hasCode, type ErrorCode, type EyamlError } from '../errors.js';

/** Codes of errors that concern one value; any other error would happen at the next value too. */
const OF_ONE_VALUE: readonly ErrorCode[] = [
  'NO_SECRET_KEY',
  'MESSAGE_INVALID',
  'MESSAGE_TOO_LARGE',
  'UNEXPECTED',
  'METHOD_UNAVAILABLE',
  // Without the private key of one method, values of other methods can still be read.
  'KEY_FILE_MISSING',
  'KEY_FILE_UNREADABLE',
  'PLUGIN_FAILED',
];

/** Whether an error concerns one value, so that other values may still be readable. */
export function isAboutOneValue(error: EyamlError): boolean {
  return hasCode(error, ...OF_ONE_VALUE);
}
