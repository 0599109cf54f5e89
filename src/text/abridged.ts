const LONGEST = 10;
const SHOWN = 3;

/** The first three of a long list, enough to see what it is about. A list of up to ten is shown whole. */
export function abridged<T>(list: readonly T[]): { readonly shown: readonly T[]; readonly more: number } {
  const shown = list.length > LONGEST ? list.slice(0, SHOWN) : list;
  return { shown, more: list.length - shown.length };
}
