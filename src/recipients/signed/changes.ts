import type { Problem } from '../../errors.js';
import type { Manifest, ManifestFile, ManifestRules, NamedKey } from './manifest.js';

/** The recipients files and rules of a work tree. */
export type SignedContent = Pick<Manifest, 'files' | 'rules'>;

/**
 * How a work tree differs from what is signed: a problem for each recipients file and each configuration file with rules. The names of people do not
 * count.
 *
 * @param shown - how messages show a path of the manifest.
 */
export function changesSince(
  signed: SignedContent,
  now: SignedContent,
  shown: (path: string) => string = (path) => path,
): readonly Problem[] {
  const at = (path: string, message: string): Problem => ({
    place: { file: shown(path) },
    rule: 'recipients-unsigned',
    message,
  });
  return [
    ...compared(signed.files, now.files, (before, after) => fileChange(before, after)),
    ...compared(signed.rules, now.rules, (before, after) => rulesChange(before, after)),
  ].map(({ path, message }) => at(path, message));
}

interface Change {
  readonly path: string;
  readonly message: string;
}

function compared<T extends { readonly path: string }>(
  before: readonly T[],
  now: readonly T[],
  change: (before: T | undefined, now: T | undefined) => string | undefined,
): readonly Change[] {
  const [known, found] = [before, now].map((all) => new Map(all.map((one) => [one.path, one])));
  const paths = [...new Set([...before, ...now].map(({ path }) => path))].sort();
  return paths.flatMap((path) => {
    const message = change(known?.get(path), found?.get(path));
    return message === undefined ? [] : [{ path, message }];
  });
}

function fileChange(before: ManifestFile | undefined, now: ManifestFile | undefined): string | undefined {
  if (before === undefined) return `is not signed: it names ${namesOf(now?.keys ?? [])}`;
  if (now === undefined) return 'is signed, but gone';
  const without = (keys: readonly NamedKey[], others: readonly NamedKey[]) => {
    const known = new Set(others.map(({ fingerprint }) => fingerprint));
    return keys.filter(({ fingerprint }) => !known.has(fingerprint));
  };
  const [added, removed] = [without(now.keys, before.keys), without(before.keys, now.keys)];
  const words = [
    ...(added.length > 0 ? [`names ${namesOf(added)}, which is not signed`] : []),
    ...(removed.length > 0 ? [`no longer names ${namesOf(removed)}, which is signed`] : []),
  ];
  return words.length === 0 ? undefined : words.join('; ');
}

function rulesChange(before: ManifestRules | undefined, now: ManifestRules | undefined): string | undefined {
  if (before === undefined) return 'has rules that are not signed';
  if (now === undefined) return 'is gone, and its rules are signed';
  return JSON.stringify(before.rules) === JSON.stringify(now.rules) ? undefined : 'has other rules than those signed';
}

function namesOf(keys: readonly NamedKey[]): string {
  return keys.length === 0 ? 'nobody' : keys.map(({ fingerprint, name }) => `${fingerprint} ${name}`.trim()).join(', ');
}
