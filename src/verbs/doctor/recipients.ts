import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { shownArgument, shownPath } from '../../files/shown.js';
import { hasKey } from '../../pkcs7/keys.js';
import { findRecipientsFiles } from '../../recipients/find.js';
import type { RecipientList } from '../../recipients/file.js';
import { resolve } from '../../recipients/resolve.js';
import { listId } from '../../recipients/source.js';
import { groupBy } from '../../text/group-by.js';
import { placeText } from '../../text/problems.js';
import type { Checkup } from './checkup.js';
import { commandIn, listText, reporterOf, type DoctorFinding } from './finding.js';
import { fileIn } from './target.js';

const { ok, warning, problem, error } = reporterOf('recipients');

/** The recipients that govern the target, and those of recipients files below it: whether each can be encrypted for. */
export async function checkRecipients(checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const { target, isSearched } = checkup;
  const governing = await listFor(await fileIn(target), checkup);
  const below = (await isSearched().catch(() => false)) ? await findRecipientsFiles([target]) : [];
  const others = await Promise.all(below.map((file) => listFor(file, checkup)));
  const sources = [governing, ...others];
  const faults = new Map(sources.flatMap(({ fault }) => (fault ? [[fault.message, fault] as const] : [])));
  const found = new Map(sources.flatMap(({ list }) => (list ? [[listId(list), list] as const] : [])));
  if (found.size + faults.size === 0) return [await withoutRecipients(checkup)];
  const reviews: ListReview[] = [];
  for (const list of found.values()) reviews.push(await reviewOf(list, checkup));
  return [
    ...faults.values(),
    ...causeFindings(reviews.flatMap(({ faults }) => faults)),
    ...reviews.flatMap(({ findings }) => findings),
    ...(governing.list ? await strangerFindings(governing.list, checkup) : []),
  ];
}

/** A list, or the problem with it; neither where no recipients apply. */
interface Source {
  readonly list?: RecipientList | undefined;
  readonly fault?: DoctorFinding;
}

async function listFor(file: string, { recipientsFor }: Checkup): Promise<Source> {
  try {
    return { list: await recipientsFor(file) };
  } catch (fault) {
    if (!(fault instanceof EyamlError)) throw fault;
    return { fault: error(fault, `ls -l ${shownArgument(fault.file ?? file)}`) };
  }
}

async function withoutRecipients({ config: { pkcs7 }, environment, target }: Checkup): Promise<DoctorFinding> {
  if (await hasKey(pkcs7.publicKey, environment))
    return ok(`no recipients file applies to ${shownPath(target)}; new values get PKCS7 (${pkcs7.publicKey.file})`);
  const message = `no recipients file applies to ${shownPath(target)}, and there is no PKCS7 public key`;
  return warning(message, `eyaml init ${shownArgument(path.dirname(await fileIn(target)))}`);
}

/** A refused line of a list. */
interface LineFault {
  readonly place: string;
  readonly message: string;
  readonly command: string;
}

interface ListReview {
  readonly faults: readonly LineFault[];
  readonly findings: readonly DoctorFinding[];
}

async function reviewOf(list: RecipientList, { context: { keystore, trust }, own }: Checkup): Promise<ListReview> {
  const { source, specs } = list;
  const check = `eyaml check ${shownArgument(source)}`;
  if (specs.length === 0) return { faults: [], findings: [problem(`${source} has no recipients`, check)] };
  const { recipients, lines } = await resolve(list, keystore, trust);
  const mine = new Set((await own().catch(() => [])).map(({ primaryFingerprint }) => primaryFingerprint));
  const faults = lines.flatMap(({ problem: fault, meant }): readonly LineFault[] => {
    if (fault === undefined) return [];
    const key = meant?.publicKey.primaryKey.fingerprint;
    const isUntrusted = fault.rule === 'recipient-not-valid';
    const isOwn = key !== undefined && mine.has(key);
    const command =
      isOwn && isUntrusted ? `echo ${key}:6: | gpg --import-ownertrust` : commandIn(fault.suggestion ?? '');
    const message =
      isUntrusted && !isOwn ? `${fault.message}; first compare the fingerprint with its owner` : fault.message;
    return [{ place: fault.place ? placeText(fault.place) : source, message, command: command ?? check }];
  });
  const names = recipients.map(({ publicKey: { userIds, primaryKey } }) => userIds[0]?.text ?? primaryKey.fingerprint);
  const readers = names.length === 0 ? 'nobody can be encrypted for' : listText(names);
  return { faults, findings: [ok(`${source}: ${readers} (trust mode ${trust})`)] };
}

// One cause is told once, however many lists have it.
function causeFindings(faults: readonly LineFault[]): readonly DoctorFinding[] {
  const causes = groupBy(faults, ({ message, command }) => `${message}\n${command}`);
  return [...causes.values()].flatMap((same) => {
    const [first] = same;
    return first ? [problem(`${listText(same.map(({ place }) => place))}: ${first.message}`, first.command)] : [];
  });
}

// Without a key of one's own one can only encrypt, and a finding about keys says so.
async function strangerFindings(list: RecipientList, checkup: Checkup): Promise<readonly DoctorFinding[]> {
  const [own] = await checkup.own().catch(() => []);
  if (own === undefined || (await checkup.isMine(list))) return [];
  const { source, file = source } = list;
  const message = `none of your keys is in ${source}: you cannot read what you encrypt`;
  return [warning(message, `eyaml recipients add ${own.primaryFingerprint} --to ${shownArgument(file)}`)];
}
