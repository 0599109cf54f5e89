import { lineCounter } from './lines.js';
import type { Document, DocumentOptions, ParseOptions, SchemaOptions } from 'yaml';
import { MAX_DEPTH, tooDeepAt } from './depth.js';
import { shownKeyPath, type KeyPath } from './key-path.js';

/** A scalar of a YAML document, as it stands in the text. Offsets are UTF-16 code units. */
export interface ScalarSpan {
  readonly start: number;
  readonly end: number;
  /** Empty if the document is a single scalar. */
  readonly path: KeyPath;
  /** The loaded value. */
  readonly value: unknown;
  /** Where the collection around it starts. */
  readonly collection: number;
  /** Where a block scalar would not be allowed: in a flow collection or as a key. */
  readonly inline: boolean;
  /** In a key, which Puppet never decrypts. */
  readonly isKey: boolean;
}

/** Why and where a text is not valid YAML: a code of the YAML library in words, never a part of the text. */
export interface YamlFault {
  readonly offset: number;
  readonly reason: string;
}

/** The content of a YAML text. If the text is not valid YAML (a template, for instance) or nested too deep, it has only faults. */
export interface Yaml {
  readonly faults: readonly YamlFault[];
  /** The scalars in the order of the text. */
  readonly spans: readonly ScalarSpan[];
  /** Offsets of keys that their mapping already has. This is not a fault: Puppet uses the last one. */
  readonly equalKeys: readonly number[];
  /** Offsets of aliases that no anchor above them has the name of. This is not a fault, but Puppet cannot read the file. */
  readonly looseAliases: readonly number[];
  /** The scalar in which an offset lies, found in logarithmic time; undefined in a comment. */
  readonly spanAt: (offset: number) => ScalarSpan | undefined;
  /** Its key path for a message; also undefined if that is empty. */
  readonly keyPathAt: (offset: number) => string | undefined;
}

/** Parses a YAML text. */
export async function parseYaml(text: string): Promise<Yaml> {
  const { documents, faults } = await parseDocuments(text);
  const spans: ScalarSpan[] = [];
  const equalKeys: number[] = [];
  const looseAliases: number[] = [];
  if (faults.length === 0) {
    const collect = await collector(spans, equalKeys, looseAliases);
    for (const { contents } of documents) collect(contents);
  }
  const spanAt = (offset: number) => spanIn(spans, offset);
  const keyPathAt = (offset: number) => shownKeyPath(spanAt(offset)?.path ?? []) || undefined;
  return { faults, spans, equalKeys, looseAliases, spanAt, keyPathAt };
}

async function collector(spans: ScalarSpan[], equalKeys: number[], looseAliases: number[]) {
  const { isAlias, isMap, isScalar, isSeq } = await import('yaml');
  // Another document knows none of its anchors.
  let anchors = new Set<string>();
  function collect(node: unknown, path: KeyPath, collection: number, inline: boolean, isKey: boolean): void {
    if (isAlias(node) && !anchors.has(node.source)) looseAliases.push(node.range?.[0] ?? 0);
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) anchors.add(node.anchor);
    if (isScalar(node)) {
      const { range, value } = node;
      if (range) spans.push({ start: range[0], end: range[1], path, value, collection, inline, isKey });
    }
    if (!isMap(node) && !isSeq(node)) return;
    const start = node.range?.[0] ?? 0;
    const within = inline || node.flow === true;
    const keys = new Set<unknown>();
    node.items.forEach((item, i) => {
      if (!isPair(item)) {
        collect(item, [...path, i], start, within, isKey);
        return;
      }
      const { key, value } = item;
      const below = [...path, isScalar(key) ? (key.source ?? String(key.value)) : null];
      if (isMap(node) && isScalar(key)) {
        if (keys.has(key.value)) equalKeys.push(key.range?.[0] ?? 0);
        keys.add(key.value);
      }
      collect(key, below, start, true, true);
      collect(value, below, start, within, isKey);
    });
  }
  return (contents: unknown) => {
    anchors = new Set();
    collect(contents, [], 0, false, false);
  };
}

function spanIn(spans: readonly ScalarSpan[], offset: number): ScalarSpan | undefined {
  let low = 0;
  for (let high = spans.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.end ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  const span = spans[low];
  return span && span.start <= offset ? span : undefined;
}

/**
 * The one place where YAML is parsed. Equal keys are not a fault: in Puppet the last one wins. This never throws: text that is nested
 * too deep is not parsed, since the YAML library recurses once per level.
 */
export async function parseDocuments(
  text: string,
  options: ParseOptions & DocumentOptions & SchemaOptions = {},
): Promise<{ readonly documents: readonly Document[]; readonly faults: readonly YamlFault[] }> {
  const { Composer, Lexer, Parser } = await import('yaml');
  const lexemes: string[] = [];
  function* lex() {
    for (const lexeme of new Lexer().lex(text)) {
      lexemes.push(lexeme);
      yield lexeme;
    }
  }
  const tooDeep = tooDeepAt(lex());
  if (tooDeep !== undefined) {
    return { documents: [], faults: [{ offset: tooDeep, reason: `nested deeper than ${MAX_DEPTH} levels` }] };
  }
  // As parseAllDocuments does, which would read the text for its lexemes once more.
  const parser = new Parser();
  function* read() {
    for (const lexeme of lexemes) yield* parser.next(lexeme);
    yield* parser.end();
  }
  const { stackTraceLimit } = Error;
  // A broken text may have an error at each of its characters, whose stack traces would take most of the time.
  Error.stackTraceLimit = 0;
  try {
    const documents = [...new Composer({ uniqueKeys: false, logLevel: 'silent', ...options }).compose(read())];
    const faults = documents.flatMap(({ errors }) =>
      errors.map(({ pos, code }) => ({ offset: pos[0], reason: code.toLowerCase().replaceAll('_', ' ') })),
    );
    return { documents, faults };
  } catch {
    return { documents: [], faults: [{ offset: 0, reason: 'the YAML library cannot read it' }] };
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The loaded value of a YAML text by YAML 1.1, as in Puppet's Ruby; undefined if the text is not valid YAML. */
export async function loadAsPuppet(text: string): Promise<unknown> {
  return contentOf(await parseDocuments(text, { version: '1.1', uniqueKeys: true }));
}

/** The value of a key, and the key's line, counted from 1; undefined for a key from an alias. */
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
  const parsed = await parseDocuments(text, { uniqueKeys: true });
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

function contentOf({ documents, faults }: Awaited<ReturnType<typeof parseDocuments>>): unknown {
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

function isPair(item: unknown): item is { key: unknown; value: unknown } {
  return typeof item === 'object' && item !== null && 'key' in item;
}
