import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Name,
  RelativeDistinguishedName,
} from '@peculiar/asn1-x509';
import { EyamlError } from '../errors.js';
import { usualIssuer, usualNameText } from './usual-name.js';

/** What names a certificate in an EnvelopedData (RFC 5652, section 10.2.4). */
export interface CertificateId {
  /** The issuer's name in DER. */
  readonly issuer: Uint8Array;
  /** The content octets of the serial number, an INTEGER. */
  readonly serialNumber: Uint8Array;
  /** Both as text, for messages. */
  readonly text: string;
}

/** What an EnvelopedData holds for a bare public key, as in the old tool: an empty issuer and the serial number 0. */
export const NO_CERTIFICATE: CertificateId = {
  issuer: new Uint8Array([0x30, 0x00]),
  serialNumber: new Uint8Array([0]),
  text: 'serial 00 issuer /',
};

const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['CN', '2.5.4.3'],
  ['serialNumber', '2.5.4.5'],
  ['C', '2.5.4.6'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['emailAddress', '1.2.840.113549.1.9.1'],
  ['DC', '0.9.2342.19200300.100.1.25'],
]);

/** Reads what names a certificate, given in DER. The ASN.1 library takes long to load, and reads only what is not as most are. */
export function certificateIdOf(der: Uint8Array): CertificateId {
  const usual = usualIssuer(der);
  if (usual) return { ...usual, text: idText(usual.serialNumber, usual.issuer) };
  const { issuer, serialNumber } = AsnConvert.parse(der, Certificate).tbsCertificate;
  const found = {
    issuer: new Uint8Array(AsnConvert.serialize(issuer)),
    serialNumber: new Uint8Array(serialNumber),
  };
  return { ...found, text: idText(found.serialNumber, found.issuer) };
}

/**
 * What names a certificate, as text for messages, shortened: a name can have any length.
 *
 * @param issuer - in DER.
 * @throws a third-party error when the issuer is no name.
 */
export function idText(serialNumber: Uint8Array, issuer: Uint8Array): string {
  const name = usualNameText(issuer) ?? nameText(AsnConvert.parse(exact(issuer), Name));
  return `serial ${serialText(serialNumber).slice(0, LONGEST_SHOWN)} issuer ${name.slice(0, LONGEST_SHOWN)}`;
}

// The ASN.1 library uses the whole buffer behind a view.
function exact(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}

const LONGEST_SHOWN = 200;

/** A serial number in hexadecimal, as OpenSSL shows it. */
function serialText(serialNumber: Uint8Array): string {
  return Buffer.from(serialNumber).toString('hex').toUpperCase();
}

/** A name in OpenSSL's old one-line form, `/C=DE/CN=eyaml`; `/` when it is empty. */
export function nameText(name: Name): string {
  const shortName = (oid: string) => [...ATTRIBUTES].find(([, id]) => id === oid)?.[0] ?? oid;
  const parts = name.flatMap((relative) => relative.map(({ type, value }) => `${shortName(type)}=${value.toString()}`));
  return `/${parts.join('/')}`;
}

/**
 * Reads a name in OpenSSL's one-line form; a slash or backslash in a value has a backslash before it.
 *
 * @throws {@link EyamlError} `USAGE` when the text is not such a name.
 */
export function nameFromText(text: string): Name {
  const parts = text.match(/(?:\\.|[^/\\]|\\$)+/gs) ?? [];
  if (!text.startsWith('/')) throw new EyamlError('USAGE', 'a subject is written like /C=DE/CN=eyaml');
  return new Name(
    parts.map((part) => {
      const [, shortName = '', escaped = ''] = /^(\w+)=((?:\\.|[^\\])*)$/s.exec(part) ?? [];
      const type = ATTRIBUTES.get(shortName);
      const value = escaped.replace(/\\(.)/gs, '$1');
      if (type === undefined || !isAllowed(shortName, value)) {
        throw new EyamlError('USAGE', `cannot read "${part}" in a subject`, {
          suggestions: [`a subject is written like /C=DE/CN=eyaml, with ${[...ATTRIBUTES.keys()].join(', ')}`],
        });
      }
      return new RelativeDistinguishedName([
        new AttributeTypeAndValue({ type, value: attributeValue(shortName, value) }),
      ]);
    }),
  );
}

// RFC 5280, appendix A.1: what each attribute may hold. A country is a code of two letters.
function isAllowed(shortName: string, value: string): boolean {
  if (shortName === 'C') return /^[A-Za-z]{2}$/.test(value);
  if (shortName === 'serialNumber') return /^[A-Za-z0-9 '()+,\-./:=?]+$/.test(value);
  if (shortName === 'emailAddress' || shortName === 'DC') return /^[\x20-\x7e]+$/.test(value);
  return /^[^\p{Cc}\p{Cs}]+$/u.test(value);
}

// RFC 5280, appendix A.1: what each attribute may be written as.
function attributeValue(shortName: string, value: string): AttributeValue {
  if (shortName === 'C' || shortName === 'serialNumber') return new AttributeValue({ printableString: value });
  if (shortName === 'emailAddress' || shortName === 'DC') return new AttributeValue({ ia5String: value });
  return new AttributeValue({ utf8String: value });
}
