import { EyamlError, hasCode, unreadableProblem } from '../errors.js';
import { unfinishedPairHints } from '../files/key-pair.js';
import type { RecipientKey } from '../pkcs7/keys.js';
import {
  NO_DRIFT,
  repeatedIn,
  type Audience,
  type Drift,
  type CompleteEncryptor,
  type Messages,
  type Reader,
  type Sealer,
} from './encryptor.js';
import { createTeamKeys, type TeamKeyOptions, type TeamKeys } from './pkcs7-keys.js';

// Loaded late: it brings an ASN.1 library, which is not needed without PKCS7 values.
const envelopes = () => import('../pkcs7/envelope.js');

/** Encrypts and decrypts `ENC[PKCS7,…]` values: an RSA key pair for a whole team. */
export function createPkcs7Encryptor(options: TeamKeyOptions): CompleteEncryptor {
  const keys = createTeamKeys(options);
  const warnOfOthers = createWarning(keys, options.messages);

  async function prepare(again = false): Promise<Sealer> {
    const [own, { readEnvelope, writeEnvelope }] = await Promise.all([keys.publicKey(again), envelopes()]);
    await warnOfOthers(own);
    return {
      source: own.name,
      readers: own.hasCertificate ? [readerOf(own.certificate.text)] : [],
      encrypt: (plaintext) => Promise.resolve(writeEnvelope(plaintext, own.publicKey, own.certificate)),
      compare: (ciphertext) => {
        const { readers } = readEnvelope(ciphertext);
        return own.hasCertificate ? driftOf(readers, own.certificate.text) : unknownDrift(readers);
      },
    };
  }

  async function review(): Promise<Audience> {
    const { readEnvelope } = await envelopes();
    try {
      const sealer = await prepare();
      return { source: sealer.source, problems: [], compare: (ciphertext) => sealer.compare(ciphertext) };
    } catch (error) {
      const problem = unreadableProblem(error);
      // A variable that is not set is a mistake, not a missing key.
      const isInVariable = (options.publicKey.variable ?? options.publicKey.base64Variable) !== undefined;
      const isMissing = hasCode(error, 'METHOD_UNAVAILABLE', 'KEY_FILE_MISSING') && !isInVariable;
      if (problem === undefined && !isMissing) throw error;
      return {
        source: options.publicKey.file,
        problems: problem ? [problem] : [],
        // Damage can be found without any key.
        compare: (ciphertext) => unknownDrift(readEnvelope(ciphertext).readers),
      };
    }
  }

  return {
    tag: 'PKCS7',
    prepare: (_target, again) => prepare(again),
    decrypt: (ciphertext) => decrypt(ciphertext, keys, options),
    decryptUnasked: async (ciphertext) => {
      const mine = await keys.privateKeyUnasked();
      return mine && ((await envelopes()).readEnvelope(ciphertext).open(mine.privateKey) ?? undefined);
    },
    readersIn: async (ciphertext) => (await envelopes()).readEnvelope(ciphertext).readers,
    whoReads: (ids) => Promise.resolve(new Map(ids.map((id) => [id, readerOf(id)]))),
    isAvailable: () => keys.hasPublicKey(),
    review,
  };
}

/** Makes a function that warns, once, users who cannot decrypt what they encrypt. */
function createWarning(keys: TeamKeys, { warn }: Messages): (own: RecipientKey) => Promise<void> {
  let isTold = false;
  return async (own) => {
    // Only for a warning: users without a private key can still encrypt, and nobody is asked for a passphrase.
    const mine = await keys.privateKeyUnasked();
    if (mine === undefined || (await keys.isPair(mine, own)) || isTold) return;
    isTold = true;
    warn(`the private key in ${mine.name} does not belong to ${own.name}: you will not be able to read these values`);
  };
}

async function decrypt(
  ciphertext: Uint8Array,
  keys: TeamKeys,
  { privateKey: { file, option } }: TeamKeyOptions,
): Promise<Uint8Array> {
  const { readEnvelope } = await envelopes();
  const envelope = readEnvelope(ciphertext);
  const mine = await keys.privateKey();
  const plaintext = envelope.open(mine.privateKey);
  if (plaintext) return plaintext;
  const own = await keys.publicKey().catch(() => undefined);
  const has = own?.hasCertificate ? whatItHas(own, await keys.isPair(mine, own), envelope.readers) : '';
  throw new EyamlError(
    'NO_SECRET_KEY',
    `it is encrypted for the certificate with ${envelope.readers.join(', or ')}: the private key in ${mine.name} does not open it${has}`,
    {
      suggestions: [
        ...unfinishedPairHints(file),
        `name the right key with --${option}; if it is the right one, the value is damaged`,
      ],
    },
  );
}

// This compares only keys; it does not explain why the value could not be opened.
function whatItHas({ name, certificate: { text } }: RecipientKey, isPair: boolean, wanted: readonly string[]): string {
  if (!isPair) return `; that key does not belong to the certificate in ${name} (${text})`;
  if (!wanted.includes(text)) return `; its certificate in ${name} has ${text}`;
  return `; its certificate in ${name} has the same serial number and issuer: the old tool gives them to every pair`;
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
