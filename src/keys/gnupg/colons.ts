import { parseFingerprint, parseKeygrip, parseKeyId } from '../../openpgp/identifiers.js';
import type { KeyPart, PublicKey, UserId, Validity } from '../keystore.js';
import { bodyOf } from './key-data.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A part while its records are read; `data` are those with its numbers. */
type ListedPart = Mutable<KeyPart> & { readonly data: string[] };

/** A key as listed, with what field 15 says of each part's secret key. */
export interface KeyringKey extends PublicKey {
  /** By fingerprint: true when the secret key is there, on disk or on a card, and not only a stub. */
  readonly secrets: ReadonlyMap<string, boolean>;
}

/**
 * Reads a colon listing of public or secret keys (GnuPG, doc/DETAILS, "Format of the colon listings"; made with
 * `--fixed-list-mode --with-keygrip`, perhaps `--with-key-data`). Unknown records, and keys that cannot be identified, are skipped.
 */
export function parseColons(listing: string): readonly KeyringKey[] {
  const keys: { parts: ListedPart[]; userIds: UserId[]; disabled: boolean; secrets: Map<string, boolean> }[] = [];
  let secret = false;
  for (const line of listing.split('\n')) {
    const fields = line.split(':');
    const [record = '', validity = ''] = fields;
    const key = keys.at(-1);
    const part = key?.parts.at(-1);
    switch (record) {
      case 'pub':
      case 'sec':
        keys.push({ parts: [], userIds: [], disabled: fields[11]?.includes('D') === true, secrets: new Map() });
      // falls through
      case 'sub':
      case 'ssb':
        keys.at(-1)?.parts.push(partOf(fields));
        secret = (record === 'sec' || record === 'ssb') && fields[14] !== '#';
        break;
      case 'fpr': {
        const fingerprint = parseFingerprint(fields[9] ?? '');
        if (part && fingerprint) part.fingerprint = fingerprint;
        if (fingerprint) key?.secrets.set(fingerprint, secret);
        break;
      }
      case 'grp':
        if (part) part.keygrip = parseKeygrip(fields[9] ?? '');
        break;
      case 'pkd':
        part?.data.push(fields[3] ?? '');
        break;
      case 'uid':
        key?.userIds.push({ text: unescapeField(fields[9] ?? ''), validity: (validity || '-') as Validity });
        break;
    }
  }
  return keys.flatMap(({ parts, ...rest }) => {
    const identified = parts.filter(({ fingerprint, keyId }) => fingerprint && keyId);
    const [primaryKey, ...subkeys] = identified.map(({ data, ...part }) => ({ ...part, body: bodyOf(part, data) }));
    return primaryKey ? [{ primaryKey, subkeys, ...rest }] : [];
  });
}

function partOf(fields: readonly string[]): ListedPart {
  const [, validity, bits, algorithm, keyId, created, expires] = fields;
  return {
    fingerprint: '' as KeyPart['fingerprint'],
    keyId: parseKeyId(keyId ?? '') ?? ('' as KeyPart['keyId']),
    keygrip: undefined,
    algorithm: Number(algorithm),
    bits: Number(bits),
    validity: (validity || '-') as Validity,
    created: Number(created),
    expires: expires ? Number(expires) : undefined,
    canEncrypt: fields[11]?.includes('e') === true,
    canSign: fields[11]?.includes('s') === true,
    data: [],
  };
}

// User IDs are quoted like a C string: \x3a for a colon, \n for a line end. The octets are UTF-8. gpg-sq leaves a backslash as it is,
// so what quotes nothing stands for itself.
function unescapeField(text: string): string {
  if (!text.includes('\\')) return text;
  const octets: number[] = [];
  for (const [piece] of Buffer.from(text)
    .toString('latin1')
    .matchAll(/\\x[0-9a-f]{2}|\\.|[^\\]/gis)) {
    if (/^\\x/i.test(piece) && piece.length === 4) octets.push(Number.parseInt(piece.slice(2), 16));
    else octets.push(...Buffer.from(ESCAPES[piece] ?? piece, 'latin1'));
  }
  return Buffer.from(octets).toString();
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\\\': '\\',
  '\\n': '\n',
  '\\r': '\r',
  '\\f': '\f',
  '\\v': '\v',
  '\\b': '\b',
  '\\0': '\0',
};
