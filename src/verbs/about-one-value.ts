import { hasCode, type ErrorCode, type EyamlError } from '../errors.js';

/** Codes that speak of one value alone; any other failure would befall the next value just as well. */
const OF_ONE_VALUE: readonly ErrorCode[] = [
  'NO_SECRET_KEY',
  'MESSAGE_INVALID',
  'MESSAGE_TOO_LARGE',
  'UNEXPECTED',
  'METHOD_UNAVAILABLE',
  // Who has no private key of one method may well read the values of another.
  'KEY_FILE_MISSING',
  'KEY_FILE_UNREADABLE',
  'PLUGIN_FAILED',
];

/** Whether an error speaks of one value, so that other values may still be read. */
export function isAboutOneValue(error: EyamlError): boolean {
  return hasCode(error, ...OF_ONE_VALUE);
}
