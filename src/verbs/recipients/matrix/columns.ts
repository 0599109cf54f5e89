import { partsOf } from '../../../encryptors/drift.js';
import type { ReaderId } from '../../../encryptors/encryptor.js';
import { hasCode } from '../../../errors.js';
import type { Keystore, PublicKey } from '../../../keys/keystore.js';
import { nearestKeysFolder } from '../../../recipients/nearest.js';
import { groupBy } from '../../../text/group-by.js';
import type { Describer } from '../show.js';
import type { PersonsKey } from '../person.js';
import type { Row } from './rows.js';

/** A key that is in a list, or can read a value. */
export interface Column {
  /** Its fingerprint; the key ID if no key is known. */
  readonly id: string;
  readonly key: PersonsKey | undefined;
}

/** The keys of key IDs in values. */
export type Owners = ReadonlyMap<ReaderId, PublicKey>;

/** Finds the keys of readers who are not in the list: one search for each folder of public keys. */
export async function findOwners(rows: readonly Row[], keystore: Keystore): Promise<Owners> {
  const wanted: { readonly folder: string | undefined; readonly ids: readonly ReaderId[] }[] = [];
  for (const { tally } of rows) {
    const [first] = [...tally.differing.values()].flat();
    const ids = extraIn(tally);
    if (first && ids.length > 0) wanted.push({ folder: await keysFolderOf(first.file), ids });
  }
  const owners = new Map<ReaderId, PublicKey>();
  for (const [folder, group] of groupBy(wanted, ({ folder }) => folder)) {
    const ids = new Set(group.flatMap(({ ids }) => ids));
    const keys = await keystore.search(
      Array.from(ids, (hex) => ({ kind: 'hex', hex })),
      folder,
    );
    for (const key of keys) for (const { keyId } of partsOf(key)) if (ids.has(keyId)) owners.set(keyId, key);
  }
  return owners;
}

/** The keys of rows: first those in lists, then other readers, at last key IDs that no key is known for. */
export function columnsOf(rows: readonly Row[], owners: Owners, describe: Describer['key']): readonly Column[] {
  const listed = rows.flatMap(({ governed }) => governed.people.flatMap(({ key }) => key ?? []));
  const ids = new Set(rows.flatMap(({ tally }) => extraIn(tally)));
  const known = [...ids].flatMap((id) => owners.get(id) ?? []).map(describe);
  const keys = new Map<string, PersonsKey>([...known, ...listed].map((key) => [key.fingerprint, key]));
  const ordered = new Set([...listed, ...known].map(({ fingerprint }) => fingerprint));
  return [
    ...Array.from(ordered, (id) => ({ id, key: keys.get(id) })),
    ...[...ids].filter((id) => !owners.has(id)).map((id) => ({ id, key: undefined })),
  ];
}

function extraIn({ differing }: Row['tally']): readonly ReaderId[] {
  return [...new Set([...differing.keys()].flatMap(({ extra }) => extra))];
}

// A folder of keys that cannot be read must not hide the other owners; it is reported with the list.
async function keysFolderOf(file: string): Promise<string | undefined> {
  return nearestKeysFolder(file).catch((error: unknown) => {
    if (hasCode(error, 'KEY_FILE_UNREADABLE')) return undefined;
    throw error;
  });
}
