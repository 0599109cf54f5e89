declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** 40 hex digits in upper case: the fingerprint of a version 4 OpenPGP key (64 for versions 5 and 6). */
export type Fingerprint = Branded<'Fingerprint'>;
/** 16 hex digits in upper case, the 64-bit key ID of a primary key or subkey. */
export type KeyId = Branded<'KeyId'>;
/** 40 hex digits in upper case: gpg-agent's handle of a key, a hash of its bare public parameters. */
export type Keygrip = Branded<'Keygrip'>;

/** The key ID of a hidden recipient (RFC 9580, section 5.1.8: "wildcard"). */
export const WILDCARD_KEY_ID = '0000000000000000' as KeyId;

/** @returns the fingerprint that the text spells, `0x` and spaces allowed, or undefined. */
export function parseFingerprint(text: string): Fingerprint | undefined {
  const hex = bareHex(text);
  return hex?.length === 40 || hex?.length === 64 ? (hex as Fingerprint) : undefined;
}

/** @returns the 64-bit key ID that the text spells, `0x` and spaces allowed, or undefined. */
export function parseKeyId(text: string): KeyId | undefined {
  const hex = bareHex(text);
  return hex?.length === 16 ? (hex as KeyId) : undefined;
}

/** The key ID of a key: the low-order end of a version 4 fingerprint, the high-order end of a longer one (RFC 9580, section 5.5.4). */
export function keyIdOf(fingerprint: Fingerprint): KeyId {
  return (fingerprint.length === 40 ? fingerprint.slice(-16) : fingerprint.slice(0, 16)) as KeyId;
}

/** @returns the keygrip that the text spells, or undefined. */
export function parseKeygrip(text: string): Keygrip | undefined {
  return /^[0-9A-F]{40}$/.test(text) ? (text as Keygrip) : undefined;
}

function bareHex(text: string): string | undefined {
  const bare = text.replace(/^0x/i, '').replace(/\s+/g, '').toUpperCase();
  return /^[0-9A-F]+$/.test(bare) ? bare : undefined;
}
