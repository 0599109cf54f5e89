/** Text that is not an encrypted value. */
export interface TextToken {
  readonly kind: 'text';
  readonly text: string;
}

/** How the base64 of a value is broken into pieces, so that a changed value can be written the same way. */
export interface Wrapping {
  /** What stands between two pieces: a line end and an indent, or an escape inside double quotes. */
  readonly separator: string;
  /** Characters in the first piece, `ENC[TAG,` included. */
  readonly first: number;
  /** Characters in every further piece. */
  readonly rest: number;
}

/** How a value stands in its file. */
export interface Layout {
  /** The indent of the value's line when it stands alone under a block scalar header, else undefined. */
  readonly blockIndent: string | undefined;
  /** Set when that header is `|`: then Puppet decrypts the value only if it is on one line. */
  readonly keepsLines?: true;
  /** Undefined when the value is on one line. */
  readonly wrapping: Wrapping | undefined;
}

/** An encrypted value, `ENC[TAG,BASE64]`. */
export interface ValueToken {
  readonly kind: 'value';
  readonly text: string;
  /** Where the value starts, in UTF-16 code units from the start of the text. */
  readonly offset: number;
  /** The line it starts on, counted from 1. */
  readonly line: number;
  /** The encryptor's tag in upper case; `PKCS7` when the value names none. */
  readonly tag: string;
  /** The base64 text, white space and escapes removed. */
  readonly payload: string;
  readonly layout: Layout;
}

/** Text that was meant to be an encrypted value but cannot be one. */
export interface SuspectToken {
  readonly kind: 'suspect';
  readonly text: string;
  readonly offset: number;
  readonly line: number;
  /** Why it is not a value, in lower case. */
  readonly reason: string;
}

/** One piece of scanned text. The pieces' `text` joined is the scanned text. */
export type Token = TextToken | ValueToken | SuspectToken;

/** Whether the token is an encrypted value. */
export function isValue(token: Token): token is ValueToken {
  return token.kind === 'value';
}

/** What values with the same ciphertext have in common. */
export function idOf({ tag, payload }: Pick<ValueToken, 'tag' | 'payload'>): string {
  return `${tag},${payload}`;
}
