import type { SignedText } from '../../openpgp/cleartext.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { RememberedManifest } from '../seen/format.js';
import type { Repository } from '../seen/repository.js';
import { MANIFEST_FILE, unsigned } from './file.js';
import { parseManifest, type Manifest } from './manifest.js';
import { digestOfText, verifyManifest, type Requirement, type SignerKeys, type VerifiedManifest } from './verify.js';

/** Whose signatures count, by what this user has accepted or says: never by what stands in the repository. */
export interface SignerTrust {
  /** The last manifest of the repository that was accepted. */
  readonly remembered: RememberedManifest | undefined;
  /** The signers in the user's own configuration. */
  readonly configured: readonly Fingerprint[];
  /** The signers that the user names now. */
  readonly named?: Omit<Requirement, 'by'> | undefined;
}

/**
 * Decides about a signed manifest: enough of the signers must have signed it, it must be for this repository, and not be older than what
 * was accepted before.
 *
 * @throws `EyamlError` `RECIPIENTS_UNSIGNED`, also if nobody says who the signers are.
 */
export async function judgeManifest(
  signed: SignedText,
  {
    repository,
    trust,
    keys,
  }: { readonly repository: Repository; readonly trust: SignerTrust; readonly keys: SignerKeys },
): Promise<VerifiedManifest> {
  const [first, ...more] = requirementsOf(trust);
  if (first === undefined) throw nobodyTrusted();
  const verified = await verifyManifest(signed, [first, ...more], keys);
  const { remembered } = trust;
  refuseForeign(verified.manifest, repository, remembered);
  if (remembered !== undefined) refuseOlder(verified, remembered);
  const warnings = isRootCommit(repository.id) || remembered !== undefined ? [] : [UNKNOWN_ROOT];
  return { ...verified, warnings: [...verified.warnings, ...warnings] };
}

const UNKNOWN_ROOT =
  'the root commit is not known here, so whether the manifest is for this repository was not compared (in a shallow clone: git fetch --unshallow)';

/** The manifest in a text that was accepted before, whatever its signatures are now; undefined for any other text. */
export function acceptedBefore({ text }: SignedText, { remembered, configured }: SignerTrust): Manifest | undefined {
  if (remembered?.digest !== digestOfText(text)) return undefined;
  const isSignedByOwn = configured.length === 0 || configured.some((signer) => remembered.signedBy.includes(signer));
  return isSignedByOwn ? parseManifest(text) : undefined;
}

/** Whether anybody says who the signers are. */
export function hasSigners({ remembered, configured }: SignerTrust): boolean {
  return remembered !== undefined || configured.length > 0;
}

/** Whether the ID of a repository is its root commit. */
export function isRootCommit(id: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id);
}

function requirementsOf({ remembered, configured, named }: SignerTrust): readonly Requirement[] {
  return [
    ...(remembered ? [{ ...remembered, by: 'the signers that were accepted here' }] : []),
    ...(configured.length > 0 ? [{ signers: configured, threshold: 1, by: 'the signers in your configuration' }] : []),
    ...(named ? [{ ...named, by: 'the named signers' }] : []),
  ];
}

function nobodyTrusted() {
  return unsigned(`${MANIFEST_FILE} is there, and no signer was accepted here yet`, {
    suggestions: [
      'get the fingerprints of the signers from themselves, then: eyaml recipients verify --signer FINGERPRINT',
    ],
  });
}

function refuseForeign(
  { repository: named }: Manifest,
  { id }: Repository,
  remembered: RememberedManifest | undefined,
): void {
  const wanted = isRootCommit(id) ? id : remembered?.repository;
  if (wanted === undefined || wanted === named) return;
  throw unsigned(`${MANIFEST_FILE} is signed for another repository: ${named}, and this is ${wanted}`, {
    suggestions: ['find out who copied it here; if it was you: eyaml recipients sign'],
  });
}

function refuseOlder({ accepted: { serial, digest } }: VerifiedManifest, remembered: RememberedManifest): void {
  if (serial > remembered.serial || digest === remembered.digest) return;
  const message =
    serial < remembered.serial
      ? `${MANIFEST_FILE} is older than the one that was accepted here: serial ${serial}, after ${remembered.serial}`
      : `${MANIFEST_FILE} has the same serial, ${serial}, as the one that was accepted here, and says something else`;
  throw unsigned(message, {
    suggestions: ['if you went back to an older commit, go forward again; else a signer runs: eyaml recipients sign'],
  });
}
