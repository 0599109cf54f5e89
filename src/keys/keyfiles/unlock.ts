import pLimit from 'p-limit';
import { EyamlError } from '../../errors.js';
import type { Fingerprint, KeyId } from '../../openpgp/identifiers.js';
import type { RsaDecrypt, Unwrap } from '../../openpgp/unwrap.js';
import type { OwnSubkey } from '../keystore.js';
import type { SecretKey } from './secret-keys.js';

/** A locked key, for the passphrase prompt. */
export interface LockedKey {
  readonly userId: string;
  /** Of the primary key. */
  readonly keyId: KeyId;
  /** The file it is in, or the name of its source. */
  readonly name: string;
}

/**
 * Gives the passphrase of a key, a buffer that is overwritten after use.
 *
 * @param attempt - 1, then 2 and 3 when the last answer was wrong.
 * @returns undefined to give up.
 */
export type PassphraseFor = (key: LockedKey, attempt: number) => Promise<Buffer | undefined>;

/** A part of a secret key, as messages name it. */
export type NamedPart = Pick<OwnSubkey, 'fingerprint' | 'keyId' | 'userId'>;

/** Unlocks secret keys, each once. */
export interface Unlocker {
  /** @throws {@link EyamlError} when the key cannot be used; a passphrase that was refused is not asked for again. */
  open(secret: SecretKey, subkey: OwnSubkey): Promise<Unwrap>;
  /**
   * Does something once with a key, and with its passphrase if it is locked; `work` resolves to undefined when that is wrong. Throws as
   * `open` does.
   */
  use<T>(secret: SecretKey, part: NamedPart, work: (passphrase?: Buffer) => Promise<T | undefined>): Promise<T>;
  /** Whether a key can be used without asking the user. */
  isOpen(secret: SecretKey, subkey: OwnSubkey): boolean;
  /** Forgets keys and passphrases, but not which passphrases were refused. */
  forget(): void;
}

const TRIES = 3;

const openpgp = () => Promise.all([import('../../openpgp/secret.js'), import('../../openpgp/unwrap.js')]);

/** Makes an {@link Unlocker}. */
export function createUnlocker(passphraseFor: PassphraseFor, rsaDecrypt: RsaDecrypt): Unlocker {
  const opened = new Map<Fingerprint, Promise<Unwrap>>();
  const passphrases = new Map<Fingerprint, Buffer>();
  const refused = new Map<Fingerprint, EyamlError>();
  // A user must not see two questions at once.
  const oneByOne = pLimit(1);

  async function unlock<T>(secret: SecretKey, part: NamedPart, work: Work<T>): Promise<T> {
    const { fingerprint: primary } = secret.key;
    const known = passphrases.get(primary);
    const done = known && (await work(known));
    if (done) return done;
    const earlier = refused.get(primary);
    if (earlier) throw earlier;
    const answer = await askUntilRight(secret, part, passphraseFor, work);
    if ('done' in answer) {
      passphrases.set(primary, answer.passphrase);
      return answer.done;
    }
    refused.set(primary, answer.refusal);
    throw answer.refusal;
  }

  const use: Unlocker['use'] = async (secret, part, work) => {
    const state = secret.states.get(part.fingerprint);
    if (state === 'locked') return oneByOne(() => unlock(secret, part, work));
    if (state !== 'open') throw onlyStub(secret, part);
    const done = await work();
    if (done) return done;
    throw unusable(secret, part);
  };

  return {
    use,
    open: (secret, subkey) => {
      const unwrap: Work<Unwrap> = (passphrase) => unwrapWith(secret, subkey, passphrase, rsaDecrypt);
      const ready = opened.get(subkey.fingerprint) ?? use(secret, subkey, unwrap);
      opened.set(subkey.fingerprint, ready);
      return ready;
    },
    isOpen: ({ states, key }, { fingerprint }) =>
      states.get(fingerprint) === 'open' || (states.get(fingerprint) === 'locked' && passphrases.has(key.fingerprint)),
    forget: () => {
      for (const passphrase of passphrases.values()) passphrase.fill(0);
      passphrases.clear();
      opened.clear();
    },
  };
}

type Work<T> = (passphrase?: Buffer) => Promise<T | undefined>;
type Answer<T> = { readonly passphrase: Buffer; readonly done: T } | { readonly refusal: EyamlError };

async function askUntilRight<T>(
  secret: SecretKey,
  part: NamedPart,
  passphraseFor: PassphraseFor,
  work: Work<T>,
): Promise<Answer<T>> {
  const key = { userId: part.userId, keyId: secret.key.fingerprint.slice(-16) as KeyId, name: secret.name };
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const passphrase = await passphraseFor(key, attempt);
    if (passphrase === undefined && attempt === 1) return { refusal: notGiven(secret, part) };
    if (passphrase === undefined) break;
    const done = await work(passphrase);
    if (done) return { passphrase, done };
    passphrase.fill(0);
  }
  return { refusal: new EyamlError('PASSPHRASE_WRONG', `the passphrase for ${nameOf(secret, part)} is wrong`) };
}

function notGiven(secret: SecretKey, part: NamedPart): EyamlError {
  return new EyamlError('PASSPHRASE_CANCELLED', `no passphrase was given for ${nameOf(secret, part)}`, {
    suggestions: ['without a terminal: --gpg-passphrase-file or --gpg-passphrase-env-var'],
  });
}

function onlyStub(secret: SecretKey, part: NamedPart): EyamlError {
  return new EyamlError('NO_SECRET_KEY', `${nameOf(secret, part)} is not available: the file holds only a stub of it`, {
    suggestions: ['its secret part is on a smart card or in another file: use that file, or GnuPG with the card'],
  });
}

/** @returns undefined when the passphrase is wrong. */
async function unwrapWith(
  secret: SecretKey,
  subkey: OwnSubkey,
  passphrase: Buffer | undefined,
  rsaDecrypt: RsaDecrypt,
): Promise<Unwrap | undefined> {
  const [{ readSecretNumbers }, { createUnwrap }] = await openpgp();
  let unwrap: Unwrap | undefined;
  try {
    const numbers = await readSecretNumbers(secret.octets, subkey.fingerprint, passphrase);
    if (numbers === undefined) return undefined;
    try {
      unwrap = createUnwrap(numbers, rsaDecrypt);
    } finally {
      numbers.wipe();
    }
  } catch {
    throw unusable(secret, subkey);
  }
  if (unwrap) return unwrap;
  throw onlyForGnupg(secret, subkey);
}

/** The error for a type of secret key that is not supported here. */
export function onlyForGnupg(secret: SecretKey, part: NamedPart): EyamlError {
  return new EyamlError('METHOD_UNAVAILABLE', `${nameOf(secret, part)} is a type of key that only GnuPG can use`, {
    suggestions: ['import it into GnuPG (gpg --import) and use GnuPG, or create a new Curve25519 or RSA key'],
  });
}

/** The error for a secret key that is damaged. */
export function unusable(secret: SecretKey, part: NamedPart): EyamlError {
  return new EyamlError(
    'KEY_FILE_INVALID',
    `${nameOf(secret, part)} cannot be used: it is damaged, or protected in an unknown way`,
  );
}

function nameOf({ name }: SecretKey, { keyId, userId }: NamedPart): string {
  return `the secret key ${keyId} (${userId}) from ${name}`;
}
