import type { Secret, Secrets } from './secrets.js';
import { isSame, type Contents, type Value } from './values.js';

/** Where values are: in the commit that is checked out, in the files on disk, or only in a branch. */
export type Where =
  { readonly kind: 'head' } | { readonly kind: 'work tree' } | { readonly kind: 'branch'; readonly name: string };

/** Values that stand at a key today. */
export interface Place {
  readonly secret: Secret;
  /** From the top folder. */
  readonly file: string;
  readonly key: string | null;
  readonly values: readonly Value[];
  readonly where: readonly Where[];
}

/** The places of values today. */
export interface Today {
  readonly add: (where: Where, file: string, contents: Contents | undefined) => void;
  readonly places: () => readonly Place[];
}

/** Collects the places of values. */
export function createToday(secrets: Secrets): Today {
  const places = new Map<Secret, (Place & { readonly where: Where[] })[]>();
  const addValues = (where: Where, file: string, key: string, values: readonly Value[]): void => {
    const secret = secrets.at(file, key);
    const here = places.get(secret) ?? [];
    places.set(secret, here);
    const known = here.find((place) => place.file === file && isSame(place.values, values));
    if (known) known.where.push(where);
    else here.push({ secret, file, key: secret.key, values, where: [where] });
  };
  return {
    add: (where, file, contents = new Map()) => {
      for (const [key, values] of contents) addValues(where, file, key, values);
    },
    places: () => [...places.values()].flat(),
  };
}

/** The branches that alone hold what is at a place; none if it is checked out or on disk. */
export function onlyOn({ where }: Pick<Place, 'where'>): readonly string[] {
  return where.some(({ kind }) => kind !== 'branch')
    ? []
    : where.flatMap((one) => (one.kind === 'branch' ? [one.name] : []));
}
