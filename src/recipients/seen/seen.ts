import path from 'node:path';
import type { EyamlError } from '../../errors.js';
import { hasCode } from '../../errors.js';
import { realPathOf } from '../../files/snapshot.js';
import { withAccepted } from '../accepted.js';
import type { ApprovalRequest, Approve } from '../approval.js';
import type { RecipientsRecord } from '../record.js';
import type { TreeRecord } from '../record-tree.js';
import type { Added, Consent, UsedList } from './added.js';
import { addedIn, compareRequests, isCompared, isGone, isNew, look, type Comparison } from './compare.js';
import { NO_MEMORY, type Memory } from './format.js';
import { changeMemory, readMemory } from './memory.js';
import { besideOwn, withOwn, type OwnChange } from './own.js';
import { withClones, type Repository } from './repository.js';
import { compareTree, type TreeChanges } from './whole.js';

/** What a person is told about recipients that were seen. */
export interface SeenTeller {
  /** A repository is seen for the first time; `lists` are the recipients files that are used now, of so many. */
  readonly firstUse: (lists: readonly UsedList[], files: number) => void;
  /** People are no longer in a recipients file. */
  readonly removed: (list: UsedList) => void;
  /** Known people have new subkeys. */
  readonly newSubkeys: (list: UsedList) => void;
  /** The memory could not be written. */
  readonly notRemembered: (error: EyamlError) => void;
}

/** The memory that a context is given. */
export interface MemoryOptions {
  /** The file that holds it. */
  readonly file: string;
  readonly consent: Consent;
  readonly tell: SeenTeller;
}

/** What {@link createSeen} works with. */
export interface SeenOptions extends MemoryOptions {
  readonly environment: NodeJS.ProcessEnv;
  /** Makes the record of a work tree as it is now. */
  readonly recordOf: (top: string) => Promise<TreeRecord>;
}

/** Compares recipients with those that were seen before. */
export interface Seen {
  /** Approves recipients who were there before; others only with consent. Then remembers what is used now. */
  readonly approve: Approve;
  /** Remembers recipients that are approved otherwise, and asks nobody. */
  readonly accept: Approve;
  /** Who would be asked about; asks nothing and remembers nothing. */
  readonly review: (requests: readonly ApprovalRequest[]) => Promise<readonly Added[]>;
  /** Accepts what the user wrote into a recipients file. */
  readonly acceptOwn: (change: OwnChange) => Promise<void>;
  /** Compares the whole work tree around a file, which need not exist. */
  readonly compareWhole: (target: string) => Promise<Whole>;
  /** Accepts a whole work tree as it was compared. */
  readonly acceptWhole: (whole: Whole) => Promise<void>;
}

/** A work tree as a whole, now and as it was seen. */
export interface Whole {
  readonly repository: Repository;
  readonly now: TreeRecord;
  /** Undefined if the repository was not seen before. */
  readonly changes: TreeChanges | undefined;
}

/**
 * Makes {@link Seen}.
 *
 * @throws {@link EyamlError}, in its functions, `MEMORY_UNUSABLE`; what the consent throws.
 */
export function createSeen({ file, environment, consent, tell, recordOf }: SeenOptions): Seen {
  const approved = new Set<string>();
  const approveWith = async (requests: readonly ApprovalRequest[], consent: Consent) => {
    const open = requests.filter((request) => !approved.has(idOf(request)));
    if (open.length === 0) return;
    // Where an option names all recipients, the memory need not even be usable.
    const memory = open.some(isCompared) ? readMemory(file) : NO_MEMORY;
    const compared = await compareRequests(open, memory, environment);
    const known = compared.filter(({ seen }) => seen !== undefined);
    const unknown = compared.filter(({ seen }) => seen === undefined);
    const added = addedIn(known);
    await consent(added, addedIn(unknown));
    tellChanges(known, tell);
    const first = await recordFirst(unknown, recordOf, tell);
    if (compared.some((one) => isNew(one, memory))) {
      const writing = changeMemory(file, (now) => withCompared(now, compared, first));
      await (added.length > 0 ? writing : writing.catch(notWritten(tell)));
    }
    for (const request of open) approved.add(idOf(request));
  };
  return {
    approve: (requests) => approveWith(requests, consent),
    accept: (requests) => approveWith(requests, () => Promise.resolve()),
    review: async (requests) => {
      const compared = await compareRequests(requests, readMemory(file), environment);
      return addedIn(compared.filter(({ seen }) => seen !== undefined));
    },
    acceptOwn: async (change) => {
      const beside = await besideOwn(change);
      const { repository, seen } = await look(beside, undefined, readMemory(file), environment);
      const first = seen ? undefined : await recordOf(repository.top);
      const others = [...(first?.files.values() ?? [])].flat().filter((key) => !change.named.includes(key.fingerprint));
      if (first && others.length > 0) tell.firstUse([change], first.files.size);
      await changeMemory(file, (now) => {
        const record = now.repositories.get(repository.id)?.record ?? seen ?? first;
        return record ? withRecord(now, repository, withOwn(record, repository.top, beside, change)) : now;
      }).catch(notWritten(tell));
    },
    compareWhole: async (target) => {
      const { repository, seen } = await look(await realPathOf(target), undefined, readMemory(file), environment);
      const now = await recordOf(repository.top);
      return { repository, now, changes: seen && compareTree(seen, now, repository.top) };
    },
    acceptWhole: ({ repository, now }) => changeMemory(file, (memory) => withRecord(memory, repository, now)),
  };
}

function idOf({ found, recipients, target }: ApprovalRequest): string {
  const subkeys = recipients.map(({ encryptionSubkey }) => encryptionSubkey.fingerprint);
  return [target, found.kind === 'file' ? found.file : '', ...subkeys].join('\n');
}

function tellChanges(compared: readonly Comparison[], tell: SeenTeller): void {
  const told = new Set<string>();
  for (const { repository, file, changes } of compared) {
    const list = path.resolve(repository.top, file);
    if (told.has(list)) continue;
    told.add(list);
    if (changes.removed.length > 0) tell.removed({ file: list, keys: changes.removed });
    if (changes.newSubkeys.length > 0) tell.newSubkeys({ file: list, keys: changes.newSubkeys });
  }
}

// The records of repositories that are seen for the first time, by their IDs.
async function recordFirst(
  compared: readonly Comparison[],
  recordOf: SeenOptions['recordOf'],
  tell: SeenTeller,
): Promise<ReadonlyMap<string, RecipientsRecord>> {
  const records = new Map<string, RecipientsRecord>();
  for (const { repository } of compared) {
    if (records.has(repository.id)) continue;
    const { files, rules } = await recordOf(repository.top);
    records.set(repository.id, { files, rules });
    const used = compared.filter((one) => one.repository.id === repository.id);
    const lists = new Map(used.map(({ file, keys }) => [file, { file: path.resolve(repository.top, file), keys }]));
    tell.firstUse([...lists.values()], new Set([...files.keys(), ...lists.keys()]).size);
  }
  return records;
}

// What could not be written will be asked, or shown, again.
function notWritten(tell: SeenTeller): (error: unknown) => void {
  return (error) => {
    if (!hasCode(error, 'FILE_UNWRITABLE', 'FILE_LOCKED')) throw error;
    tell.notRemembered(error);
  };
}

function withCompared(
  memory: Memory,
  compared: readonly Comparison[],
  first: ReadonlyMap<string, RecipientsRecord>,
): Memory {
  return compared.reduce((all, one) => {
    const { repository, seen } = one;
    const { id, top } = repository;
    const record = all.repositories.get(id)?.record ?? seen ?? first.get(id);
    return record
      ? withRecord(
          all,
          repository,
          withAccepted(record, top, one, (name) => isGone(top, name)),
        )
      : all;
  }, memory);
}

function withRecord(memory: Memory, repository: Repository, { files, rules }: RecipientsRecord): Memory {
  const { repositories } = memory;
  const { id, former = '' } = repository;
  const before = repositories.get(id) ?? repositories.get(former);
  return {
    repositories: new Map(repositories).set(id, { ...before, record: { files, rules } }),
    clones: withClones(memory, repository),
  };
}
