import type { Pkcs7Config } from './config.js';
import { checkKeyFiles, confirmOverwrites, writeKeyFiles, type KeyFilesHost } from './key-files.js';
import { checkKeyPairOptions, createKeyPair, type KeyPairOptions } from './pkcs7/certificate.js';

/** Where new PKCS7 keys go, and what they are to be like. */
export interface Pkcs7KeysOptions extends KeyPairOptions, Pkcs7Config {}

/** The files that were written. */
export interface CreatedKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/**
 * Makes a PKCS7 key pair and writes it: the private key, readable by its owner alone, and the certificate. What will not do is
 * found before the questions, and both questions are asked before anything is written.
 *
 * @throws `EyamlError` `ABORTED`, `USAGE`, `FILE_UNWRITABLE`; the files are then as they were.
 */
export async function createPkcs7Keys(options: Pkcs7KeysOptions, host: KeyFilesHost): Promise<CreatedKeys> {
  const [privateFile, publicFile] = [options.privateKey.file, options.publicKey.file];
  checkKeyPairOptions(options);
  await checkKeyFiles([privateFile, publicFile]);
  await confirmOverwrites([privateFile, publicFile], host);
  const { privateKey, certificate } = await createKeyPair(options);
  await writeKeyFiles(
    [
      { file: privateFile, content: privateKey, isPrivate: true },
      { file: publicFile, content: certificate, isPrivate: false },
    ],
    host,
  );
  return { privateKey: privateFile, publicKey: publicFile };
}
