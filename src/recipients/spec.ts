import type { SearchTerm } from '../keys/keystore.js';
import { parseFingerprint, parseKeyId, type Fingerprint, type KeyId } from '../openpgp/identifiers.js';
import { lowerAscii } from '../text/utf8.js';

/** A parsed recipient spec, before any key is looked up. */
export type RecipientSpec =
  | {
      readonly kind: 'fingerprint';
      readonly text: string;
      readonly fingerprint: Fingerprint;
      readonly exactKey: boolean;
    }
  | { readonly kind: 'keyId'; readonly text: string; readonly keyId: KeyId; readonly exactKey: boolean }
  | {
      readonly kind: 'name';
      readonly text: string;
      /** Whether the whole user ID must match: it was written as `=Name <address>`, as in GnuPG. */
      readonly isExact?: true;
    }
  | { readonly kind: 'refused'; readonly text: string; readonly reason: string; readonly suggestion: string };

/**
 * Reads a recipient spec: a fingerprint or 16-digit key ID (`0x`, spaces in it and a final `!` allowed), or a name, which is an
 * address or a user ID or a part of one, or behind `=` a whole user ID. Key IDs of 8 digits are refused, since anyone can create a
 * key with a given one; so are GnuPG's other search forms (gpg(1), "How to specify a user ID"), which may match any key.
 */
export function parseSpec(text: string): RecipientSpec {
  if (/\p{Cc}/u.test(text)) {
    return {
      kind: 'refused',
      text: text.replace(invisible(), '?'),
      reason: 'it holds a control character, perhaps the line end of another system',
      suggestion: 'use LF or CRLF line ends and visible characters only',
    };
  }
  const exactKey = text.endsWith('!');
  const hex = exactKey ? text.slice(0, -1).trim() : text;
  const fingerprint = parseFingerprint(hex);
  if (fingerprint) return { kind: 'fingerprint', text, fingerprint, exactKey };
  const keyId = parseKeyId(hex);
  if (keyId) return { kind: 'keyId', text, keyId, exactKey };
  if (text.trim() === '') {
    return {
      kind: 'refused',
      text,
      reason: 'a recipient must not be blank',
      suggestion: 'write a fingerprint or an address',
    };
  }
  const unseen = new Set(Array.from(text.matchAll(invisible()), ([character]) => codePointOf(character)));
  if (unseen.size > 0) {
    return {
      kind: 'refused',
      text: text.replace(invisible(), '?'),
      reason: `it holds ${unseen.size === 1 ? 'an invisible character' : 'invisible characters'}: ${[...unseen].join(', ')}`,
      suggestion: 'remove it, or write the fingerprint of the key instead',
    };
  }
  if (SHORT_KEY_ID.test(hex)) {
    return {
      kind: 'refused',
      text,
      reason: 'a key ID of 8 digits can be forged',
      suggestion: `use the fingerprint: gpg --fingerprint 0x${hex.replace(/^0x/i, '')}`,
    };
  }
  if (text.startsWith('=') && text.length > 1) return { kind: 'name', text: text.slice(1).trim(), isExact: true };
  if (SEARCH_FORM.test(text)) {
    return {
      kind: 'refused',
      text,
      reason: `"${text.charAt(0)}" at the start is a GnuPG search and may match any key`,
      suggestion: 'write the fingerprint, the address, or = and the whole user ID',
    };
  }
  return { kind: 'name', text };
}

const SEARCH_FORM = /^[*+&/]./;

/** The search term that finds every key that may match a spec; undefined for a refused spec. */
export function searchTermOf(spec: RecipientSpec): SearchTerm | undefined {
  switch (spec.kind) {
    case 'fingerprint':
      return { kind: 'hex', hex: spec.fingerprint };
    case 'keyId':
      return { kind: 'hex', hex: spec.keyId };
    case 'name':
      return { kind: 'text', text: (spec.isExact ? undefined : addressIn(spec.text)) ?? spec.text };
    case 'refused':
      return undefined;
  }
}

/** The address, if a spec is just an address, with or without angle brackets; its ASCII letters in lower case. */
export function addressIn(text: string): string | undefined {
  const [, bracketed, bare] = /^(?:<([^\s<>@]+@[^\s<>@]+)>|([^\s<>@]+@[^\s<>@]+))$/.exec(text) ?? [];
  const address = bracketed ?? bare;
  return address === undefined ? undefined : lowerAscii(address);
}

/** The address of a user ID by GnuPG's rule: the text in its first angle brackets, or the whole user ID, if that is an address. */
export function addressOfUserId(userId: string): string | undefined {
  const inBrackets = /<([^>]*)>/.exec(userId)?.[1];
  return addressIn(inBrackets ?? userId);
}

/**
 * Whether a spec has the form of a recipient: a fingerprint, a key ID, or an address, with or without a name. Any other line may come
 * from a file that holds passwords, so messages name it only by its number.
 */
export function isRecipientByForm({ kind, text }: RecipientSpec): boolean {
  return kind === 'fingerprint' || kind === 'keyId' || SHORT_KEY_ID.test(text) || mailbox().test(text);
}

// Control and format characters (zero width, bidirectional), spaces other than U+0020, and other characters that are not drawn.
const invisible = () => /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;
const SHORT_KEY_ID = /^(?:0x)?[0-9a-f]{8}$/i;
// Only a part of what RFC 5322 allows: text with a colon or a slash may be a URL with a password.
const address = () => /[\p{L}\p{N}.!#$%&'*+=?^_`{|}~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/u;
const mailbox = () =>
  new RegExp(`^(?:${address().source}|(?:[\\p{L}\\p{M}\\p{N} .,'’()-]+ )?<${address().source}>)$`, 'u');

/** Everything in a text that looks like an address, in lower case. Takes time linear in the length of the text. */
export function addressesIn(text: string): readonly string[] {
  const words = text.split(/[\s<>,;:"'()]/).filter((word) => word.includes('@'));
  return words.flatMap((word) => {
    const [local, domain] = word.split('@').filter(Boolean);
    if (local === undefined || domain === undefined) return [];
    // Only the first dot of a run starts a match; else a long run that is not at the end would be slow.
    return [lowerAscii(`${local}@${domain}`.replace(/(?<!\.)\.+$/, ''))];
  });
}

function codePointOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
