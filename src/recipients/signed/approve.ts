import { existsSync } from 'node:fs';
import path from 'node:path';
import { shownPath } from '../../files/shown.js';
import type { ApprovalRequest } from '../approval.js';
import { placesOf } from '../places.js';
import { compareKeys, foldersOf, governedBy, recordedKey, recordName, type RecordedKey } from '../record.js';
import type { Governing, RecipientOrigins } from '../source.js';
import type { Memory } from '../seen/format.js';
import { requireManifestFile, unsigned } from './file.js';
import { acceptedBefore, hasSigners, judgeManifest } from './judge.js';
import { recordIn, type Manifest } from './manifest.js';
import { findPlace, memoryOf, placeAt, rememberManifest, within, type SignedPlace, type Signing } from './signing.js';

/**
 * Makes the approval of recipients that are signed, wherever a signed manifest was accepted before or the user's own configuration names
 * signers; about others it says nothing. Nobody needs to be asked about what is signed.
 *
 * @returns a function that gives those requests that a signed manifest confirms, and throws `EyamlError` `RECIPIENTS_UNSIGNED` if there is
 * none, it does not count, or it says something else; `MEMORY_UNUSABLE`.
 */
export function createApproveSigned(
  signing: Signing,
): (requests: readonly ApprovalRequest[]) => Promise<ReadonlySet<ApprovalRequest>> {
  const manifests = new Map<string, Promise<Manifest>>();
  return async (requests) => {
    const confirmed = new Set<ApprovalRequest>();
    const isOfRepository = ({ found }: ApprovalRequest) => isChosenBy(signing.origins, found);
    const concerned = requests.filter(
      (request) => isOfRepository(request) || (request.found.kind === 'file' && !request.found.isNamed),
    );
    if (concerned.length === 0) return confirmed;
    const memory = memoryOf(signing);
    const isUsed = signing.configured.length > 0 || [...memory.repositories.values()].some(({ manifest }) => manifest);
    const isConfirmedAt = async (request: ApprovalRequest, target: string, isLinked: boolean) => {
      const place = await placeAt(target, signing, memory);
      if (!hasSigners(place.trust)) {
        await refuseHidden(place, signing, memory);
        return false;
      }
      if (isOfRepository(request)) throw chosenByFolder(signing.origins?.folder ?? '');
      const { id } = place.repository;
      const manifest = manifests.get(id) ?? acceptedManifest(place, signing);
      manifests.set(id, manifest);
      compare(request, target, await manifest, place, isLinked);
      return true;
    };
    for (const request of isUsed ? concerned : []) {
      const [real, ...linked] = await placesOf(request.target);
      let isConfirmed = await isConfirmedAt(request, real, false);
      for (const place of linked) isConfirmed = (await isConfirmedAt(request, place, true)) && isConfirmed;
      if (isConfirmed) confirmed.add(request);
    }
    return confirmed;
  };
}

// A .git that appears in a folder would take it out of the tree around it, and out of what is signed there.
async function refuseHidden({ repository: { top } }: SignedPlace, signing: Signing, memory: Memory): Promise<void> {
  for (const folder of foldersOf(top)) {
    if (!memory.repositories.has(folder) && !existsSync(path.join(folder, '.git'))) continue;
    const outer = await findPlace(within(folder), signing, memory);
    if (!hasSigners(outer.trust)) continue;
    const { files, rules } = await acceptedManifest(outer, signing);
    const inside = `${recordName(outer.repository.top, top)}/`;
    if (![...files, ...rules].some(({ path }) => path.startsWith(inside))) continue;
    const [here, around] = [shownPath(top), shownPath(outer.repository.top)];
    throw unsigned(`${here} is a repository of its own, but its recipients are signed in ${around}`, {
      suggestions: [`find out where ${shownPath(path.join(top, '.git'))} comes from`],
    });
  }
}

/** The manifest of a place; a new one that is good is remembered. */
async function acceptedManifest({ repository, trust }: SignedPlace, signing: Signing): Promise<Manifest> {
  const { keystore } = signing;
  const signed = await requireManifestFile(repository.top);
  const known = acceptedBefore(signed, trust);
  if (known) return known;
  const { manifest, accepted } = await judgeManifest(signed, {
    repository,
    trust,
    keys: { keystore, top: repository.top },
  });
  await rememberManifest(signing, repository, accepted);
  return manifest;
}

function compare(
  { found, recipients }: ApprovalRequest,
  target: string,
  manifest: Manifest,
  { repository: { top } }: SignedPlace,
  isLinked: boolean,
): void {
  const record = recordIn(manifest);
  const signed = governedBy(record, top, target);
  const now = found.kind === 'file' ? recordName(top, found.file) : undefined;
  const at = (name: string) => shownPath(path.resolve(top, name));
  const { added, removed } = compareKeys(record.files.get(signed ?? '') ?? [], recipients.map(recordedKey));
  const strangers = added.map((key) => `${textOf(key)} is not signed`);
  const elsewhere = signed === undefined ? 'no recipients file is signed for it' : `signed is ${at(signed)}`;
  // A link may lead to where another file is signed, as long as nobody else reads there.
  const problems = isLinked
    ? strangers.map((message) => `${message} for it, and it leads there by a link`)
    : [
        ...(signed === now ? [] : [elsewhere]),
        ...strangers,
        ...removed.map((key) => `${textOf(key)} is signed, but not a recipient now`),
      ];
  if (problems.length === 0) return;
  const file = now === undefined ? undefined : at(now);
  throw unsigned(`the recipients of ${shownPath(target)} are not those that are signed; nothing was encrypted`, {
    problems: problems.map((message) => ({ place: file === undefined ? undefined : { file }, message })),
    suggestions: [
      'to see all differences: eyaml recipients verify',
      'if they are right, a signer runs: eyaml recipients sign',
    ],
  });
}

function textOf({ fingerprint, name }: RecordedKey): string {
  return `${name} ${fingerprint}`.trim();
}

// A setting in the folder's own configuration would outrank every signed file.
function isChosenBy(origins: RecipientOrigins | undefined, found: Governing): boolean {
  const place =
    found.kind === 'options'
      ? found.place
      : found.isNamed && found.rule === undefined
        ? origins?.recipientsFile
        : undefined;
  return origins?.folder !== undefined && place !== undefined && 'file' in place && place.file === origins.folder;
}

function chosenByFolder(file: string) {
  return unsigned(`${shownPath(file)} names the recipients, and that is not signed; nothing was encrypted`, {
    suggestions: ['remove its gpg_recipients or gpg_recipients_file, or do not read it: --no-folder-config'],
  });
}
