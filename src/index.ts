/**
 * hiera-eyaml-gpg as a library: reads and writes `ENC[GPG,…]` and `ENC[PKCS7,…]` values. docs/library.md has an example.
 *
 * Open a context with {@link openContext}; most functions take it. Functions that fail throw {@link EyamlError}.
 *
 * @packageDocumentation
 */
export { openContext, type OpenOptions } from './context/open.js';
export type { Context } from './context/context.js';
export { createEyamlText, type EyamlText } from './eyaml/text.js';
export { openEyamlFile, type EyamlFile } from './eyaml/file.js';
export type { ValueToken } from './eyaml/token.js';
export { formatKeyPath, parseKeyPath } from './eyaml/key-path.js';
export { decryptText, decryptToMarkers } from './verbs/decrypt.js';
export { encryptMarkers, encryptText } from './verbs/encrypt.js';
export { findFiles } from './files/find.js';
export { planRecrypt, type RecryptPlan } from './verbs/recrypt/plan.js';
export { applyRecrypt } from './verbs/recrypt/apply.js';
export { check, type CheckResult } from './verbs/check/check.js';
export type { Finding } from './verbs/check/findings.js';
export { EyamlError, hasCode, type ErrorCode, type Problem } from './errors.js';
