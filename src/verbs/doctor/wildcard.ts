/** A piece of a pattern: a character, or what stands for any text with or without slashes. */
type Piece = { readonly character: string } | { readonly any: 'segment' | 'path' };

/** A pattern of paths. */
export type Wildcard = readonly Piece[];

/** How a path in hiera.yaml is written: with the patterns of `glob`, or without. */
interface Writing {
  readonly isGlob: boolean;
}

const INTERPOLATION = /%\{[^}]*\}/y;
const GLOB = /\*\*\/?|\*|\?|\[[^\]]*\]|\{[^}]*\}/y;

/**
 * Reads a path of hiera.yaml. An interpolation, `%{…}`, stands for any text without a slash. The finer patterns of a glob stand for any text:
 * then more files match, never fewer.
 */
export function readWildcard(text: string, { isGlob }: Writing): Wildcard {
  const pieces: Piece[] = [];
  const patterns = isGlob ? [INTERPOLATION, GLOB] : [INTERPOLATION];
  for (let at = 0; at < text.length;) {
    const found = patterns.map((pattern) => matchAt(pattern, text, at)).find((match) => match !== '') ?? '';
    if (found !== '') pieces.push({ any: found.startsWith('**') ? 'path' : 'segment' });
    else pieces.push({ character: text[at] ?? '' });
    at += found.length || 1;
  }
  return pieces;
}

function matchAt(sticky: RegExp, text: string, at: number): string {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0] ?? '';
}

/**
 * Whether a path matches. Its time grows with the product of both lengths, whatever a repository writes into its hiera.yaml; a regular expression's may
 * grow without bound.
 */
export function matches(pattern: Wildcard, path: string): boolean {
  // After each piece: for how many characters from the start the pieces so far can stand.
  let reached = new Set([0]);
  for (const piece of pattern) {
    const next = new Set<number>();
    for (const end of reached) {
      if ('character' in piece) {
        if (path[end] === piece.character) next.add(end + 1);
        continue;
      }
      for (let further = end; further <= path.length && !next.has(further); further += 1) {
        next.add(further);
        if (piece.any === 'segment' && path[further] === '/') break;
      }
    }
    if (next.size === 0) return false;
    reached = next;
  }
  return reached.has(path.length);
}
