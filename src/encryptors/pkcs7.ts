import { EyamlError, unreadableProblem, type Problem } from '../errors.js';
import { unfinishedPairHints } from '../files/key-pair.js';
import type { KeySource, LockedPrivateKey, PrivateKey, RecipientKey } from '../pkcs7/keys.js';
import type { Auditor } from './gpg/review.js';
import { NO_DRIFT, repeatedIn, type Drift, type Encryptor, type Messages, type Reader } from './encryptor.js';

/** What the PKCS7 encryptor works with. */
export interface Pkcs7EncryptorOptions {
  readonly publicKey: KeySource;
  readonly privateKey: KeySource;
  readonly environment: NodeJS.ProcessEnv;
  readonly messages: Messages;
  /** Asks a person for the passphrase of the private key; see {@link PemPassphraseFor}. */
  readonly askPassphrase?: PemPassphraseFor | undefined;
}

/**
 * Gives the passphrase of a private key in PEM, found at `name`.
 *
 * @param attempt - 1, then 2 and 3 when the last answer was wrong.
 * @returns undefined where there is nobody to ask.
 */
export type PemPassphraseFor = (name: string, attempt: number) => Promise<Buffer | undefined>;

const TRIES = 3;

/** The PKCS7 encryptor, and what `check` needs of it. */
export interface Pkcs7Encryptor extends Encryptor {
  readonly audit: Auditor;
}

/** Encrypts and decrypts `ENC[PKCS7,…]` values: an RSA key pair for a whole team. Each key is loaded once, when it is needed. */
export function createPkcs7Encryptor(options: Pkcs7EncryptorOptions): Pkcs7Encryptor {
  const { environment, messages } = options;
  // These modules bring an ASN.1 library, which whoever has no PKCS7 values need not load.
  const keys = () => import('../pkcs7/keys.js');
  const envelopes = () => import('../pkcs7/envelope.js');
  let publicKey: Promise<RecipientKey> | undefined;
  let privateKey: Promise<PrivateKey | LockedPrivateKey> | undefined;
  let unlocked: Promise<PrivateKey> | undefined;
  let warned = false;

  async function recipient(): Promise<RecipientKey> {
    publicKey ??= keys().then(async ({ loadPublicKey }) => {
      const loaded = await loadPublicKey(options.publicKey, environment);
      messages.detail(`PKCS7 public key: ${loaded.name} (${loaded.certificate.text})`);
      return loaded;
    });
    return publicKey;
  }

  async function found(): Promise<PrivateKey | LockedPrivateKey> {
    privateKey ??= keys().then(async ({ loadPrivateKey }) => {
      const loaded = await loadPrivateKey(options.privateKey, environment);
      messages.detail(`PKCS7 private key: ${loaded.name}`);
      return loaded;
    });
    return privateKey;
  }

  // One promise for all values: nobody is asked twice.
  async function secret(): Promise<PrivateKey> {
    const key = await found();
    return 'privateKey' in key ? key : (unlocked ??= unlock(key, options.askPassphrase));
  }

  async function prepare(again = false) {
    if (again && (await publicKey?.catch(() => undefined)) === undefined) publicKey = undefined;
    const [own, { readEnvelope, writeEnvelope }] = await Promise.all([recipient(), envelopes()]);
    // Only a warning hangs on it: who has no private key can encrypt all the same, and nobody is asked for a passphrase.
    const mine = await (unlocked ?? found()).catch(() => undefined);
    if (mine && 'privateKey' in mine && !(await isPair(mine, own)) && !warned) {
      warned = true;
      messages.warn(
        `the private key in ${mine.name} is not that of ${own.name}: you will not be able to read these values back`,
      );
    }
    return {
      source: own.name,
      readers: own.hasCertificate ? [readerOf(own.certificate.text)] : [],
      encrypt: (plaintext: Uint8Array) => Promise.resolve(writeEnvelope(plaintext, own.publicKey, own.certificate)),
      compare: (ciphertext: Uint8Array) => {
        const { readers } = readEnvelope(ciphertext);
        return own.hasCertificate ? driftOf(readers, own.certificate.text) : unknownDrift(readers);
      },
    };
  }

  async function isPair(mine: PrivateKey, own: RecipientKey): Promise<boolean> {
    return (await keys()).isPair(mine, own);
  }

  async function decrypt(ciphertext: Uint8Array): Promise<Uint8Array> {
    const { readEnvelope } = await envelopes();
    const envelope = readEnvelope(ciphertext);
    const mine = await secret();
    const plaintext = envelope.open(mine.privateKey);
    if (plaintext) return plaintext;
    const own = await recipient().catch(() => undefined);
    const has = own?.hasCertificate ? whatItHas(own, await isPair(mine, own), envelope.readers) : '';
    throw new EyamlError(
      'NO_SECRET_KEY',
      `it is encrypted for the certificate with ${envelope.readers.join(', or ')}: the private key in ${mine.name} does not open it${has}`,
      {
        suggestions: [
          ...unfinishedPairHints(options.privateKey.file),
          `name the right key with --${options.privateKey.option}; if it is the right one, the value is damaged`,
        ],
      },
    );
  }

  return {
    tag: 'PKCS7',
    prepare: (_target, again) => prepare(again),
    decrypt,
    whoReads: (ids) => Promise.resolve(new Map(ids.map((id) => [id, readerOf(id)]))),
    isAvailable: async () => (await keys()).hasKey(options.publicKey, environment),
    audit: async () => {
      const problems: Problem[] = [];
      const sealer = await prepare().catch((error: unknown) => {
        const problem = unreadableProblem(error);
        if (problem) problems.push(problem);
        // Values can be told to be damaged without any key.
        else if (!(error instanceof EyamlError) || !/^(?:METHOD_UNAVAILABLE|KEY_FILE_MISSING)$/.test(error.code))
          throw error;
        return undefined;
      });
      const { readEnvelope } = await envelopes();
      return {
        source: sealer?.source ?? options.publicKey.file,
        problems,
        compare: sealer?.compare ?? ((ciphertext) => unknownDrift(readEnvelope(ciphertext).readers)),
      };
    },
  };
}

async function unlock(key: LockedPrivateKey, ask: PemPassphraseFor | undefined): Promise<PrivateKey> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    const passphrase = await ask?.(key.name, attempt);
    if (passphrase === undefined) {
      throw new EyamlError(
        'PASSPHRASE_CANCELLED',
        `the private key in ${key.name} has a passphrase, and there is no terminal to ask for it`,
        {
          suggestions: [
            'Puppet cannot use a key with a passphrase either; to take it off: openssl rsa -in KEY -out NEW-KEY',
          ],
        },
      );
    }
    const unlocked = key.unlock(passphrase);
    passphrase.fill(0);
    if (unlocked) return unlocked;
  }
  throw new EyamlError('PASSPHRASE_WRONG', `the passphrase for the private key in ${key.name} is wrong`);
}

// This compares keys alone, and says nothing of what became of the value.
function whatItHas({ name, certificate: { text } }: RecipientKey, isPair: boolean, wanted: readonly string[]): string {
  if (!isPair) return `; that key is not the one of the certificate in ${name}, which has ${text}`;
  if (!wanted.includes(text)) return `; its certificate in ${name} has ${text}`;
  return `; its certificate in ${name} has the same, as an older pair may have that the old tool made`;
}

function unknownDrift(readers: readonly string[]): Drift {
  return { ...NO_DRIFT, repeated: repeatedIn(readers) };
}

function driftOf(readers: readonly string[], wanted: string): Drift {
  return {
    ...unknownDrift(readers),
    missing: readers.includes(wanted) ? [] : [readerOf(wanted)],
    extra: readers.filter((id) => id !== wanted),
  };
}

function readerOf(id: string): Reader {
  const [, serial = id, issuer = 'unknown issuer'] = /^(serial \S+) (issuer .*)$/s.exec(id) ?? [];
  return { fingerprint: serial, userId: `certificate of ${issuer}`, validity: '-' };
}
