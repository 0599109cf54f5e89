import type { Methods } from '../context/methods.js';
import { formatKeyPath, type KeyPath } from '../eyaml/key-path.js';
import { normalizeText } from '../eyaml/lines.js';
import { locate, notFound } from '../eyaml/locate.js';
import { outlineOf, type Outline } from '../eyaml/outline.js';
import { scan } from '../eyaml/scan.js';
import { createEyamlText, type EyamlText } from '../eyaml/text.js';
import { octetsAsJson } from '../text/octets-json.js';
import { openAll } from './open-all.js';

/** The content of one key. */
export interface Got {
  readonly path: KeyPath;
  readonly octets: Buffer;
}

/** A scalar of a file. */
interface Scalar {
  readonly path: KeyPath;
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  readonly source: string;
}

/**
 * Gets values of a text by their key paths, and opens no others. A scalar that is one value gives its plaintext, byte for byte; one
 * with text around its values gives what Puppet sees, and one without values what it says.
 *
 * @param name - the file's name, for messages.
 * @param paths - without any, all scalars that hold encrypted values.
 * @throws {@link EyamlError} `YAML_INVALID`, `KEY_NOT_FOUND`, `KEY_UNUSABLE` for a mapping or list, `VALUE_UNREADABLE`.
 */
export async function getValues(
  text: string,
  name: string,
  paths: readonly KeyPath[],
  { encryptors, untagged }: Methods,
): Promise<readonly Got[]> {
  const eyaml = createEyamlText(normalizeText(text).text, untagged);
  const outline = await outlineOf(eyaml.text);
  const found = paths.map((path): Scalar => {
    const wanted = { file: name, text: eyaml.text, outline, path, purpose: 'read' as const };
    const located = locate(wanted);
    if (located.kind === 'missing') throw notFound(wanted, located);
    const { start = 0, end = 0, value = null, source = '' } = located.node ?? {};
    return { path, start, end, value, source };
  });
  const scalars = paths.length > 0 ? found : await encryptedScalars(eyaml, name, outline);
  const isWanted = ({ offset }: { readonly offset: number }) =>
    scalars.some(({ start, end }) => start <= offset && offset < end);
  const plaintextOf = await openAll(eyaml, name, encryptors, { isWanted });
  const plaintexts = new Map(eyaml.values.filter(isWanted).map((value) => [value.payload, plaintextOf(value)]));
  return scalars.map((scalar) => ({ path: scalar.path, octets: contentOf(scalar, eyaml, plaintexts) }));
}

async function encryptedScalars(eyaml: EyamlText, name: string, outline: Outline) {
  const { text } = eyaml;
  if (outline.faults.length > 0) locate({ file: name, text, outline, path: [], purpose: 'read' });
  const { spanAt } = await eyaml.yaml();
  const spans = new Set(eyaml.values.map(({ offset }) => spanAt(offset)));
  return [...spans].flatMap((span): readonly Scalar[] =>
    span && !span.isKey && span.path.length > 0 ? [{ ...span, source: '' }] : [],
  );
}

function contentOf(
  { start, end, value, source }: Scalar,
  { values, untagged }: EyamlText,
  plaintexts: ReadonlyMap<string, Uint8Array | undefined>,
): Buffer {
  if (!values.some(({ offset }) => start <= offset && offset < end))
    return Buffer.from(typeof value === 'string' ? value : source);
  const tokens = scan(String(value), untagged);
  const parts = tokens.map((token) =>
    Buffer.from((token.kind === 'value' ? plaintexts.get(token.payload) : undefined) ?? Buffer.from(token.text)),
  );
  const isAlone = tokens.every(({ kind, text }) => kind === 'value' || text.trim() === '');
  if (isAlone && tokens.filter(({ kind }) => kind === 'value').length === 1)
    return Buffer.concat(parts.filter((_, i) => tokens[i]?.kind === 'value'));
  return chomped(Buffer.concat(parts));
}

// As Puppet does.
function chomped(octets: Buffer): Buffer {
  return octets.at(-1) === 0x0a ? octets.subarray(0, -1) : octets;
}

/** What was got, as an object of JSON from key path to text; octets that are not UTF-8 are `{"base64": …}`. */
export function gotAsJson(got: readonly Got[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(got.map(({ path, octets }) => [formatKeyPath(path), octetsAsJson(octets)]));
}
