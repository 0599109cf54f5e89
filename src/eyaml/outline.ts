import type { Alias, Document, Node } from 'yaml';
import { parseDocuments, type YamlFault } from './document.js';

interface At {
  /** Offsets in UTF-16 code units; of an empty scalar both are the same. */
  readonly start: number;
  readonly end: number;
  readonly anchor: string | undefined;
  /** Written out in the text. */
  readonly tag: string | undefined;
}

export interface OutlineScalar extends At {
  readonly kind: 'scalar';
  readonly value: unknown;
  /** Its text without quotes or header. */
  readonly source: string;
  readonly isBlock: boolean;
}

export interface OutlineMap extends At {
  readonly kind: 'map';
  readonly flow: boolean;
  readonly entries: readonly OutlineEntry[];
}

export interface OutlineList extends At {
  readonly kind: 'list';
  readonly flow: boolean;
  readonly items: readonly OutlineNode[];
}

export interface OutlineAlias extends At {
  readonly kind: 'alias';
  readonly name: string;
  /** What it stands for; undefined without such an anchor. */
  readonly target: () => OutlineNode | undefined;
}

/** A key and what it has; the value is undefined where not even a colon stands. */
export interface OutlineEntry {
  /** The key's text; null for a key that is not a scalar. */
  readonly key: string | null;
  readonly start: number;
  readonly keyEnd: number;
  readonly value: OutlineNode | undefined;
}

/** A node of a YAML document, with its place in the text. */
export type OutlineNode = OutlineScalar | OutlineMap | OutlineList | OutlineAlias;

/** The documents of a YAML text, for changes at known places. */
export interface Outline {
  readonly faults: readonly YamlFault[];
  readonly documents: readonly (OutlineNode | undefined)[];
  /** Where the first document ends: before a line `...` or the next `---`. */
  readonly end: number;
}

/** Reads the outline of a YAML text; without documents if it is not valid YAML. */
export async function outlineOf(text: string): Promise<Outline> {
  const { documents, faults } = await parseDocuments(text);
  if (faults.length > 0) return { faults, documents: [], end: text.length };
  const { isAlias, isMap, isScalar, isSeq } = await import('yaml');

  function nodeOf(node: unknown, document: Document): OutlineNode | undefined {
    if (!isAlias(node) && !isMap(node) && !isSeq(node) && !isScalar(node)) return undefined;
    const [start, end] = node.range ?? [0, 0];
    const at = { start, end, anchor: isAlias(node) ? undefined : node.anchor, tag: node.tag };
    if (isAlias(node)) return { ...at, kind: 'alias', name: node.source, target: targetOf(node, document) };
    if (isScalar(node)) {
      const { value, source = '', type = '' } = node;
      return { ...at, kind: 'scalar', value, source, isBlock: type.startsWith('BLOCK') };
    }
    const flow = node.flow === true;
    if (isSeq(node)) {
      const items = node.items.flatMap((item) => nodeOf(item, document) ?? []);
      return { ...at, kind: 'list', flow, items };
    }
    const entries = node.items.map(({ key, value }): OutlineEntry => {
      const [keyStart, keyEnd] = (key as Node | null)?.range ?? [start, start];
      const name = isScalar(key) ? (key.source ?? String(key.value)) : null;
      return { key: name, start: keyStart, keyEnd, value: nodeOf(value, document) };
    });
    return { ...at, kind: 'map', flow, entries };
  }

  function targetOf(alias: Alias, document: Document): OutlineAlias['target'] {
    return () => nodeOf(alias.resolve(document), document);
  }

  const [first] = documents;
  const [, contentsEnd = 0, documentEnd = text.length] = first?.range ?? [];
  const isMarked = /^\.\.\.(?:\s|$)/m.test(text.slice(contentsEnd, documentEnd));
  return {
    faults,
    documents: documents.map((document) => nodeOf(document.contents, document)),
    end: isMarked ? contentsEnd : documentEnd,
  };
}

/** Where an entry ends, its value included. */
export function endOfEntry({ keyEnd, value }: OutlineEntry): number {
  return value === undefined ? keyEnd : Math.max(keyEnd, value.end);
}
