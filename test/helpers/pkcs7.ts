import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KeySource } from '../../src/pkcs7/keys.js';
import { FIXTURES } from './gnupg.js';

/** The pair that the Ruby tool made. */
export const PRIVATE_KEY_FILE = path.join(FIXTURES, 'keys/pkcs7/private_key.pkcs7.pem');
export const CERTIFICATE_FILE = path.join(FIXTURES, 'keys/pkcs7/public_key.pkcs7.pem');
export const PRIVATE_PEM = readFileSync(PRIVATE_KEY_FILE, 'utf8');
export const CERTIFICATE_PEM = readFileSync(CERTIFICATE_FILE, 'utf8');
export const PRIVATE_KEY = createPrivateKey(PRIVATE_PEM);
export const CERTIFICATE = new X509Certificate(CERTIFICATE_PEM);
export const PKCS7_FLAGS = ['--pkcs7-private-key', PRIVATE_KEY_FILE, '--pkcs7-public-key', CERTIFICATE_FILE] as const;

/** Runs openssl; throws when it fails. */
export function openssl(args: readonly string[], input?: string | Uint8Array): Buffer {
  return execFileSync('openssl', args, { input, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Makes a certificate that signs itself, for a new key unless `more`, which goes to `openssl req`, says another. */
export function selfSigned(folder: string, name: string, more: readonly string[] = []) {
  const [keyFile, certificateFile] = [path.join(folder, `${name}.key`), path.join(folder, `${name}.crt`)];
  const config = path.join(folder, `${name}.cnf`);
  writeFileSync(config, '[req]\ndistinguished_name = dn\n[dn]\n');
  const hasKey = more.includes('-key') || more.includes('-newkey');
  const key = hasKey ? [] : ['-newkey', 'rsa:2048', '-noenc', '-keyout', keyFile];
  openssl(['req', '-x509', '-config', config, '-subj', `/CN=${name}`, '-out', certificateFile, ...key, ...more]);
  return { keyFile, certificateFile };
}

/** Where a key is looked for that nobody named. */
export function keySource(kind: 'public' | 'private', more: Partial<KeySource> = {}): KeySource {
  return {
    option: `pkcs7-${kind}-key`,
    file: kind === 'public' ? CERTIFICATE_FILE : PRIVATE_KEY_FILE,
    isDefault: true,
    variable: undefined,
    base64Variable: undefined,
    ...more,
  };
}
