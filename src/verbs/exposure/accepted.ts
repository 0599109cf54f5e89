import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { readMapping } from '../../eyaml/document.js';
import { LIMITS, readLimited } from '../../files/read.js';
import { parseFingerprint, parseKeyId } from '../../openpgp/identifiers.js';
import { addressIn, addressOfUserId } from '../../recipients/spec.js';
import { isOpen, marksOf, type Finding } from './finding.js';
import type { Person } from './people.js';

/** Somebody's decision that a secret need not be rotated. It holds as long as the ciphertext stays the same. */
export interface Exception {
  /** From the top folder. */
  readonly file: string;
  readonly key: string | null;
  /** A fingerprint, a key ID, an address, or the name as it is typed. */
  readonly person: string;
  readonly reason: string;
  /** Who decided it, and when. */
  readonly by: string;
  readonly date: string;
  /** SHA-256 of the ciphertext. */
  readonly digest: string;
}

/** The file of exceptions, from the top folder. */
export const ROTATION_FILE = '.eyaml/rotation.yaml';

/**
 * Reads the exceptions of a repository: the list `accepted` in {@link ROTATION_FILE}.
 *
 * @throws {@link EyamlError} `CONFIG_UNREADABLE`, `CONFIG_INVALID`.
 */
export async function readExceptions(top: string): Promise<readonly Exception[]> {
  const read = await readLimited(path.join(top, ROTATION_FILE), { limit: LIMITS.configuration });
  if ('fault' in read) {
    if (read.fault.isAbsent) return [];
    throw new EyamlError('CONFIG_UNREADABLE', `cannot read ${ROTATION_FILE}: ${read.fault.reason}`);
  }
  const mapping = await readMapping(read.octets.toString());
  const accepted = mapping?.get('accepted')?.value;
  if (mapping === undefined || !Array.isArray(accepted)) throw invalid('it needs a list named accepted');
  return accepted.map((item: unknown, i) => exceptionOf(item, i + 1));
}

const NAMES = ['file', 'key', 'person', 'reason', 'by', 'date', 'digest'];

function exceptionOf(item: unknown, number: number): Exception {
  const entries = typeof item === 'object' && item !== null ? Object.entries(item) : [];
  const given = new Map<string, unknown>(entries);
  const textAt = (name: string): string => {
    const value = given.get(name);
    if (typeof value !== 'string' || value === '') throw invalid(`exception ${number} needs the text ${name}`);
    return value;
  };
  if ([...given.keys()].some((name) => !NAMES.includes(name))) throw invalid(`exception ${number} has an unknown key`);
  return {
    ...{ file: textAt('file'), key: given.get('key') === null ? null : textAt('key'), person: textAt('person') },
    ...{ reason: textAt('reason'), by: textAt('by'), date: textAt('date'), digest: textAt('digest') },
  };
}

function invalid(fault: string): EyamlError {
  return new EyamlError('CONFIG_INVALID', `${ROTATION_FILE}: ${fault}`, {
    suggestions: ['each exception has file, key, person, reason, by, date and digest: see docs/offboarding.md'],
  });
}

/** Findings with exceptions, and the exceptions that no longer hold since the value changed. */
export interface Accepted {
  readonly findings: readonly Finding[];
  readonly lapsed: readonly Exception[];
}

/** Accepts the findings that have an exception at each place for each person. */
export function acceptFindings(findings: readonly Finding[], exceptions: readonly Exception[]): Accepted {
  const lapsed = new Set<Exception>();
  const accept = (finding: Finding): Finding => {
    if (!isOpen(finding) || finding.people.length === 0) return finding;
    const found = marksOf(finding).flatMap((mark) =>
      finding.people.map((person) => {
        const here = exceptions.filter(({ file, key }) => file === mark.file && key === mark.key);
        const theirs = here.filter((exception) => isAbout(exception, person));
        const holding = theirs.find(({ digest }) => digest === mark.digest);
        if (holding === undefined) theirs.forEach((exception) => lapsed.add(exception));
        return holding;
      }),
    );
    const [first] = found;
    if (first === undefined || found.includes(undefined)) return finding;
    return { ...finding, state: 'accepted', why: `${first.reason}, ${first.by}, ${first.date}` };
  };
  return { findings: findings.map(accept), lapsed: [...lapsed] };
}

function isAbout({ person }: Exception, { spec, keys, keyIds }: Person): boolean {
  const fingerprint = parseFingerprint(person);
  const keyId = parseKeyId(person);
  const address = addressIn(person);
  return (
    person === spec ||
    keys.some((key) => key.fingerprint === fingerprint) ||
    (keyId !== undefined && keyIds.has(keyId)) ||
    (address !== undefined && keys.some(({ userId }) => addressOfUserId(userId) === address))
  );
}
