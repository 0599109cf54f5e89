import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../../context/context.js';
import { hasCode, type EyamlError } from '../../errors.js';
import { shownPath } from '../../files/shown.js';
import { readSnapshot, replaceFile } from '../../files/snapshot.js';
import { signedOctets, writeCleartext, type SignedText } from '../../openpgp/cleartext.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { MANIFEST_FILE, unsigned } from '../../recipients/signed/file.js';
import { hasSigners, judgeManifest } from '../../recipients/signed/judge.js';
import { renderManifest, type Manifest } from '../../recipients/signed/manifest.js';
import { rememberManifest, type SignedPlace, type Signing } from '../../recipients/signed/signing.js';
import { judgeSignatures } from '../../recipients/signed/verify.js';
import { draftManifest, type Draft, type SignOptions } from './draft.js';
import { placeOf } from './place.js';

/** What was signed. */
export interface SignedRecipients extends Draft {
  readonly file: string;
  /** Whether the signature was there already. */
  readonly isOld: boolean;
  /** What is still missing; undefined if it is complete and counts here from now on. */
  readonly missing: EyamlError | undefined;
}

/**
 * Signs who may read in the repository of a file or folder. A manifest that says what is true now gets one more signature; else a new
 * one is made with a higher serial. When it has enough signatures it is remembered, and the people in it are seen.
 *
 * @param confirm - is shown what is to be signed, and throws if it is not.
 * @throws {@link EyamlError} `RECIPIENTS_UNSIGNED` if it is not clear what is to be signed, or by whom; `RECIPIENTS_INVALID`,
 * `RECIPIENTS_MISSING`; `NO_SECRET_KEY`, `USAGE`; errors of the key; `FILE_UNWRITABLE`, `FILE_CHANGED`.
 */
export async function signRecipients(
  fileOrFolder: string,
  options: SignOptions,
  context: Context,
  confirm: (draft: Draft) => Promise<void> = () => Promise.resolve(),
): Promise<SignedRecipients> {
  const { signing } = context;
  const place = await placeOf(fileOrFolder, context);
  const { top } = place.repository;
  const file = path.join(top, MANIFEST_FILE);
  const snapshot = await readSnapshot(file);
  const draft = await draftManifest(place, options, signing);
  const { signer, manifest, signatures } = draft;
  const text = renderManifest(manifest);
  const isOld = await isSignedBy(signer.fingerprint, { text, signatures }, signing, top);
  if (!isOld) await confirm(draft);
  const signed = isOld
    ? { text, signatures }
    : await withSignature(signer.fingerprint, { text, signatures }, signing, top);
  if (!isOld) {
    await mkdir(path.dirname(file), { recursive: true });
    await replaceFile(snapshot, Buffer.from(writeCleartext(signed)), { onConflict: 'fail' });
  }
  const missing = await acceptIfComplete(signed, manifest, place, signing);
  return { ...draft, file: shownPath(file), isOld, missing };
}

async function withSignature(
  signer: Fingerprint,
  { text, signatures }: SignedText,
  signing: Signing,
  top: string,
): Promise<SignedText> {
  const made = await signing.keystore.signText(signer, signedOctets(text));
  const [verdict] = await judgeSignatures({ text, signatures: [made] }, [signer], { keystore: signing.keystore, top });
  if (verdict?.isGood) return { text, signatures: [...signatures, made] };
  throw unsigned(`your signature would not count: it ${verdict?.reason ?? ''}`);
}

async function isSignedBy(
  signer: Fingerprint,
  signed: SignedText,
  { keystore }: Signing,
  top: string,
): Promise<boolean> {
  const verdicts = await judgeSignatures(signed, [signer], { keystore, top });
  return verdicts.some(({ isGood }) => isGood);
}

async function acceptIfComplete(
  signed: SignedText,
  { signers, threshold }: Manifest,
  { repository, trust }: SignedPlace,
  signing: Signing,
): Promise<EyamlError | undefined> {
  const { top } = repository;
  // Where nobody says who signs, whoever makes the first manifest does.
  const named = hasSigners(trust) ? undefined : { signers: signers.map(({ fingerprint }) => fingerprint), threshold };
  const keys = { keystore: signing.keystore, top };
  try {
    const { accepted } = await judgeManifest(signed, { repository, trust: { ...trust, named }, keys });
    await rememberManifest(signing, repository, accepted, await signing.recordOf(top));
    return undefined;
  } catch (error) {
    if (hasCode(error, 'RECIPIENTS_UNSIGNED')) return error;
    throw error;
  }
}
