import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Problem } from '../../errors.js';
import type { Keystore, PublicKey } from '../../keys/keystore.js';
import { signedOctets, type SignedText } from '../../openpgp/cleartext.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import { judgeTextSignature, type SignatureVerdict, type SignerKey } from '../../openpgp/text-signature.js';
import { nearestKeysFolder } from '../nearest.js';
import type { RememberedManifest } from '../seen/format.js';
import { MANIFEST_FILE, unsigned } from './file.js';
import { parseManifest, type Manifest } from './manifest.js';

/** How many of some signers must have signed, and what says so. */
export interface Requirement {
  readonly signers: readonly Fingerprint[];
  readonly threshold: number;
  /** For messages, after `signature of`. */
  readonly by: string;
}

/** A manifest whose signatures suffice. */
export interface VerifiedManifest {
  readonly manifest: Manifest;
  /** What is remembered once it is accepted. */
  readonly accepted: RememberedManifest;
  readonly warnings: readonly string[];
}

/** Where the public keys of signers are. */
export interface SignerKeys {
  readonly keystore: Pick<Keystore, 'search' | 'exportKeys'>;
  /** The top folder of the work tree, which may have a folder of public keys. */
  readonly top: string;
  /** In seconds since 1970. */
  readonly now?: number;
}

/** The digest by which a manifest is remembered. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Verifies the signatures of a manifest. It is read only when what is required of it from outside holds, and then its own signers must
 * have signed too. The keys come from the keystore; whether GnuPG trusts them does not matter, since fingerprints are compared.
 *
 * @param requirements - what is required from outside; at least one.
 * @throws {@link EyamlError} `RECIPIENTS_UNSIGNED`.
 */
export async function verifyManifest(
  signed: SignedText,
  requirements: readonly [Requirement, ...Requirement[]],
  keys: SignerKeys,
): Promise<VerifiedManifest> {
  const outside = await judgeSignatures(
    signed,
    requirements.flatMap(({ signers }) => signers),
    keys,
  );
  for (const requirement of requirements) demand(requirement, outside);
  const manifest = parseManifest(signed.text);
  if (manifest === undefined)
    throw unsigned(`${MANIFEST_FILE} is signed, but not a manifest that this version of eyaml knows`);
  const signers = manifest.signers.map(({ fingerprint }) => fingerprint);
  const verdicts = await judgeSignatures(signed, signers, keys);
  demand({ signers, threshold: manifest.threshold, by: 'the signers that it names' }, verdicts);
  const { repository, serial, threshold } = manifest;
  const good = [...outside, ...verdicts].filter((verdict) => verdict.isGood);
  const signedBy = [...new Set(good.map(({ signer }) => signer))];
  const expired = new Set(good.flatMap(({ signer, hasExpired }) => (hasExpired ? [signer] : [])));
  return {
    manifest,
    accepted: { repository, serial, digest: digestOfText(signed.text), signers, threshold, signedBy },
    warnings: [...expired].map((signer) => `the key of the signer ${signer} has expired since it signed`),
  };
}

/** What each signature is worth, if one of these signers made it. */
export async function judgeSignatures(
  { text, signatures }: SignedText,
  signers: readonly Fingerprint[],
  { now = Date.now() / 1000, ...places }: SignerKeys,
): Promise<readonly SignatureVerdict[]> {
  const keys = await findKeys(signers, places);
  const octets = signedOctets(text);
  return signatures.map((body) => judgeTextSignature(body, octets, keys, now));
}

// As far as they are known.
async function findKeys(
  signers: readonly Fingerprint[],
  { keystore, top }: Omit<SignerKeys, 'now'>,
): Promise<readonly SignerKey[]> {
  const wanted = new Set(signers);
  const terms = [...wanted].map((hex) => ({ kind: 'hex' as const, hex }));
  const found = await keystore.search(terms, await nearestKeysFolder(path.join(top, 'file')));
  const keys = found.filter(({ primaryKey }) => wanted.has(primaryKey.fingerprint));
  if (keys.length === 0) return [];
  const { readKeyFile } = await import('../../openpgp/keys.js');
  const octets = await keystore.exportKeys(keys.map(({ primaryKey }) => primaryKey.fingerprint));
  const revoked = new Set(keys.flatMap(revokedParts));
  const read = readKeyFile(octets).keys;
  return read.filter(({ fingerprint }) => wanted.has(fingerprint)).map((key) => ({ key, revoked }));
}

function revokedParts({ primaryKey, subkeys }: PublicKey): readonly Fingerprint[] {
  return [primaryKey, ...subkeys].flatMap(({ validity, fingerprint }) => (validity === 'r' ? [fingerprint] : []));
}

const KEYS_NEEDED = 'a signature counts only if the public key is in GnuPG, .eyaml/public-keys or --gpg-public-keys';

function demand({ signers, threshold, by }: Requirement, verdicts: readonly SignatureVerdict[]): void {
  const good = new Set(verdicts.flatMap((verdict) => (verdict.isGood ? [verdict.signer] : [])));
  const wanted = new Set(signers);
  const missing = [...wanted].filter((signer) => !good.has(signer));
  const have = wanted.size - missing.length;
  if (have >= threshold) return;
  const problems = verdicts.flatMap((verdict): readonly Problem[] => {
    if (verdict.isGood)
      return signers.includes(verdict.signer) ? [] : [{ message: `${verdict.signer} is not one of them` }];
    const who = verdict.signer ?? (verdict.issuer && `key ID ${verdict.issuer}`) ?? 'unknown';
    return [{ message: `the signature of ${who} ${verdict.reason}` }];
  });
  const count = `${threshold} ${threshold === 1 ? 'signature' : 'signatures'}`;
  const silent = missing.filter((signer) => !verdicts.some((verdict) => verdict.signer === signer));
  throw unsigned(`${MANIFEST_FILE} needs ${count} of ${by}, and has ${have}`, {
    problems: [...problems, ...silent.map((signer) => ({ message: `no signature of ${signer} was found` }))],
    suggestions: [
      'restore it from git, or let them sign: eyaml recipients sign',
      ...(silent.length > 0 ? [KEYS_NEEDED] : []),
    ],
  });
}
