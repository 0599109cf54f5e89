/** Whether a path, with `/` between its parts, matches a glob. */
export type Glob = (path: string) => boolean;

/** One step through a path: which character it takes, whether it may take several, and how many steps may be left out from here. */
interface Step {
  readonly takes?: (character: string) => boolean;
  readonly repeats?: boolean;
  readonly skips?: number;
}

const MOST_ALTERNATIVES = 256;
const LONGEST = 1000;
const INNERMOST_BRACES = /^((?:\\.|[^\\])*?)\{([^{}]*,[^{}]*)\}(.*)$/su;

/**
 * Reads a glob: `*` and `?` stand for characters other than `/`, `**` between slashes for any folders, `[a-z]` and `[!a-z]` for one
 * character, `{a,b}` for either; a backslash takes the special meaning away. Names with a dot at the start match like others.
 * Matching takes time linear in the length of the path, whatever the pattern is.
 *
 * @returns undefined for a pattern that is too long or has too many alternatives.
 */
export function readGlob(pattern: string): Glob | undefined {
  const alternatives = pattern.length > LONGEST ? undefined : alternativesOf(pattern);
  if (alternatives === undefined) return undefined;
  const all = alternatives.map(stepsOf);
  return (path) => all.some((steps) => walk(steps, Array.from(path)));
}

/** Reads the path of a rule: a glob from the rule's folder, or, without a slash, one for names at any depth. */
export function readPathGlob(pattern: string): Glob | undefined {
  return readGlob(pattern.includes('/') ? pattern.replace(/^(?:\.?\/)+/, '') : `**/${pattern}`);
}

/** The path of a rule that matches one file alone. */
export function globFor(path: string): string {
  return `/${path.replace(/[\\*?[\]{}]/g, '\\$&')}`;
}

function walk(steps: readonly Step[], path: readonly string[]): boolean {
  let states = reach(steps, [0]);
  for (const character of path) {
    const next: number[] = [];
    for (const at of states) {
      const step = steps[at];
      if (step?.takes?.(character)) next.push(step.repeats ? at : at + 1);
    }
    states = reach(steps, next);
  }
  return states.has(steps.length);
}

// All steps where a walk may be without taking another character.
function reach(steps: readonly Step[], from: readonly number[]): ReadonlySet<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    const { repeats, skips } = steps[at] ?? {};
    if (repeats || skips) open.push(at + 1);
    if (skips) open.push(at + skips);
  }
  return reached;
}

const anything = () => true;
const inName = (character: string) => character !== '/';
const exactly = (wanted: string) => (character: string) => character === wanted;

function stepsOf(pattern: string): readonly Step[] {
  const steps: Step[] = [];
  let rest = pattern;
  const take = (form: RegExp) => {
    const found = form.exec(rest);
    if (found) rest = rest.slice(found[0].length);
    return found;
  };
  while (rest !== '') {
    const isAtStart = rest.length === pattern.length || pattern.at(-rest.length - 1) === '/';
    const folders = isAtStart ? take(/^\*\*(\/|$)/) : null;
    const set = folders ?? take(/^\*+/) ?? take(/^\?/) ?? take(/^\[(!|\^)?(\]?[^\]]*)\]/) ?? take(/^\\?(.)/su);
    if (folders?.[1] === '/') steps.push({ skips: 3 }, { takes: anything, repeats: true }, { takes: exactly('/') });
    else if (folders) steps.push({ takes: anything, repeats: true });
    else if (set?.[0].startsWith('*')) steps.push({ takes: inName, repeats: true });
    else if (set?.[0] === '?') steps.push({ takes: inName });
    else if (set?.[0].startsWith('[') && set[2]) steps.push({ takes: oneOf(set[2], set[1] !== undefined) });
    else steps.push({ takes: exactly(set?.[1] ?? '') });
  }
  return steps;
}

function oneOf(members: string, isNegated: boolean): (character: string) => boolean {
  const ranges = Array.from(members.matchAll(/(.)-(.)|(.)/gsu), ([, from, to, single = '']) => [
    from ?? single,
    to ?? single,
  ]);
  return (character) => {
    const code = character.codePointAt(0) ?? 0;
    const isMember = ranges.some(
      ([from, to]) => (from?.codePointAt(0) ?? 0) <= code && code <= (to?.codePointAt(0) ?? 0),
    );
    return character !== '/' && isMember !== isNegated;
  };
}

// The patterns without braces that a pattern stands for. Braces without a comma stand for themselves.
function alternativesOf(pattern: string): readonly string[] | undefined {
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    if (open.length + done.length > MOST_ALTERNATIVES) return undefined;
    open = open.flatMap((text) => {
      const [whole, before = '', inside = '', after = ''] = INNERMOST_BRACES.exec(text) ?? [];
      if (whole !== undefined) return inside.split(',').map((choice) => before + choice + after);
      done.push(text);
      return [];
    });
  }
  return done;
}
