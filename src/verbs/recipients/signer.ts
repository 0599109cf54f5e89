import { EyamlError } from '../../errors.js';
import type { Keystore, OwnSigner } from '../../keys/keystore.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { NamedKey } from '../../recipients/signed/manifest.js';

/**
 * Chooses the key of the user to sign with.
 *
 * @param named - the one that the user names; by default the only one that there is.
 * @param allowed - the signers whose signatures count; undefined if everybody's does.
 * @throws {@link EyamlError} `NO_SECRET_KEY` if the user has no such key, `USAGE` if there are several.
 */
export async function chooseSigner(
  named: Fingerprint | undefined,
  allowed: ReadonlySet<Fingerprint> | undefined,
  keystore: Pick<Keystore, 'ownSigners' | 'hints'>,
): Promise<OwnSigner> {
  const all = await keystore.ownSigners();
  const own = named === undefined ? all : all.filter(({ fingerprint }) => fingerprint === named);
  if (own.length === 0) {
    const which = named === undefined ? 'no key' : `no secret key ${named}`;
    throw new EyamlError('NO_SECRET_KEY', `you have ${which} that can sign now`, {
      suggestions: [...listed(all), keystore.hints().own],
    });
  }
  const signers = own.filter(({ fingerprint }) => allowed?.has(fingerprint) ?? true);
  const [only, ...others] = signers;
  if (only === undefined)
    throw new EyamlError('NO_SECRET_KEY', `${own.map(textOf).join(' and ')} is not a signer here`, {
      suggestions: [
        `signers are ${[...(allowed ?? [])].join(', ')}`,
        'one of them adds you: eyaml recipients sign --signers FINGERPRINT,…',
      ],
    });
  if (others.length > 0)
    throw new EyamlError('USAGE', `you have ${signers.length} keys that can sign: say which with --signer`, {
      suggestions: listed(signers),
    });
  return only;
}

/**
 * The names of signers, for people.
 *
 * @throws {@link EyamlError} `RECIPIENTS_UNSIGNED` for one whose key is not known: with a mistyped fingerprint nobody could sign.
 */
export async function namedSigners(
  signers: readonly Fingerprint[],
  keystore: Pick<Keystore, 'search' | 'hints'>,
  keysFolder: string | undefined,
): Promise<readonly NamedKey[]> {
  const distinct = [...new Set(signers)];
  const found = await keystore.search(
    distinct.map((hex) => ({ kind: 'hex', hex })),
    keysFolder,
  );
  const keys = new Map(found.map((key) => [key.primaryKey.fingerprint, key]));
  const unknown = distinct.filter((signer) => !keys.has(signer));
  if (unknown.length > 0)
    throw new EyamlError('RECIPIENTS_UNSIGNED', `no key is known for the signer ${unknown.join(', ')}`, {
      suggestions: ['give the full fingerprints of primary keys', keystore.hints().add],
    });
  return distinct.map((fingerprint) => ({ fingerprint, name: keys.get(fingerprint)?.userIds[0]?.text ?? '' }));
}

function listed(signers: readonly OwnSigner[]): readonly string[] {
  return signers.map((signer) => `--signer ${signer.fingerprint} is ${signer.userId}`);
}

function textOf({ userId, fingerprint }: OwnSigner): string {
  return `${userId} ${fingerprint}`.trim();
}
