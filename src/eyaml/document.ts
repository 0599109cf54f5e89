/** Tells where in a YAML document an offset lies. */
export type KeyPathAt = (offset: number) => string | undefined;

/**
 * Reads YAML text for the key paths of its scalars: `profile::db.users[0].password`. Text that is not valid YAML, a template for
 * instance, has no key paths; nor has a place in a comment. Offsets are UTF-16 code units.
 */
export async function keyPaths(text: string): Promise<KeyPathAt> {
  const { parseAllDocuments, isMap, isScalar, isSeq } = await import('yaml');
  const spans: { start: number; end: number; path: string }[] = [];
  const note = (node: unknown, path: string): void => {
    if (isMap(node)) {
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : '?';
        const below = path === '' ? key : `${path}.${key}`;
        note(pair.key, below);
        note(pair.value, below);
      }
    } else if (isSeq(node)) {
      node.items.forEach((item, i) => note(item, `${path}[${i}]`));
    } else if (isScalar(node) && node.range) {
      spans.push({ start: node.range[0], end: node.range[1], path });
    }
  };
  // Puppet lets the last of two equal keys win; that is no reason to have no key path here.
  for (const document of parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent', keepSourceTokens: false })) {
    if ('errors' in document && document.errors.length > 0) return () => undefined;
    note(document.contents, '');
  }
  return (offset) => {
    let low = 0;
    for (let high = spans.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((spans[middle]?.end ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const span = spans[low];
    return span && span.start <= offset ? span.path || undefined : undefined;
  };
}

/** Why a text is not valid YAML, and where: a code of the YAML library in words, never a part of the text. */
export interface YamlFault {
  readonly offset: number;
  readonly reason: string;
}

/** The first fault that keeps a text from being YAML, or undefined. Equal keys are no fault here. */
export async function yamlFault(text: string): Promise<YamlFault | undefined> {
  const { parseAllDocuments } = await import('yaml');
  for (const document of parseAllDocuments(text, { uniqueKeys: false, logLevel: 'silent', prettyErrors: false })) {
    const [error] = 'errors' in document ? document.errors : [];
    if (error) return { offset: error.pos[0], reason: error.code.toLowerCase().replaceAll('_', ' ') };
  }
  return undefined;
}

/**
 * Reads a YAML mapping, as configuration files are.
 *
 * @returns its entries, or undefined when the text is not a YAML mapping.
 */
export async function readMapping(text: string): Promise<ReadonlyMap<string, unknown> | undefined> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { logLevel: 'silent' });
  if (document.errors.length > 0) return undefined;
  const content: unknown = document.toJS();
  if (content === null) return new Map();
  return typeof content === 'object' && !Array.isArray(content) ? new Map(Object.entries(content)) : undefined;
}
