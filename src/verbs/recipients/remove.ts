import path from 'node:path';
import type { Context } from '../../context/context.js';
import { EyamlError, type Problem } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import type { Keystore, PublicKey } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { RecipientList, SourcedSpec } from '../../recipients/file.js';
import { findRecipientsFiles } from '../../recipients/find.js';
import { keysMeant, resolve } from '../../recipients/resolve.js';
import { addressesIn, addressIn, isRecipientByForm, parseSpec, searchTermOf } from '../../recipients/spec.js';
import { placeText } from '../../text/problems.js';
import { removeKey } from './key-folder.js';
import { changeLines, type ListFile } from './list-file.js';
import { noChange, typed, type ListChange, type Member } from './members.js';

/** A line of the list, and the keys that it may mean, usable or not. */
interface Line {
  readonly sourced: SourcedSpec;
  readonly keys: readonly PublicKey[];
}

/**
 * Removes people from a recipients file: every line that means one of their keys. Their public keys leave the folder of keys, unless
 * another list there needs them.
 *
 * @param specs - names, by the rules of recipients files, also of keys that cannot be used or are not known any more; or the text of a line.
 * @throws {@link EyamlError} `RECIPIENTS_INVALID` if a name fits no line or lines of several people, `RECIPIENTS_MISSING` if nobody would be
 * left; nothing is written then. And as {@link changeLines} does.
 */
export async function removeMembers(
  listFile: ListFile,
  specs: readonly string[],
  context: Context,
): Promise<ListChange> {
  const { file, list } = listFile;
  const gone = await linesToRemove(list, specs, context.keystore);
  if (gone.length === list.specs.length)
    throw new EyamlError('RECIPIENTS_MISSING', `nothing was changed: ${shownPath(file)} would have no recipients`);
  const texts = new Set(gone.map(({ sourced }) => sourced.spec));
  await changeLines(file, (old) => old.filter(({ spec }) => spec === '' || !texts.has(spec)));
  const removed = gone.map(memberOn);
  const files = await removeKeys(listFile, gone, context);
  return { ...noChange(listFile), removed: distinct(removed), ...files };
}

/** The people on the lines of a recipients file; `pin` names each for {@link removeMembers}. */
export async function membersOf({ list }: ListFile, { keystore }: Context): Promise<readonly Member[]> {
  const { lines } = await resolve(list, keystore, 'always');
  return lines.map(({ sourced, candidates }) => ({ ...memberOn({ sourced, keys: candidates() }), pin: sourced.spec }));
}

async function linesToRemove(
  { specs: all, keysFolder, source }: RecipientList,
  specs: readonly string[],
  keystore: Keystore,
): Promise<readonly Line[]> {
  const terms = [...all.map(({ spec }) => spec), ...specs].flatMap((spec) => searchTermOf(parseSpec(spec)) ?? []);
  const keys = await keystore.search(terms, keysFolder);
  const lines = all.map((sourced) => ({ sourced, keys: keysMeant(sourced.spec, keys, keystore) }));
  const problems: Problem[] = [];
  const found = specs.flatMap((spec) => {
    const fitting = lines.filter((line) => fits(spec, keysMeant(spec, keys, keystore), line));
    const { place } = typed(spec);
    if (fitting.length === 0) problems.push({ place, message: `"${spec}" is not in ${source}` });
    const people = distinct(fitting.map(memberOn));
    if (people.length > 1) {
      const names = people.map(({ userId, fingerprint }) => `${userId} ${fingerprint}`).join('; ');
      const message = `"${spec}" fits the lines of ${people.length} people: ${names}`;
      problems.push({ place, message, suggestion: 'write the fingerprint instead' });
    }
    return fitting;
  });
  if (problems.length > 0)
    throw new EyamlError('RECIPIENTS_INVALID', 'nothing was changed: not every KEY is one recipient', {
      problems,
    });
  return [...new Set(found)];
}

function fits(spec: string, meant: readonly PublicKey[], { sourced, keys }: Line): boolean {
  if (sourced.spec === spec) return true;
  const [wanted, written] = [parseSpec(spec), parseSpec(sourced.spec)];
  const isHex = (one: typeof wanted) => one.kind === 'fingerprint' || one.kind === 'keyId';
  const hexOf = (one: typeof wanted) => ('fingerprint' in one ? one.fingerprint : 'keyId' in one ? one.keyId : '');
  // One subkey: only the line that forces it.
  if (isHex(wanted) && 'exactKey' in wanted && wanted.exactKey)
    return 'exactKey' in written && written.exactKey && hexOf(written) === hexOf(wanted);
  if (isHex(wanted) && isHex(written) && hexOf(written) === hexOf(wanted)) return true;
  const [only, ...others] = keys;
  if (only === undefined) {
    // Of a key that is gone only the comment is left.
    const address = addressIn(spec);
    return address !== undefined && addressesIn(`${sourced.spec} ${sourced.comment ?? ''}`).includes(address);
  }
  return others.length === 0 && meant.some((key) => primaryOf(key) === primaryOf(only));
}

function memberOn({ sourced: { spec, comment, place }, keys }: Line): Member {
  const [only] = keys;
  const parsed = parseSpec(spec);
  if (keys.length === 1 && only)
    return { fingerprint: primaryOf(only), userId: only.userIds[0]?.text ?? 'no user ID', pin: spec };
  // Without a key the line is all that is known. It is shown only if it cannot be a secret in the wrong file.
  const text = isRecipientByForm(parsed) ? spec : placeText(place);
  const fingerprint = parsed.kind === 'fingerprint' ? parsed.fingerprint : (text as Fingerprint);
  return { fingerprint, userId: addressesIn(comment ?? '')[0] ?? '', pin: text };
}

function primaryOf({ primaryKey }: PublicKey): Fingerprint {
  return primaryKey.fingerprint;
}

function distinct(members: readonly Member[]): readonly Member[] {
  return [...new Map(members.map((member) => [member.fingerprint, member])).values()];
}

async function removeKeys(
  { list: { keysFolder } }: ListFile,
  gone: readonly Line[],
  context: Context,
): Promise<Pick<ListChange, 'keysRemoved' | 'keysKept'>> {
  const fingerprints = new Set(gone.flatMap(({ keys }) => (keys.length === 1 ? keys.map(primaryOf) : [])));
  const [keysRemoved, keysKept]: [string[], string[]] = [[], []];
  if (keysFolder === undefined || fingerprints.size === 0) return { keysRemoved, keysKept };
  const needed = await keysNeeded(keysFolder, context);
  for (const fingerprint of fingerprints) {
    if (needed === 'unknown' || needed.has(fingerprint)) continue;
    const { removed, kept } = await removeKey(keysFolder, fingerprint);
    keysRemoved.push(...removed);
    keysKept.push(...kept);
  }
  return { keysRemoved, keysKept };
}

/** The keys that lists need which use a folder of keys; `unknown` if one of these lists cannot be read. */
async function keysNeeded(
  keysFolder: string,
  { recipients, rules, keystore }: Context,
): Promise<ReadonlySet<Fingerprint> | 'unknown'> {
  const base = path.dirname(path.dirname(keysFolder));
  try {
    const named = (await rules.rulesAt(base)).flatMap(({ recipientsFile }) => recipientsFile ?? []);
    const needed = new Set<Fingerprint>();
    for (const file of new Set([...(await findRecipientsFiles([base])), ...named])) {
      const { lines } = await resolve({ ...(await recipients.listIn(file)), keysFolder }, keystore, 'always');
      for (const { candidates } of lines) for (const key of candidates()) needed.add(primaryOf(key));
    }
    return needed;
  } catch (error) {
    if (error instanceof EyamlError) return 'unknown';
    throw error;
  }
}
