import type { RecipientList } from '../recipients/file.js';
import type { Governing, RecipientsSearch } from '../recipients/source.js';

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

/** Makes {@link Recipients} of a search for files, and one that leaves the options aside. */
export function createRecipients(search: RecipientsSearch, inTree: RecipientsSearch): Recipients {
  const { governing, recipientsFor, recipientsOf, recipientsIn } = search;
  const { governing: governingInTree } = inTree;
  return { governing, governingInTree, listFor: recipientsFor, listOf: recipientsOf, listIn: recipientsIn };
}
