import type { Document, DocumentOptions, Node, ParseOptions, SchemaOptions } from 'yaml';
import { MAX_DEPTH, tooDeepAt } from './depth.js';
import { lineCounter } from './lines.js';

/** A scalar of a YAML document, as it stands in the text. Offsets are UTF-16 code units. */
export interface ScalarSpan {
  readonly start: number;
  readonly end: number;
  /** The key path, `profile::db.users[0].password`; empty when the document is a single scalar. */
  readonly path: string;
  /** The loaded value. */
  readonly value: unknown;
  /** Column of the collection around it. */
  readonly column: number;
  /** Where a block scalar would not be allowed: in a flow collection or as a key. */
  readonly inline: boolean;
  /** In a key, which Puppet never decrypts. */
  readonly isKey: boolean;
}

/**
 * Finds the scalars of a YAML text, in the order of the text.
 *
 * @returns undefined for a text that is not valid YAML, a template for instance, or that is nested too deep.
 */
export async function scalarSpans(text: string): Promise<readonly ScalarSpan[] | undefined> {
  const { isMap, isScalar, isSeq } = await import('yaml');
  const spans: ScalarSpan[] = [];
  const collect = (node: unknown, path: string, column: number, inline: boolean, isKey: boolean): void => {
    if (isMap(node) || isSeq(node)) {
      const at = columnOf(text, node);
      const within = inline || node.flow === true;
      node.items.forEach((item, i) => {
        if (!isPair(item)) {
          collect(item, `${path}[${i}]`, at, within, isKey);
          return;
        }
        const key = isScalar(item.key) ? String(item.key.value) : '?';
        const below = path === '' ? key : `${path}.${key}`;
        collect(item.key, below, at, true, true);
        collect(item.value, below, at, within, isKey);
      });
    } else if (isScalar(node) && node.range) {
      spans.push({ start: node.range[0], end: node.range[1], path, value: node.value, column, inline, isKey });
    }
  };
  const { documents, faults } = await parse(text);
  if (faults.length > 0) return undefined;
  try {
    for (const { contents } of documents) collect(contents, '', 0, false, false);
  } catch {
    return undefined;
  }
  return spans;
}

/**
 * The one place where YAML is parsed. Equal keys are not a fault: in Puppet the last one wins. This never
 * throws: text that is nested too deep is not parsed, since the YAML library recurses once per level.
 */
async function parse(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions = {},
): Promise<{ readonly documents: readonly Document[]; readonly faults: readonly YamlFault[] }> {
  const { Lexer, parseAllDocuments } = await import('yaml');
  const tooDeep = tooDeepAt(new Lexer().lex(text));
  if (tooDeep !== undefined) {
    return { documents: [], faults: [{ offset: tooDeep, reason: `nested deeper than ${MAX_DEPTH} levels` }] };
  }
  try {
    const documents = parseAllDocuments(text, {
      uniqueKeys: false,
      logLevel: 'silent',
      prettyErrors: false,
      ...options,
    });
    const faults = documents.flatMap(({ errors }) =>
      errors.map(({ pos, code }) => ({ offset: pos[0], reason: code.toLowerCase().replaceAll('_', ' ') })),
    );
    return { documents, faults };
  } catch {
    return { documents: [], faults: [{ offset: 0, reason: 'the YAML library cannot read it' }] };
  }
}

/** Tells the key path of the scalar in which an offset lies. */
export type KeyPathAt = (offset: number) => string | undefined;

/** Reads YAML text for the key paths of its scalars. Invalid YAML has none, and neither does a place in a comment. */
export async function keyPaths(text: string): Promise<KeyPathAt> {
  const spans = (await scalarSpans(text)) ?? [];
  // A key may hold a value too; it does not name its own place.
  return (offset) => spanAt(spans, offset)?.path.replace(/ENC\[[^\]]*\]/g, 'ENC[…]') || undefined;
}

/** The span in which an offset lies, found in logarithmic time. */
export function spanAt(spans: readonly ScalarSpan[], offset: number): ScalarSpan | undefined {
  let low = 0;
  for (let high = spans.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.end ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const span = spans[low];
  return span && span.start <= offset ? span : undefined;
}

/** Why a text is not valid YAML, and where: a code of the YAML library in words, never a part of the text. */
export interface YamlFault {
  readonly offset: number;
  readonly reason: string;
}

/** The first fault that makes a text invalid YAML, or undefined. Equal keys are not a fault here. */
export async function yamlFault(text: string): Promise<YamlFault | undefined> {
  return (await parse(text)).faults[0];
}

/** All faults of a YAML text; equal keys in one mapping, of which Puppet takes the last, are marked. */
export async function yamlFaults(text: string): Promise<readonly (YamlFault & { readonly isEqualKey: boolean })[]> {
  const { documents, faults } = await parse(text);
  const { isScalar, visit } = await import('yaml');
  const equal: YamlFault[] = [];
  for (const document of documents) {
    visit(document, {
      Map: (_, { items }) => {
        const seen = new Set<unknown>();
        for (const { key } of items) {
          if (!isScalar(key)) continue;
          if (seen.has(key.value)) equal.push({ offset: key.range?.[0] ?? 0, reason: 'duplicate key' });
          seen.add(key.value);
        }
      },
    });
  }
  return [
    ...faults.map((fault) => ({ ...fault, isEqualKey: false })),
    ...equal.map((fault) => ({ ...fault, isEqualKey: true })),
  ];
}

/** What a YAML text loads to by YAML 1.1, which is what Puppet's Ruby reads; undefined when the text is not valid YAML. */
export async function loadAsPuppet(text: string): Promise<unknown> {
  return contentOf(await parse(text, { version: '1.1', uniqueKeys: true }));
}

/** What stands under a key, and the key's line, counted from 1; undefined for one that an alias brought in. */
export interface MappingEntry {
  readonly value: unknown;
  readonly line: number | undefined;
}

/**
 * Reads a YAML mapping, as configuration files are.
 *
 * @returns its entries, or undefined when the text is not a YAML mapping.
 */
export async function readMapping(text: string): Promise<ReadonlyMap<string, MappingEntry> | undefined> {
  const { isMap, isScalar } = await import('yaml');
  const parsed = await parse(text, { uniqueKeys: true });
  const content = contentOf(parsed);
  if (content === null) return new Map();
  if (typeof content !== 'object' || Array.isArray(content)) return undefined;
  const lineAt = lineCounter(text);
  const root = parsed.documents[0]?.contents;
  const keys = isMap(root) ? root.items.flatMap(({ key }) => (isScalar(key) ? [key] : [])) : [];
  const lines = new Map(keys.map(({ value, range }) => [String(value), lineAt(range?.[0] ?? 0)]));
  return new Map(
    Object.entries(content).map(([key, value]) => [key, { value: value as unknown, line: lines.get(key) }]),
  );
}

function contentOf({ documents, faults }: Awaited<ReturnType<typeof parse>>): unknown {
  const [document] = documents;
  if (faults.length > 0 || documents.length > 1) return undefined;
  if (document === undefined) return null;
  try {
    // An alias without an anchor, or aliases that multiply, are found only when the value is built.
    return document.toJS();
  } catch {
    return undefined;
  }
}

function columnOf(text: string, { range }: Node): number {
  const start = range?.[0] ?? 0;
  return start - (text.lastIndexOf('\n', start - 1) + 1);
}

function isPair(item: unknown): item is { key: unknown; value: unknown } {
  return typeof item === 'object' && item !== null && 'key' in item;
}
