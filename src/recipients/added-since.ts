import path from 'node:path';
import type { Problem } from '../errors.js';
import { shownPath } from '../files/shown.js';
import { compareKeys, governedBy, recordedKey, type RecordedKey } from './record.js';
import type { TreeRecord } from './record-tree.js';
import type { ResolvedLine } from './resolve.js';
import { isRecipientByForm, parseSpec } from './spec.js';

/** A work tree at two times. */
export interface TwoTimes {
  readonly then: TreeRecord;
  readonly now: TreeRecord;
  /** The real path of the top folder. */
  readonly top: string;
  /** The name of the earlier one. */
  readonly since: string;
}

/**
 * The readers who were added to a tree, as problems that break the rule `recipient-added`: for each file, and for a new file in the folder of
 * each recipients file, those who are in what decides now and were not in what decided then. A new line that matches no key is one too.
 *
 * @param targets - the real paths of files with values.
 */
export function addedSince({ then, now, top, since }: TwoTimes, targets: readonly string[]): readonly Problem[] {
  const beside = [...then.files.keys(), ...now.files.keys()].map((name) =>
    path.resolve(top, path.dirname(name), 'new.yaml'),
  );
  const found = new Map<string, Problem>();
  for (const target of new Set([...beside, ...targets])) {
    const file = governedBy(now, top, target);
    if (file === undefined) continue;
    const formerly = governedBy(then, top, target);
    for (const problem of problemsAt(file, formerly, { then, now, top, since }))
      found.set(
        [problem.message, problem.place && 'line' in problem.place ? problem.place.line : ''].join('\n'),
        problem,
      );
  }
  return [...found.values()];
}

function problemsAt(
  file: string,
  formerly: string | undefined,
  { then, now, top, since }: TwoTimes,
): readonly Problem[] {
  const before = linesIn(then, formerly);
  const lines = linesIn(now, file);
  const keys = new Set(compareKeys(keysOf(before), keysOf(lines)).added.map(({ fingerprint }) => fingerprint));
  const texts = new Set(before.map(({ sourced }) => sourced.spec));
  const shown = (name: string) => shownPath(path.resolve(top, name));
  const tookOver =
    file === formerly ? '' : `; until then ${formerly === undefined ? 'nothing' : shown(formerly)} decided there`;
  return lines.flatMap(({ sourced, meant }): Problem | readonly [] => {
    const { place, spec } = sourced;
    const problem = (message: string): Problem => ({
      ...{ place, rule: 'recipient-added', message: `${message} was added since ${since}${tookOver}` },
      suggestion: 'find out who added it, and whether they may read these values',
    });
    if (meant === undefined) {
      const isShown = isRecipientByForm(parseSpec(spec));
      return texts.has(spec)
        ? []
        : problem(isShown ? `"${spec}", which matches no usable key,` : 'a line that matches no usable key');
    }
    const { fingerprint, name } = recordedKey(meant);
    return keys.has(fingerprint) ? problem(`${name} (${fingerprint})`) : [];
  });
}

function linesIn({ lines }: TreeRecord, name: string | undefined): readonly ResolvedLine[] {
  return (name === undefined ? undefined : lines.get(name)) ?? [];
}

function keysOf(lines: readonly ResolvedLine[]): readonly RecordedKey[] {
  return lines.flatMap(({ meant }) => (meant ? [recordedKey(meant)] : []));
}
