/** How deep collections may be nested. Data for Puppet stays below 20, and YAML parsers recurse once per level. */
export const MAX_DEPTH = 100;

// Tokens of the YAML lexer that are not part of the text: a scalar follows; a flow collection broke off; a document starts.
const SCALAR = '\u001f';
const FLOW_END = '\u0018';
const DOCUMENT = '\u0002';

/** A block collection that is open, and the column it stands at. */
interface Open {
  readonly column: number;
  readonly isList: boolean;
}

/**
 * Finds where the collections of a YAML text are nested deeper than {@link MAX_DEPTH}: by the columns of indicators, without recursion
 * and without building a tree. Takes time linear in the text.
 *
 * @param tokens - what the YAML lexer makes of the text.
 * @returns the offset, or undefined when the text stays within the limit.
 */
export function tooDeepAt(tokens: Iterable<string>, limit = MAX_DEPTH): number | undefined {
  const blocks: Open[] = [];
  // Per flow collection that is open, how many pairs are nested in its present entry.
  const flows: number[] = [];
  let pairs = 0;
  let offset = 0;
  let lineStart = 0;
  // Start of the key that a colon would end; undefined at the start of a line and after an indicator.
  let keyColumn: number | undefined;
  let isScalar = false;
  const setPairs = (count: number) => {
    pairs += count - (flows.at(-1) ?? 0);
    if (flows.length > 0) flows[flows.length - 1] = count;
  };
  for (const token of tokens) {
    if (!isScalar && (token === SCALAR || token === FLOW_END || token === DOCUMENT)) {
      isScalar = token === SCALAR;
      if (token === FLOW_END) pairs = flows.length = 0;
      continue;
    }
    const column = offset - lineStart;
    const indicator = isScalar ? '' : token;
    const isNesting = indicator === '-' || indicator === '?' || indicator === ':';
    if (flows.length === 0 && (isScalar || token.trim() !== '')) keyColumn ??= column;
    if (indicator === '[' || indicator === '{') flows.push(0);
    else if (flows.length > 0) {
      if (indicator === ',' || indicator === ']' || indicator === '}') setPairs(0);
      if (indicator === ']' || indicator === '}') flows.pop();
      if (isNesting) setPairs((flows.at(-1) ?? 0) + 1);
    } else if (isNesting) {
      openBlock(blocks, { column: keyColumn ?? column, isList: indicator === '-' });
      keyColumn = undefined;
    }
    if (blocks.length + flows.length + pairs > limit) return offset;
    offset += token.length;
    // What is in quotes or brackets goes on after the end of its line.
    if (flows.length === 0 && token.endsWith('\n')) {
      keyColumn = undefined;
      lineStart = offset;
    }
    isScalar = false;
  }
  return undefined;
}

// A list may have the same column as the mapping that it is a value of. No other two collections share a column.
function openBlock(blocks: Open[], opened: Open): void {
  for (let top = blocks.at(-1); top; top = blocks.at(-1)) {
    if (top.column < opened.column) break;
    if (top.column === opened.column && (top.isList === opened.isList || opened.isList)) break;
    blocks.pop();
  }
  const top = blocks.at(-1);
  if (top?.column !== opened.column || top.isList !== opened.isList) blocks.push(opened);
}
