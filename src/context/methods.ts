import type { Config } from '../config/config.js';
import type { Encryptor, Encryptors } from '../encryptors/encryptor.js';
import { EyamlError, type ErrorCode } from '../errors.js';
import type { UntaggedTag } from '../eyaml/scan.js';

/** The methods that are known, and which one a value without a tag has. */
export interface Methods {
  readonly encryptors: Encryptors;
  /** PKCS7, or GPG if that method was asked for and the value is an OpenPGP message. */
  readonly untagged?: UntaggedTag;
}

/**
 * The encryptor of a method, or else the first that can encrypt for a file.
 *
 * @throws {@link EyamlError} `USAGE` for an unknown method, `METHOD_UNAVAILABLE` if nothing can encrypt.
 */
export async function encryptorForNew(
  target: string,
  method: string | undefined,
  { pkcs7 }: Config,
  encryptors: Encryptors,
): Promise<Encryptor> {
  const asked = method === undefined ? undefined : encryptors.get(method);
  if (asked) return asked;
  if (method !== undefined) throw noMethod('USAGE', method, encryptors);
  for (const tag of ['GPG', 'PKCS7']) {
    const encryptor = requireEncryptor(encryptors, tag);
    if (await encryptor.isAvailable(target)) return encryptor;
  }
  throw new EyamlError(
    'METHOD_UNAVAILABLE',
    'no encryption method: no recipients file applies and there is no PKCS7 public key',
    {
      suggestions: [
        'for GPG: write a hiera-eyaml-gpg.recipients file in the folder or above it, or give --gpg-recipients or --gpg-recipients-file',
        `for PKCS7: put the public key in ${pkcs7.publicKey.file}, or name it with --${pkcs7.publicKey.option}`,
      ],
    },
  );
}

/** The encryptor with the given tag. */
export function requireEncryptor(encryptors: Encryptors, tag: string): Encryptor {
  const encryptor = encryptors.get(tag);
  if (encryptor) return encryptor;
  throw noMethod('METHOD_UNAVAILABLE', tag, encryptors);
}

function noMethod(code: ErrorCode, tag: string, encryptors: Encryptors): EyamlError {
  return new EyamlError(code, `the encryption method ${tag} is not available`, {
    suggestions: [`available: ${[...encryptors.keys()].join(', ')}`],
  });
}
