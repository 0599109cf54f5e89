import { DER, readDer, writeDer } from './der.js';

// RFC 4519 and RFC 2985: the object identifiers of the attributes that names of certificates mostly have.
const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ['550403', 'CN'],
  ['550405', 'serialNumber'],
  ['550406', 'C'],
  ['550407', 'L'],
  ['550408', 'ST'],
  ['55040a', 'O'],
  ['55040b', 'OU'],
  ['2a864886f70d010901', 'emailAddress'],
  ['0992268993f22c640119', 'DC'],
]);
const ASCII = /^[\x20-\x7e]*$/;

/**
 * A name (RFC 5280, section 4.1.2.4) in OpenSSL's old one-line form, if it is as most are: known attributes, and values in printable
 * ASCII.
 *
 * @param der - the name in DER.
 */
export function usualNameText(der: Uint8Array): string | undefined {
  const [name, ...more] = readDer(der) ?? [];
  if (name?.tag !== DER.sequence || more.length > 0) return undefined;
  const parts = readDer(name.content)?.map(({ tag, content }) =>
    tag === DER.set ? attributeText(content) : undefined,
  );
  if (parts === undefined || parts.includes(undefined)) return undefined;
  return `/${parts.join('/')}`;
}

function attributeText(set: Uint8Array): string | undefined {
  const [attribute, ...more] = readDer(set) ?? [];
  if (attribute?.tag !== DER.sequence || more.length > 0) return undefined;
  const [type, value, ...rest] = readDer(attribute.content) ?? [];
  if (type?.tag !== DER.oid || value === undefined || rest.length > 0) return undefined;
  const shortName = SHORT_NAMES.get(Buffer.from(type.content).toString('hex'));
  const text = Buffer.from(value.content).toString('latin1');
  const isText = value.tag === DER.utf8 || value.tag === DER.printable || value.tag === DER.ia5;
  return shortName !== undefined && isText && ASCII.test(text) ? `${shortName}=${text}` : undefined;
}

/** The serial number and the issuer of a certificate (RFC 5280, section 4.1), if it is as most are. */
export function usualIssuer(
  certificate: Uint8Array,
): { readonly issuer: Uint8Array; readonly serialNumber: Uint8Array } | undefined {
  const [whole] = readDer(certificate) ?? [];
  const [signed] = (whole?.tag === DER.sequence ? readDer(whole.content) : undefined) ?? [];
  const fields = (signed?.tag === DER.sequence ? readDer(signed.content) : undefined) ?? [];
  const [serialNumber, algorithm, issuer] = fields[0]?.tag === DER.explicit0 ? fields.slice(1) : fields;
  if (serialNumber?.tag !== DER.integer || algorithm?.tag !== DER.sequence || issuer?.tag !== DER.sequence)
    return undefined;
  const name = writeDer(DER.sequence, issuer.content);
  return { issuer: Uint8Array.from(name), serialNumber: Uint8Array.from(serialNumber.content) };
}
