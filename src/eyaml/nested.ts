import { printableJson } from '../text/printable.js';
import { indexOf } from './locate.js';
import type { KeyPath } from './key-path.js';
import { columnOf } from './lines.js';
import type { OutlineNode } from './outline.js';
import { renderValue } from './render.js';

/** A value to write, and whether in a block where there is no other style to keep. */
export interface NewScalar {
  readonly tag: string;
  readonly payload: string;
  readonly block: boolean;
}

/** How a file indents. */
export interface Habits {
  /** Blanks by which a mapping stands further to the right than the one around it. */
  readonly step: number;
  /** The same for the dashes of a list in a mapping. */
  readonly listStep: number;
}

const DEFAULT_STEP = 2;

/** Finds how a file indents: as the first mapping and the first list do that stand below a key. */
export function habitsOf(text: string, root: OutlineNode | undefined): Habits {
  let step: number | undefined;
  let listStep: number | undefined;
  const visit = (node: OutlineNode | undefined) => {
    if (node?.kind === 'list') node.items.forEach(visit);
    if (node?.kind !== 'map' || node.flow) return;
    for (const { value } of node.entries) {
      if ((value?.kind === 'map' || value?.kind === 'list') && !value.flow) {
        const further = columnOf(text, value.start) - columnOf(text, node.start);
        if (value.kind === 'map' && further > 0) step ??= further;
        if (value.kind === 'list' && further >= 0) listStep ??= further;
      }
      visit(value);
    }
  };
  visit(root);
  const isStep = step !== undefined && step <= 8;
  return { step: isStep ? (step ?? DEFAULT_STEP) : DEFAULT_STEP, listStep: listStep ?? step ?? DEFAULT_STEP };
}

/**
 * The text that a key path becomes where nothing of it is there, in block style: `a:` and, on lines below, what it holds. The first
 * line comes without an indent.
 *
 * @param column - where it stands.
 * @param listed - whether the first part is an item of a list.
 */
export function blockText(path: KeyPath, column: number, value: NewScalar, habits: Habits, listed: boolean): string {
  const [part, ...rest] = path;
  if (part === undefined) return scalarText(value, column);
  const [next] = rest;
  if (listed) return `- ${blockText(rest, column + 2, value, habits, typeof next === 'number')}`;
  const key = `${keyText(String(part))}:`;
  if (next === undefined) return `${key} ${scalarText(value, column + habits.step)}`;
  const below = column + (typeof next === 'number' ? habits.listStep : habits.step);
  return `${key}\n${' '.repeat(below)}${blockText(rest, below, value, habits, typeof next === 'number')}`;
}

/** The same in flow style: `a: {b: "ENC[…]"}`. */
export function flowText(path: KeyPath, value: NewScalar, listed: boolean): string {
  const [part, ...rest] = path;
  if (part === undefined) return `"${renderValue(value.tag, value.payload, ONE_LINE)}"`;
  const [next] = rest;
  const inner = flowText(rest, value, typeof next === 'number');
  const held = next === undefined ? inner : typeof next === 'number' ? `[${inner}]` : `{${inner}}`;
  return listed ? held : `${keyText(String(part))}: ${held}`;
}

/** Whether a path can be written as new: each new list starts at 0, and each key has a text. */
export function canBeNew(path: KeyPath, firstIndex: number | undefined): boolean {
  return path.every((part, i) =>
    i === 0 && firstIndex !== undefined
      ? indexOf(part) === firstIndex
      : part !== null && (typeof part === 'string' || part === 0),
  );
}

/** A value as it stands in block style; `column` is the indent of its lines if it is a block. */
export function scalarText({ tag, payload, block }: NewScalar, column: number): string {
  if (!block) return renderValue(tag, payload, ONE_LINE);
  const blockIndent = ' '.repeat(Math.max(column, 1));
  return `>\n${blockIndent}${renderValue(tag, payload, { blockIndent, wrapping: undefined })}`;
}

const ONE_LINE = { blockIndent: undefined, wrapping: undefined };
const PLAIN_KEY = /^[A-Za-z_](?:[\w:./-]*[\w./-])?$/;
// What Ruby's YAML takes for something else than text.
const ODD_KEY = /^(?:yes|no|on|off|y|n|true|false|null)$/i;

function keyText(key: string): string {
  return PLAIN_KEY.test(key) && !ODD_KEY.test(key) ? key : printableJson(key);
}
