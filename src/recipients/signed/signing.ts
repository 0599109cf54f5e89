import path from 'node:path';
import { hasCode } from '../../errors.js';
import { realPathOf } from '../../files/snapshot.js';
import type { Keystore } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { NO_RECORD, type RecipientsRecord } from '../record.js';
import { NO_MEMORY, type Memory, type Remembered, type RememberedManifest } from '../seen/format.js';
import { changeMemory, readMemory } from '../seen/memory.js';
import { findRepository, seenOf, withClones, type Repository } from '../seen/repository.js';
import type { RecipientOrigins } from '../source.js';
import type { SignerTrust } from './judge.js';
import type { SignableTree } from './tree.js';

/** What signed recipients work with. */
export interface Signing {
  /** The file of what was accepted before; without it, nothing is remembered. */
  readonly memoryFile: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly keystore: Keystore;
  /** The signers in the user's own configuration. */
  readonly configured: readonly Fingerprint[];
  /** Tells the user something that is not an error. */
  readonly warn: (message: string) => void;
  /** Which configuration files influence who the recipients are. */
  readonly origins: RecipientOrigins | undefined;
  /** Reads all recipients files and rules of a work tree. */
  readonly treeOf: (top: string) => Promise<SignableTree>;
  /** Makes the record of a work tree, which counts as seen when its manifest is accepted. */
  readonly recordOf: (top: string) => Promise<RecipientsRecord>;
}

/** A repository, and whose signatures count there. */
export interface SignedPlace {
  readonly repository: Repository;
  readonly trust: SignerTrust;
}

/** What is remembered of all repositories. */
export function memoryOf({ memoryFile }: Pick<Signing, 'memoryFile'>): Memory {
  return memoryFile === undefined ? NO_MEMORY : readMemory(memoryFile);
}

/**
 * Finds the repository of a file, and who signs there.
 *
 * @param target - a file, which need not exist.
 * @throws `EyamlError` `MEMORY_UNUSABLE`.
 */
export async function findPlace(target: string, signing: Signing, memory = memoryOf(signing)): Promise<SignedPlace> {
  return placeAt(await realPathOf(target), signing, memory);
}

/** The same by the place of a file, as `placesOf` gives it. */
export async function placeAt(target: string, signing: Signing, memory: Memory): Promise<SignedPlace> {
  const { environment, configured } = signing;
  const repository = await findRepository(target, undefined, memory, environment);
  return { repository, trust: { remembered: rememberedIn(repository, memory)?.manifest, configured } };
}

// A .git that appears in a tree must not make its manifest forgotten.
function rememberedIn({ id, former = '', top }: Repository, { repositories }: Memory): Remembered | undefined {
  return repositories.get(id) ?? repositories.get(former) ?? repositories.get(top);
}

/**
 * Remembers a manifest that was accepted, and the people in it as seen. If that cannot be written, for instance because the home folder
 * is read-only, it is accepted now and verified again the next time.
 *
 * @throws `EyamlError` `MEMORY_UNUSABLE`.
 */
export async function rememberManifest(
  signing: Pick<Signing, 'memoryFile' | 'warn'>,
  repository: Repository,
  manifest: RememberedManifest,
  record?: RecipientsRecord,
): Promise<void> {
  await change(signing, repository, (before) => ({ record: record ?? before.record, manifest })).catch(
    (error: unknown) => {
      if (!hasCode(error, 'FILE_UNWRITABLE', 'FILE_LOCKED')) throw error;
      signing.warn(`the signed manifest is not remembered, so an older one would not be noticed: ${error.message}`);
    },
  );
}

/**
 * Forgets which manifest was accepted, and so who signs; what was seen stays.
 *
 * @throws `EyamlError` `MEMORY_UNUSABLE`, `FILE_UNWRITABLE`, `FILE_LOCKED`.
 */
export async function forgetManifest(signing: Pick<Signing, 'memoryFile'>, repository: Repository): Promise<void> {
  await change(signing, repository, ({ record }) => ({ record }));
}

async function change(
  { memoryFile }: Pick<Signing, 'memoryFile'>,
  repository: Repository,
  changed: (before: Remembered) => Remembered,
): Promise<void> {
  if (memoryFile === undefined) return;
  const seen = await seenOf(repository, within(repository.top), readMemory(memoryFile));
  await changeMemory(memoryFile, (memory) => {
    const before = rememberedIn(repository, memory) ?? { record: seen ?? NO_RECORD };
    const repositories = new Map(memory.repositories).set(repository.id, changed(before));
    return { ...memory, repositories, clones: withClones(memory, repository) };
  });
}

/** A file that stands for all in a folder. */
export function within(folder: string): string {
  return path.join(folder, 'new.yaml');
}
