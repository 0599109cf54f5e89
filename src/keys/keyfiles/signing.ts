import { EyamlError } from '../../errors.js';
import type { Fingerprint } from '../../openpgp/identifiers.js';
import type { KeyPart, Keystore, OwnSigner, PublicKey } from '../keystore.js';
import type { SecretKey } from './secret-keys.js';
import { onlyForGnupg, unusable, type Unlocker } from './unlock.js';

/** What signing works with. */
export interface SigningOptions {
  readonly secretKeys: () => Promise<readonly SecretKey[]>;
  /** The public half of a key of the user, as its own signatures and all revocations have it now. */
  readonly publicKeyOf: (primary: Fingerprint) => Promise<PublicKey | undefined>;
  readonly unlocker: Unlocker;
}

/** Makes the signing with keys in files. */
export function createSigning({
  secretKeys,
  publicKeyOf,
  unlocker,
}: SigningOptions): Pick<Keystore, 'ownSigners' | 'signText'> {
  const signerOf = async (secret: SecretKey) => {
    const publicKey = await publicKeyOf(secret.key.fingerprint);
    const part = publicKey && signingPart(publicKey, secret);
    return part && { secret, part, userId: publicKey.userIds[0]?.text ?? '' };
  };
  return {
    ownSigners: async () => {
      const found = await Promise.all((await secretKeys()).map(signerOf));
      return found.flatMap((signer): readonly OwnSigner[] =>
        signer ? [{ fingerprint: signer.secret.key.fingerprint, userId: signer.userId }] : [],
      );
    },
    signText: async (primary, text) => {
      const secret = (await secretKeys()).find(({ key }) => key.fingerprint === primary);
      const signer = secret && (await signerOf(secret));
      if (signer === undefined)
        throw new EyamlError('NO_SECRET_KEY', `no key file can sign with the key ${primary} now`);
      const named = { ...signer.part, userId: signer.userId };
      return unlocker.use(signer.secret, named, async (passphrase) => {
        const { signText } = await import('../../openpgp/sign.js');
        return signText(text, signer.secret.octets, named.fingerprint, passphrase).catch((error: unknown) => {
          throw (error instanceof RangeError ? unusable : onlyForGnupg)(signer.secret, named);
        });
      });
    },
  };
}

// As GnuPG chooses: the newest signing subkey, else the primary key.
function signingPart({ primaryKey, subkeys }: PublicKey, { states }: SecretKey): KeyPart | undefined {
  const isUsable = ({ validity, canSign, fingerprint }: KeyPart) =>
    canSign && validity === '-' && (states.get(fingerprint) ?? 'missing') !== 'missing';
  const [newest] = subkeys.filter(isUsable).sort((a, b) => b.created - a.created);
  return newest ?? (isUsable(primaryKey) ? primaryKey : undefined);
}
