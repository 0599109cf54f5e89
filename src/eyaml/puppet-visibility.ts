import type { ScalarSpan, Yaml } from './document.js';
import type { ValueToken } from './token.js';

// What Puppet's hiera_backend_parser decrypts: the only white space that a payload may have is blanks and line feeds.
const PUPPET_VALUE = /ENC\[(?:\w+,)?([A-Za-z0-9+/ =\n]+?)\]/g;
// White space other than blanks, and escapes: what they become is known only when the YAML is loaded.
const MAY_BE_PASSED_OVER = /[^\S ]|\\/;

// Ruby loads !!binary to a string like any other.
function loadedText(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
}

// Without their white space. Puppet looks for a value within one line (eyaml_lookup_key); if it finds one, it decrypts all values of
// the scalar.
function payloadsSeenByPuppet(loaded: string): ReadonlySet<string> {
  const hasOneWithinALine = loaded.split('\n').some((line) => {
    const start = line.indexOf('ENC[');
    return start !== -1 && line.includes(']', start);
  });
  if (!hasOneWithinALine) return new Set();
  return new Set(Array.from(loaded.matchAll(PUPPET_VALUE), ([, payload = '']) => payload.replace(/[ \n]/g, '')));
}

/** The payloads that Puppet would decrypt in a scalar. */
export type SeenIn = (span: ScalarSpan) => ReadonlySet<string>;

/** Makes a {@link SeenIn} that looks at each scalar once. */
export function createSeenIn(): SeenIn {
  const known = new Map<ScalarSpan, ReadonlySet<string>>();
  return (span) => {
    const seen = known.get(span) ?? payloadsSeenByPuppet(loadedText(span.value));
    known.set(span, seen);
    return seen;
  };
}

/**
 * The values that Puppet passes over, because its YAML loads them with a line end or a tab inside: it hands out the ciphertext then.
 *
 * @param yaml - parses the text; not asked for when every value is on one line.
 */
export async function passedOver(
  values: readonly ValueToken[],
  yaml: () => Promise<Yaml>,
): Promise<ReadonlySet<ValueToken>> {
  const hasPieces = ({ text, payload }: ValueToken) => !text.endsWith(`${payload}]`);
  const doubtful = values.filter((value) => hasPieces(value) && MAY_BE_PASSED_OVER.test(value.text));
  if (doubtful.length === 0) return new Set();
  const { spanAt } = await yaml();
  const seenIn = createSeenIn();
  return new Set(
    doubtful.filter(({ offset, payload }) => {
      const span = spanAt(offset);
      return span !== undefined && !span.isKey && !seenIn(span).has(payload);
    }),
  );
}
