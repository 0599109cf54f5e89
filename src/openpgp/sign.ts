import type { Config, SignaturePacket } from 'openpgp';
import type { Fingerprint } from './identifiers.js';
import { loadLibrary } from './library.js';
import { openPacket } from './library-secret.js';

// What openpgp.js does not declare, or as private, or with too few parameters.
interface Clearable {
  clearPrivateParams(): void;
}
interface TextPacket {
  setText(text: string): void;
}
interface Signable {
  sign(key: unknown, signed: TextPacket, date: Date, detached: boolean, config: Config): Promise<void>;
}

/**
 * Signs a text (RFC 9580, section 5.2.1.2) with SHA-512 and one part of a secret key.
 *
 * @param text - with CRLF.
 * @param octets - one secret key in binary form.
 * @param passphrase - for a part that is locked.
 * @returns the body of the signature packet; undefined when the passphrase is wrong.
 * @throws RangeError when the part is missing, or is protected in an unsupported way.
 */
export async function signText(
  text: Uint8Array,
  octets: Uint8Array,
  part: Fingerprint,
  passphrase: Buffer = Buffer.alloc(0),
): Promise<Uint8Array | undefined> {
  const packet = await openPacket(octets, part, passphrase);
  if (packet === undefined) return undefined;
  const { SignaturePacket, LiteralDataPacket, config, enums } = await loadLibrary();
  try {
    const signature = new SignaturePacket() as SignaturePacket & Signable;
    signature.signatureType = enums.signature.text;
    signature.publicKeyAlgorithm = packet.algorithm;
    signature.hashAlgorithm = enums.hash.sha512;
    const signed = new LiteralDataPacket() as unknown as TextPacket;
    signed.setText(Buffer.from(text).toString());
    // No notation with random octets: gpg would show it to people.
    const plain = { ...config, nonDeterministicSignaturesViaNotation: false };
    await signature.sign(packet, signed, new Date(), true, plain);
    return signature.write();
  } finally {
    (packet as typeof packet & Clearable).clearPrivateParams();
  }
}
