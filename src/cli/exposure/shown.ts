import type { Exception } from '../../verbs/exposure/accepted.js';
import { onlyOn, type Place } from '../../verbs/exposure/today.js';
import type { Exposure } from '../../verbs/exposure/exposure.js';
import type { Finding } from '../../verbs/exposure/finding.js';
import type { Person } from '../../verbs/exposure/people.js';
import type { Point } from '../../verbs/exposure/rows.js';
import { count } from '../plan-text.js';

const SHORT_ID = 12;

/** What the history of one clone cannot show. */
export const NOT_COVERED = 'forks, reflogs, deleted branches, and commits that others have not pushed';

/** A person for people: their key, or what is known of it. */
export function personText({ spec, keys, keyIds }: Person): string {
  if (keys.length > 0) return keys.map(({ userId, fingerprint }) => `${userId} (${fingerprint})`).join(', ');
  return `${keyIds.has(spec) ? 'key ID ' : ''}${spec}`;
}

/** The date and the short name of a commit. */
export function pointText(point: Point | undefined): string {
  return point ? `${point.date.slice(0, 10)} (${point.commit.slice(0, SHORT_ID)})` : 'unknown';
}

/** A file and a key. */
export function placeText({ file, key }: Pick<Place, 'file' | 'key'>): string {
  return `${file}: ${key ?? 'a value without a key'}`;
}

/** What is special about where a place is. */
export function whereText(place: Place): string {
  const branches = onlyOn(place);
  if (branches.length > 0) return `only on ${branches.length === 1 ? 'branch' : 'branches'} ${branches.join(', ')}`;
  const kinds = new Set(place.where.map(({ kind }) => kind));
  if (!kinds.has('work tree') && kinds.has('head')) return 'changed on disk, not committed';
  return '';
}

/** What the report says in one line. */
export function summaryOf({ findings, people }: Exposure): string {
  const names = people.map(({ keys, spec }) => keys[0]?.userId ?? spec).join(', ');
  const states = ['exposed', 'unknown', 'accepted', 'rotated', 'removed'].flatMap((state) => {
    const number = findings.filter((finding) => finding.state === state).length;
    return number === 0 ? [] : [`${number} ${state}`];
  });
  const told = states.length === 0 ? '' : `: ${states.join(', ')}`;
  return `${names} could read ${count(findings.length, 'secret')}${told}`;
}

/** What the report cannot tell, for people. */
export function limitsOf({ silent, closed, findings }: Exposure): readonly string[] {
  const uncompared = findings.reduce((sum, finding) => sum + finding.uncompared, 0);
  return [
    ...(silent === 0
      ? []
      : [
          `${count(silent, 'secret')} had values of other methods, such as PKCS7: everybody with that private key could read them`,
        ]),
    ...(uncompared === 0
      ? []
      : [`${count(uncompared, 'old value')} could not be decrypted, and so could not be compared`]),
    ...(closed === 0
      ? []
      : [
          `${count(closed, 'value')} of today could not be decrypted: a secret that is rotated or removed elsewhere may be there`,
        ]),
    `not covered: ${NOT_COVERED}`,
  ];
}

/** An exception that no longer holds. */
export function lapsedText(exception: Exception): string {
  return `an exception no longer holds, since the value changed: ${placeText(exception)}`;
}

/** The dates of a finding, and who changed it last. */
export function sinceText({ first, last, changedBy }: Finding): string {
  const by = changedBy === undefined ? '' : `, last changed by ${changedBy}`;
  const until = first && first.commit === last?.commit ? '' : ` to ${pointText(last)}`;
  return `${pointText(first)}${until}${by}`;
}
