import { lstatSync } from 'node:fs';
import path from 'node:path';
import type { ApprovalRequest } from '../approval.js';
import { knownBefore, type Accepted } from '../accepted.js';
import type { Recipient } from '../match.js';
import { placesOf } from '../places.js';
import {
  compareKeys,
  governedBy,
  NO_RECORD,
  recordedKey,
  recordName,
  type KeyChanges,
  type RecipientsRecord,
} from '../record.js';
import type { Added } from './added.js';
import type { Memory } from './format.js';
import { findRepository, seenOf, type Repository } from './repository.js';

/** What governs a file now, beside what governed it when it was last seen. */
export interface Comparison extends Accepted {
  readonly repository: Repository;
  /** What was seen of the repository; undefined if it is new. */
  readonly seen: RecipientsRecord | undefined;
  /** The name of the recipients file that governed the target then. */
  readonly formerly: string | undefined;
  /** Whether the target is the place of a link to the file. */
  readonly isLinked: boolean;
  readonly recipients: readonly Recipient[];
  readonly changes: KeyChanges;
}

/** Whether recipients are compared: those that an option or setting names are neither compared nor remembered. */
export function isCompared({ found }: ApprovalRequest): boolean {
  return found.kind === 'file' && !found.isNamed;
}

/** Compares requests with what was seen, those that are not compared left out. */
export async function compareRequests(
  requests: readonly ApprovalRequest[],
  memory: Memory,
  environment: NodeJS.ProcessEnv,
): Promise<readonly Comparison[]> {
  const repositories = new Map<string, { repository: Repository; seen: RecipientsRecord | undefined }>();
  const compared: Comparison[] = [];
  for (const { found, recipients, target: given } of requests) {
    if (found.kind === 'options' || found.isNamed) continue;
    for (const [i, target] of (await placesOf(given)).entries()) {
      const folder = path.dirname(target);
      const { repository, seen } =
        repositories.get(folder) ?? (await look(target, found.rule?.folder, memory, environment));
      repositories.set(folder, { repository, seen });
      const keys = recipients.map(recordedKey);
      const record = seen ?? NO_RECORD;
      const { top } = repository;
      const file = recordName(top, found.file);
      const formerly = governedBy(record, top, target);
      const known = knownBefore(record, top, { target, file, keys }, (name) => isGone(top, name));
      const { added } = compareKeys(known, keys);
      const isLinked = i > 0;
      // Fewer people than where the link stands are as good there.
      if (isLinked && added.length === 0) continue;
      const before = record.files.get(formerly ?? '') ?? [];
      const changes = { ...compareKeys(before, isLinked ? before : keys), added };
      compared.push({ target, file, keys, repository, seen, formerly, isLinked, recipients, changes });
    }
  }
  return compared;
}

/** Finds the repository of a file, by its real path, and what was seen of it. */
export async function look(target: string, ruled: string | undefined, memory: Memory, environment: NodeJS.ProcessEnv) {
  const repository = await findRepository(target, ruled, memory, environment);
  return { repository, seen: await seenOf(repository, target, memory) };
}

/** Whether a recipients file of a record does not exist any more. */
export function isGone(top: string, name: string): boolean {
  return lstatSync(path.resolve(top, name), { throwIfNoEntry: false }) === undefined;
}

/** Whether a comparison says something that is not remembered yet. */
export function isNew({ repository, seen, file, formerly, changes }: Comparison, { repositories }: Memory): boolean {
  const isKnown = seen !== undefined && repository.clones === undefined && repositories.has(repository.id);
  const changed = changes.added.length + changes.removed.length + changes.newSubkeys.length;
  return !isKnown || file !== formerly || changed > 0;
}

/** The people in comparisons who were not there before: once for each recipients file and what decided before it. */
export function addedIn(compared: readonly Comparison[]): readonly Added[] {
  const groups = new Map<string, Added>();
  for (const { repository, file, formerly, isLinked, target, recipients, changes } of compared) {
    if (changes.added.length === 0) continue;
    const id = [repository.top, file, formerly ?? '', isLinked ? target : ''].join('\n');
    const at = (name: string) => path.resolve(repository.top, name);
    const added = new Set(changes.added.map(({ fingerprint }) => fingerprint));
    groups.set(id, {
      file: at(file),
      formerly: formerly === undefined ? undefined : at(formerly),
      linked: isLinked ? target : undefined,
      targets: [...(groups.get(id)?.targets ?? []), target],
      recipients: recipients.filter(({ publicKey }) => added.has(publicKey.primaryKey.fingerprint)),
    });
  }
  return [...groups.values()];
}
