import { BLOCK_WIDTH, wrap } from './layout.js';
import type { Layout, Token } from './token.js';

/** The text of scanned tokens: for tokens straight from `scan`, the very text that was scanned. */
export function render(tokens: readonly Pick<Token, 'text'>[]): string {
  return tokens.map((token) => token.text).join('');
}

/**
 * An encrypted value in a given layout. In a block without a wrapping of its own the text is cut every 60 characters, as
 * hiera-eyaml does; under `|` never, since Puppet would not see it.
 */
export function renderValue(tag: string, payload: string, layout: Layout): string {
  const oneLine = `ENC[${tag},${payload}]`;
  const wrapping = layout.wrapping ?? defaultWrapping(layout);
  return wrapping && !layout.keepsLines ? wrap(oneLine, wrapping) : oneLine;
}

function defaultWrapping({ blockIndent }: Layout) {
  if (blockIndent === undefined) return undefined;
  return { separator: `\n${blockIndent}`, first: BLOCK_WIDTH, rest: BLOCK_WIDTH };
}
