/**
 * hiera-eyaml-gpg as a library: read and write `ENC[GPG,…]` and `ENC[PKCS7,…]` values, find out who they are for, encrypt, decrypt and edit them.
 *
 * Start with {@link readConfiguration} and {@link resolveConfig}, hand the result to {@link createContext}, and the context to a verb.
 *
 * @packageDocumentation
 */
export {
  asEyamlError,
  EyamlError,
  ERROR_CODES,
  errnoOf,
  hasCode,
  RULES,
  type ErrorCode,
  type ErrorDetails,
  type Place,
  type Problem,
  type Rule,
} from './errors.js';
export {
  expandTilde,
  readConfiguration,
  type Configuration,
  type Setting,
  type Settings,
  type Environment,
} from './config/configuration.js';
export {
  resolveConfig,
  type Config,
  type GivenOptions,
  type KeyfilesConfig,
  type Pkcs7Config,
} from './config/config.js';
export { createContext, requireEncryptor, type Context, type ContextOptions } from './context/context.js';
export type {
  Encryptor,
  Encryptors,
  Drift,
  Messages,
  Notify,
  Reader,
  ReaderId,
  Sealer,
} from './encryptors/encryptor.js';
export {
  createPluginEncryptor,
  loadPlugins,
  pluginOptionName,
  type Plugin,
  type PluginContext,
  type PluginOption,
} from './encryptors/plugins.js';
export type { LockedKey, PassphraseFor } from './keys/keyfiles/unlock.js';
export {
  createGpgKeys,
  createPkcs7Keys,
  putIntoGnupg,
  requireGnupg,
  type CreatedGpgKeys,
  type CreatedKeys,
  type GpgKeysOptions,
  type Pkcs7KeysOptions,
} from './verbs/createkeys.js';
export type { NewKeyType } from './openpgp/generate.js';
export { type KeyFilesHost } from './verbs/key-files.js';
export { findKeys, initFolder, listKeys, type InitOutcome, type ListedKey } from './verbs/init.js';
export { encryptMarkers, encryptValue, formatValue, type OutputForm } from './verbs/encrypt.js';
export {
  decryptText,
  decryptToMarkers,
  pastedText,
  openValues,
  createOpener,
  type Opened,
  type Opener,
} from './verbs/decrypt.js';
export {
  planValues,
  type LeftAlone,
  type PlannedFile,
  type PlannedValue,
  type RecryptOptions,
} from './verbs/recrypt/plan-file.js';
export { planRecrypt, type RecryptPlan } from './verbs/recrypt/plan.js';
export {
  applyRecrypt,
  outcomeOf,
  secretsToRotate,
  type FileDone,
  type RecryptOutcome,
  type RecryptProgress,
  type SecretToRotate,
} from './verbs/recrypt/apply.js';
export { findFiles, type FoundFiles, type TreeOptions } from './files/find.js';
export { findFollowers, findRecipientsFiles } from './recipients/find.js';
export { check, type CheckedFile, type CheckOptions, type CheckResult } from './verbs/check/check.js';
export type { Finding } from './verbs/check/findings.js';
export { edit, type EditOutcome } from './verbs/edit/edit.js';
export type { EditHost, EditOptions } from './verbs/edit/session.js';
export type { NewReader, OnNewReaders } from './verbs/new-readers.js';
export { scan } from './eyaml/scan.js';
export { render, renderValue } from './eyaml/render.js';
export {
  isValue,
  type Layout,
  type SuspectToken,
  type TextToken,
  type Token,
  type ValueToken,
  type Wrapping,
} from './eyaml/token.js';
export { LIMITS, readLimited } from './files/read.js';
export { readOctets, textOf } from './files/snapshot.js';
export { endPinentry } from './keys/gnupg/pinentry.js';
export { abridged } from './text/abridged.js';
export { shownArgument } from './files/shown.js';
export { groupBy } from './text/group-by.js';
export { detailLines, placeText } from './text/problems.js';
export { removeLeftovers } from './files/cleanup.js';
export { printable, printableJson } from './text/printable.js';
export { openGit, type Git } from './git/git.js';
export { environmentForPrograms, findProgram, isProgram } from './files/program.js';
export {
  findRecipients,
  RECIPIENTS_ON_DISK,
  type RecipientOptions,
  type RecipientOrigins,
  type RecipientsTree,
} from './recipients/source.js';
export { givenPassphrase } from './context/keystores.js';
export { nearestKeysFolder, nearestRecipientsFile } from './recipients/nearest.js';
export {
  RECIPIENTS_FILE,
  isRecipientsFile,
  parseRecipientsFile,
  type RecipientList,
  type SourcedSpec,
} from './recipients/file.js';
