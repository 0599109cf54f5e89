import type { PublicNumbers } from './public-numbers.js';

/** Whether a secret key can be used: as it is, with its passphrase, or not at all (it is on a card, or protected in an unknown way). */
export type SecretState = 'open' | 'locked' | 'missing';

/** A secret key's numbers, most significant octet first (RFC 9580, section 5.5.5). `wipe` overwrites them. */
export interface SecretNumbers {
  readonly publicNumbers: PublicNumbers;
  /** RSA: `d`, `p`, `q`, `u`; ECDH: `d`. */
  readonly secret: Readonly<Record<string, Uint8Array>>;
  wipe(): void;
}

/** Makes {@link SecretNumbers} of numbers that nobody else uses. */
export function wipeable(publicNumbers: PublicNumbers, secret: SecretNumbers['secret']): SecretNumbers {
  return {
    publicNumbers,
    secret,
    wipe: () => {
      for (const number of Object.values(secret)) number.fill(0);
    },
  };
}
