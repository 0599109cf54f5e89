import type { RecipientList } from '../recipients/file.js';
import {
  findRecipients,
  governing,
  readGoverning,
  recipientsIn,
  type Governing,
  type RecipientOptions,
} from '../recipients/source.js';

/** Who may read the values in files, and what says so. Every function may throw `EyamlError` about files that cannot be used. */
export interface Recipients {
  /** What decides about a file, which need not exist; undefined if nothing does. */
  readonly governing: (target: string) => Promise<Governing | undefined>;
  /** The same without options: what stands in folders. */
  readonly governingInTree: (target: string) => Promise<Governing | undefined>;
  /** The recipients of a file. */
  readonly listFor: (target: string) => Promise<RecipientList | undefined>;
  /** The recipients that something names, to be read with the public keys near a target. */
  readonly listOf: (found: Governing, target: string) => Promise<RecipientList>;
  /** The recipients in a recipients file. */
  readonly listIn: (file: string) => Promise<RecipientList>;
}

/** Makes {@link Recipients}. */
export function createRecipients(options: RecipientOptions): Recipients {
  const inTree = { ...options, recipients: undefined, recipientsFile: undefined };
  return {
    governing: (target) => governing(target, options),
    governingInTree: (target) => governing(target, inTree),
    listFor: (target) => findRecipients(target, options),
    listOf: (found, target) => readGoverning(found, target, options),
    listIn: (file) => recipientsIn(file, options),
  };
}
