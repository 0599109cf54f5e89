import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Encryptor } from '../../src/encryptors/encryptor.js';
import { createGpgEncryptor } from '../../src/encryptors/gpg/encryptor.js';
import { createKeyfilesKeystore } from '../../src/keys/keyfiles/keyfiles.js';
import type { SecretKeySource } from '../../src/keys/keyfiles/secret-keys.js';
import type { PassphraseFor } from '../../src/keys/keyfiles/unlock.js';
import type { Keystore } from '../../src/keys/keystore.js';
import type { TrustMode } from '../../src/recipients/match.js';
import { SILENT } from './context.js';
import { BOBS_PASSPHRASE, FIXTURES } from './gnupg.js';
import { searchFinding } from './search.js';

/** Names of all fixture keys. */
export const EVERYBODY = [
  ...['alice', 'bob', 'puppetmaster', 'carol', 'brian', 'dan', 'rota', 'ann', 'joann', 'zoe'],
  ...['nosub', 'mallory', 'expired', 'revoked', 'olga'],
];

export const publicKeyFile = (name: string) => path.join(FIXTURES, 'keys', `${name}.pub.asc`);
export const secretKeyFile = (name: string) => path.join(FIXTURES, 'keys', `${name}.sec.asc`);

export interface KeyfilesContent {
  /** Fixture keys whose public half is there; by default everybody's. */
  readonly pub?: readonly string[];
  /** Further files and folders of public keys. */
  readonly paths?: readonly string[];
  /** Fixture keys whose secret half is there. */
  readonly secret?: readonly string[];
  readonly sources?: readonly SecretKeySource[];
  readonly passphraseFor?: PassphraseFor;
}

export interface Keyfiles extends Keystore {
  readonly warnings: readonly string[];
  readonly details: readonly string[];
  /** Each question for a passphrase: the key's name and the attempt. */
  readonly asked: readonly string[];
}

/** A keystore of key files. */
export function keyfiles({
  pub = EVERYBODY,
  paths = [],
  secret = [],
  sources = [],
  passphraseFor,
}: KeyfilesContent): Keyfiles {
  const warnings: string[] = [];
  const details: string[] = [];
  const asked: string[] = [];
  const answer = passphraseFor ?? (() => Promise.resolve(Buffer.from(BOBS_PASSPHRASE)));
  const keystore = createKeyfilesKeystore({
    publicKeys: () => [...pub.map(publicKeyFile), ...paths].map((fileOrFolder) => ({ fileOrFolder, kind: 'named' })),
    // As octets, since the fixtures may be read by everybody.
    secretKeys: () => [...secret.map(secretSource), ...sources],
    passphraseFor: (key, attempt) => {
      asked.push(`${key.name} ${key.userId} ${key.keyId} ${attempt}`);
      return answer(key, attempt);
    },
    messages: { warn: (text) => warnings.push(text), detail: (text) => details.push(text) },
  });
  return { ...keystore, warnings, details, asked };
}

export function secretSource(name: string): SecretKeySource {
  return { kind: 'octets', name: `the key of ${name}`, octets: readFileSync(secretKeyFile(name)) };
}

/** The encryptor as the command makes it, for recipients that are one line each. */
export function encryptorWith(
  keystore: Keystore,
  recipients: readonly string[] = [],
  trust: TrustMode = 'always',
): Encryptor {
  return createGpgEncryptor({
    keystore,
    trust,
    ...searchFinding(recipients),
    messages: SILENT,
  });
}
