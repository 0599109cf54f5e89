import type { Methods } from '../../context/methods.js';
import type { Reader, ReaderId } from '../../encryptors/encryptor.js';
import { EyamlError } from '../../errors.js';
import { idOf, type ValueToken } from '../../eyaml/token.js';
import { groupBy } from '../../text/group-by.js';
import { valuesOf, type Slot } from './version.js';

/** A reader of a value, as far as the key is known. */
export interface KnownReader extends Partial<Pick<Reader, 'fingerprint' | 'userId'>> {
  readonly id: ReaderId;
}

/** Who can read a value that could not before, and the other way round. */
export interface ReaderChange {
  readonly added: readonly KnownReader[];
  readonly removed: readonly KnownReader[];
}

/** Makes the comparison of the readers of values. Their keys are looked up together. A value that does not name its readers has none. */
export async function createReadersOf(
  values: readonly ValueToken[],
  { encryptors }: Methods,
  file: string,
): Promise<(before: Slot, after: Slot) => ReaderChange> {
  const known = new Map<string, readonly KnownReader[]>();
  for (const [tag, group] of groupBy(values, ({ tag }) => tag)) {
    const encryptor = encryptors.get(tag);
    if (encryptor?.readersIn === undefined) continue;
    const distinct = new Map(group.map((value) => [idOf(value), value.payload]));
    const named = new Map<string, readonly ReaderId[]>();
    for (const [id, payload] of distinct) {
      named.set(id, await encryptor.readersIn(Buffer.from(payload, 'base64')).catch(unlessBug));
    }
    const owners = await encryptor.whoReads([...new Set([...named.values()].flat())], file).catch(unlessBug);
    const ofId = new Map(owners);
    for (const [id, readers] of named)
      known.set(
        id,
        readers.map((reader) => readerOf(reader, ofId.get(reader))),
      );
  }
  const readersOf = (slot: Slot) => {
    const all = valuesOf(slot).flatMap((value) => known.get(idOf(value)) ?? []);
    // A key and its subkeys are one reader.
    return new Map(all.map((reader) => [reader.fingerprint ?? reader.id, reader]));
  };
  return (before, after) => {
    const [old, now] = [readersOf(before), readersOf(after)];
    const without = (some: typeof old, others: typeof old) =>
      [...some].flatMap(([name, reader]) => (others.has(name) ? [] : [reader]));
    return { added: without(now, old), removed: without(old, now) };
  };
}

function readerOf(id: ReaderId, reader: Reader | undefined): KnownReader {
  return { id, ...(reader && { fingerprint: reader.fingerprint, userId: reader.userId }) };
}

// A value that is damaged, or keys that cannot be looked up, are no reason to say nothing about the others.
function unlessBug(error: unknown): readonly never[] {
  if (error instanceof EyamlError) return [];
  throw error;
}
