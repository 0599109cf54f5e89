import { createComparison } from '../../../encryptors/drift.js';
import type { Drift } from '../../../encryptors/encryptor.js';
import { hasCode } from '../../../errors.js';
import type { EyamlText } from '../../../eyaml/text.js';
import { readHead } from '../../../openpgp/inspect.js';
import type { Listed } from '../show.js';

/** Where a value is. */
export interface ValuePlace {
  readonly file: string;
  readonly line: number;
  /** Undefined for a value without a key, such as one in a comment. */
  readonly keyPath: string | undefined;
}

/** The values of files with the same recipients. */
export interface Tally {
  /** Adds the values of a file. */
  readonly add: (file: string, eyaml: EyamlText) => Promise<void>;
  /** How many GPG values there are, damaged ones too. */
  readonly values: () => number;
  /** Those that have other readers than they should, by how these differ. Equal differences are often one object. */
  readonly differing: ReadonlyMap<Drift, readonly ValuePlace[]>;
  /** GPG values whose readers cannot be read. */
  readonly damaged: readonly ValuePlace[];
  /** How many values of other methods there are: they do not say who can read them. */
  readonly others: ReadonlyMap<string, number>;
}

/** Makes a {@link Tally}. Only the YAML of files with values that differ is parsed. */
export function createTally({ keys }: Pick<Listed, 'keys'>): Tally {
  const compare = createComparison(keys.map((publicKey) => ({ publicKey })));
  const differing = new Map<Drift, ValuePlace[]>();
  const damaged: ValuePlace[] = [];
  const others = new Map<string, number>();
  let values = 0;
  const driftOf = (payload: string) => {
    try {
      return compare(readHead(Buffer.from(payload, 'base64')));
    } catch (error) {
      if (hasCode(error, 'MESSAGE_INVALID')) return undefined;
      throw error;
    }
  };
  return {
    add: async (file, eyaml) => {
      for (const { tag, payload, offset, line } of eyaml.values) {
        if (tag !== 'GPG') {
          others.set(tag, (others.get(tag) ?? 0) + 1);
          continue;
        }
        values += 1;
        const drift = driftOf(payload);
        if (drift && !hasOtherReaders(drift)) continue;
        const place = { file, line, keyPath: (await eyaml.yaml()).keyPathAt(offset) };
        if (drift === undefined) damaged.push(place);
        else addTo(differing, drift, place);
      }
    },
    values: () => values,
    ...{ differing, damaged, others },
  };
}

function addTo<K, V>(groups: Map<K, V[]>, key: K, item: V): void {
  const group = groups.get(key);
  if (group) group.push(item);
  else groups.set(key, [item]);
}

/** Whether who can read a value is not who should, or cannot be told. An older subkey of a recipient is theirs. */
function hasOtherReaders({ missing, extra, repeated, mislabelled, hidden, password }: Drift): boolean {
  const readers = [missing, extra, repeated, mislabelled];
  return readers.some(({ length }) => length > 0) || hidden > 0 || password;
}
