import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError, type Problem } from '../../errors.js';
import { findNamed } from '../../files/find.js';
import type { PublicKey } from '../../keys/keystore.js';
import { partsOf } from '../../encryptors/drift.js';
import type { KeyId } from '../../openpgp/identifiers.js';
import { keyIdOf } from '../../openpgp/identifiers.js';
import { candidatesFor, type Candidate } from '../../recipients/candidates.js';
import { KEYS_FOLDER, nearestKeysFolder } from '../../recipients/nearest.js';
import { addressOfUserId, parseSpec, searchTermOf, type RecipientSpec } from '../../recipients/spec.js';

/** A person whose exposure is looked for. */
export interface Person {
  /** As it was typed. */
  readonly spec: string;
  /** Their keys, usable or not; none if only the ID of a key is known. */
  readonly keys: readonly { readonly fingerprint: string; readonly userId: string }[];
  /** Of their keys and all subkeys, expired and revoked ones too. */
  readonly keyIds: ReadonlySet<string>;
}

/**
 * Finds people by the rules of recipients. All keys with one address are one person; a fingerprint or key ID need not be known.
 *
 * @param folder - the top folder; public keys may also be in folders below.
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` with the problem of each name that stands for nobody, or for several people.
 */
export async function findPeople(
  specs: readonly string[],
  folder: string,
  { keystore }: Pick<Context, 'keystore'>,
): Promise<readonly Person[]> {
  const terms = specs.flatMap((spec) => searchTermOf(parseSpec(spec)) ?? []);
  const known = new Map<string, PublicKey>();
  for (const target of await targetsWithKeys(folder)) {
    for (const key of await keystore.search(terms, await nearestKeysFolder(target)))
      known.set(key.primaryKey.fingerprint, key);
  }
  const keys = [...known.values()];
  const problems: Problem[] = [];
  const people = specs.flatMap((spec) => {
    const parsed = parseSpec(spec);
    const place = { option: spec };
    if (parsed.kind === 'refused') {
      problems.push({ place, message: parsed.reason, suggestion: parsed.suggestion });
      return [];
    }
    const found = candidatesFor(parsed, keys, keystore.hints);
    const message = problemWith(parsed, found);
    const suggestion = found.length > 0 ? 'write the fingerprint or the address instead' : undefined;
    if (message !== undefined) problems.push({ place, message, suggestion });
    return personOf(parsed, found);
  });
  if (problems.length > 0)
    throw new EyamlError('RECIPIENTS_INVALID', 'not every name stands for one person', {
      problems,
      suggestions: [LIST_READERS],
    });
  return people;
}

/** Files, which need not exist, near which all public keys of a repository are: at the top, and beside each folder of keys. */
export async function targetsWithKeys(top: string): Promise<readonly string[]> {
  const below = (await findNamed(KEYS_FOLDER, [top])).map((found) => path.dirname(path.dirname(found)));
  return [...new Set([top, ...below])].map((folder) => path.join(folder, 'new.yaml'));
}

/** How to find the right key. */
export const LIST_READERS = 'to see every key that values were encrypted for: eyaml exposure --list-readers';

type Spec = Exclude<RecipientSpec, { kind: 'refused' }>;

function problemWith(spec: Spec, found: readonly Candidate[]): string | undefined {
  if (spec.kind !== 'name') return undefined;
  if (found.length === 0) return 'no key in the keyring has this name';
  const people = new Set(
    found.map(({ publicKey, userId }) => addressOfUserId(userId?.text ?? '') ?? nameOf(publicKey)),
  );
  if (people.size === 1 || found.every(({ isWholeName }) => isWholeName)) return undefined;
  return `this is part of the names of ${people.size} people: ${[...people].join(', ')}`;
}

function personOf(spec: Spec, found: readonly Candidate[]): readonly Person[] {
  const keys = found.map(({ publicKey }) => ({
    fingerprint: publicKey.primaryKey.fingerprint,
    userId: nameOf(publicKey),
  }));
  const typed =
    spec.kind === 'fingerprint' ? keyIdOf(spec.fingerprint) : spec.kind === 'keyId' ? spec.keyId : undefined;
  const isOneKey = spec.kind !== 'name' && spec.exactKey;
  const all: readonly KeyId[] = found.flatMap(({ publicKey }) => partsOf(publicKey).map(({ keyId }) => keyId));
  const keyIds = new Set<string>([...(typed === undefined ? [] : [typed]), ...(isOneKey ? [] : all)]);
  return [{ spec: spec.text, keys, keyIds }];
}

function nameOf({ userIds }: PublicKey): string {
  return userIds[0]?.text ?? 'no user ID';
}
