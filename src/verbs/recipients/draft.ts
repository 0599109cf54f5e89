import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { EyamlError, type Problem } from '../../errors.js';
import { gitTop } from '../../git/top.js';
import type { OwnSigner } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { nearestKeysFolder } from '../../recipients/nearest.js';
import type { SignedContent } from '../../recipients/signed/changes.js';
import { MANIFEST_FILE, readManifestFile, unsigned } from '../../recipients/signed/file.js';
import { isRootCommit, type SignerTrust } from '../../recipients/signed/judge.js';
import { parseManifest, renderManifest, type Manifest } from '../../recipients/signed/manifest.js';
import type { SignedPlace, Signing } from '../../recipients/signed/signing.js';
import { digestOfText, judgeSignatures } from '../../recipients/signed/verify.js';
import { chooseSigner, namedSigners } from './signer.js';
import { differences } from './verify.js';

/** How to sign. */
export interface SignOptions {
  /** The key to sign with. */
  readonly signer?: Fingerprint | undefined;
  /** Who may sign from now on. */
  readonly signers?: readonly Fingerprint[] | undefined;
  readonly threshold?: number | undefined;
}

/** What is to be signed. */
export interface Draft {
  readonly manifest: Manifest;
  /** The signatures that it has already. */
  readonly signatures: readonly Uint8Array[];
  readonly signer: OwnSigner;
  /** What it says otherwise than the manifest before; empty if there was none. */
  readonly changes: readonly Problem[];
}

/** A manifest in its file, with at least one signature of somebody who may sign. */
interface Current {
  readonly manifest: Manifest;
  readonly signatures: readonly Uint8Array[];
}

/**
 * Makes what is to be signed: the manifest that is there, if it says what is true now and what is wanted, else a new one.
 *
 * @throws {@link EyamlError} `RECIPIENTS_INVALID`, `RECIPIENTS_MISSING`, `RECIPIENTS_UNSIGNED`, `NO_SECRET_KEY`, `USAGE`.
 */
export async function draftManifest(place: SignedPlace, options: SignOptions, signing: Signing): Promise<Draft> {
  const { top } = place.repository;
  const content = await signableContent(top, signing);
  const { current, highest } = await findCurrent(place, options, signing);
  const { remembered } = place.trust;
  const { signers: expected, threshold } = expectedOf(options, place.trust, current?.manifest);
  const changes = current ? differences(current.manifest, { content, problems: [] }, top) : [];
  const isWanted = current && isSame(current.manifest, expected ?? [], threshold);
  // Nobody must agree to other signers unseen, with a signature that is meant for the recipients.
  const isAsked = options.signers !== undefined || options.threshold !== undefined;
  const isNew = current && digestOfText(renderManifest(current.manifest)) !== remembered?.digest;
  if (isNew && !isWanted && !(remembered && isAsked)) throw saysOtherwise(current.manifest);
  if (isNew && remembered === undefined && changes.length > 0) throw saysOtherwise(current.manifest);
  const allowed = expected && new Set([...expected, ...(remembered?.signers ?? [])]);
  const signer = await chooseSigner(options.signer, allowed, signing.keystore);
  const signers = expected ?? [signer.fingerprint];
  if (threshold > new Set(signers).size)
    throw new EyamlError('USAGE', `--threshold ${threshold} needs as many signers: name them with --signers`);
  if (current && isWanted && changes.length === 0) return { ...current, signer, changes };
  const named = await namedSigners(signers, signing.keystore, await nearestKeysFolder(path.join(top, 'file')));
  const repository = await repositoryOf(place, current);
  const manifest = { repository, serial: highest + 1, threshold, signers: named, ...content };
  return { manifest, signatures: [], signer, changes };
}

/** Who is to sign from now on, and how many: what the user says, else as before; undefined for whoever signs first. */
function expectedOf(
  options: SignOptions,
  { remembered, configured }: SignerTrust,
  current: Manifest | undefined,
): { readonly signers: readonly Fingerprint[] | undefined; readonly threshold: number } {
  // Where only the configuration says who signs, one of those has signed this.
  const vouched = remembered === undefined && configured.length > 0 ? current : undefined;
  const ofCurrent = vouched?.signers.map(({ fingerprint }) => fingerprint);
  return {
    signers: options.signers ?? remembered?.signers ?? ofCurrent,
    threshold: options.threshold ?? remembered?.threshold ?? vouched?.threshold ?? 1,
  };
}

async function signableContent(top: string, signing: Signing): Promise<SignedContent> {
  const { content, problems } = await signing.treeOf(top);
  if (problems.length > 0)
    throw new EyamlError('RECIPIENTS_INVALID', 'cannot sign: it is not sure who all recipients are', { problems });
  if (content.files.length > 0) return content;
  throw new EyamlError('RECIPIENTS_MISSING', `no recipients: there is no recipients file in ${top}`, {
    suggestions: ['eyaml init, or eyaml recipients add --new KEY'],
  });
}

/**
 * The manifest that is there, and the highest serial that is known. One without a signature of somebody who may sign does not count, nor
 * does an old one; where nobody may sign yet, the user must name the signers.
 */
async function findCurrent(
  { repository: { top }, trust: { remembered, configured } }: SignedPlace,
  { signers }: SignOptions,
  signing: Signing,
): Promise<{ readonly current?: Current; readonly highest: number }> {
  const highest = remembered?.serial ?? 0;
  const found = await readManifestFile(top);
  if (found === undefined) return { highest };
  const known = [...(remembered?.signers ?? signers ?? []), ...configured];
  if ('damage' in found) {
    if (remembered === undefined) throw found.damage;
    return { highest: Math.max(highest, ...serialsIn(found.content).filter((serial) => serial < highest + FAR)) };
  }
  if (known.length === 0) throw neverAccepted();
  const verdicts = await judgeSignatures(found, known, { keystore: signing.keystore, top });
  const manifest = verdicts.some(({ isGood }) => isGood) ? parseManifest(found.text) : undefined;
  if (manifest === undefined && remembered === undefined) throw neverAccepted();
  if (manifest === undefined || manifest.serial < highest) return { highest };
  const isOther = manifest.serial === highest && digestOfText(found.text) !== remembered?.digest;
  // Those of keys that are not known here are kept: others may know them.
  const signatures = found.signatures.filter(
    (_, i) => verdicts[i]?.isGood !== false || verdicts[i].signer === undefined,
  );
  return isOther ? { highest } : { current: { manifest, signatures }, highest: manifest.serial };
}

// A serial that is not signed is believed only if it is near: both sides of a conflict count on from the same one.
const FAR = 1000;

function serialsIn(text: string): readonly number[] {
  return Array.from(text.matchAll(/^serial (\d{1,15})$/gm), ([, serial]) => Number(serial));
}

function isSame({ signers, threshold }: Manifest, wanted: readonly Fingerprint[], wantedThreshold: number): boolean {
  const now = new Set(signers.map(({ fingerprint }) => fingerprint));
  const all = new Set(wanted);
  return threshold === wantedThreshold && now.size === all.size && [...all].every((signer) => now.has(signer));
}

async function repositoryOf(
  { repository: { id, top }, trust }: SignedPlace,
  current: Current | undefined,
): Promise<string> {
  if (isRootCommit(id)) return id;
  const known = trust.remembered?.repository ?? current?.manifest.repository;
  if (known !== undefined) return known;
  if ((await gitTop(top)) === undefined) return randomBytes(16).toString('hex');
  throw unsigned('cannot sign: the root commit of the repository is not known here', {
    suggestions: ['without a commit, make the first one; in a shallow clone: git fetch --unshallow'],
  });
}

function neverAccepted(): EyamlError {
  return unsigned(`${MANIFEST_FILE} is there, and no signer was accepted here yet`, {
    suggestions: [
      'compare the fingerprints of the signers with themselves, then: eyaml recipients verify --signer FINGERPRINT',
      'or, if it waits for your signature, name all signers: eyaml recipients sign --signers FINGERPRINT,…',
    ],
  });
}

function saysOtherwise({ signers, threshold }: Manifest): EyamlError {
  return unsigned(`${MANIFEST_FILE} says something else than what you sign`, {
    problems: signers.map(({ fingerprint, name }) => ({
      message: `it names the signer ${fingerprint} ${name}`.trim(),
    })),
    suggestions: [
      `its threshold is ${threshold}; if all of this is right, give the same --signers and --threshold`,
      'if it names them already, the recipients have changed: eyaml recipients verify shows how',
    ],
  });
}
