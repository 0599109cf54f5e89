import { printable } from '../../text/printable.js';

/** Text that is HTML. Only {@link markup} makes it, so what others wrote never gets into a page unescaped. */
export interface Markup {
  readonly html: string;
}

/** What stands in a template: text is escaped, HTML and lists of it stay, and what is undefined is left out. */
export type Part = string | number | undefined | Markup | readonly Markup[];

/** Makes HTML of a template. Every text in it is escaped, for elements and for attributes in double quotes. */
export function markup(template: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const filled = template.map((text, i) => (i === 0 ? '' : htmlOf(parts[i - 1])) + text);
  return { html: filled.join('') };
}

function htmlOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'object') return 'html' in part ? part.html : part.map(({ html }) => html).join('');
  return escaped(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text in which nothing is HTML, and no character is invisible or changes the direction of writing. */
function escaped(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
