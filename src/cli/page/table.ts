import { markup, type Markup } from './markup.js';

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** Whether its cells name their rows. */
  readonly isHeading?: boolean;
  /** Whether rows can be chosen by the texts of its cells: it has few different ones. */
  readonly hasChoices?: boolean;
  /** Whether its name is written upwards: its cells are narrow. */
  readonly isNarrow?: boolean;
}

/** What a colour says. It only goes with a word that says it too. */
export type Tone = 'bad' | 'unsure' | 'good' | 'quiet';

/** What a cell says: a text, or more than that. */
export type Cell = string | FullCell;

/** A cell that says more than a text. */
export interface FullCell {
  /** Several texts are a list. */
  readonly text: string | readonly string[];
  readonly tone?: Tone;
  /** More about it, in small letters. */
  readonly notes?: readonly string[];
  /** What the column is sorted by, if not the text. Numbers in it count as numbers. */
  readonly order?: string | number;
}

/** The cells of a row. */
export type Row = readonly Cell[];

/** A table that the script of the page makes sortable. It scrolls in its own frame where it is wider than the page. */
export function tableOf(caption: string, columns: readonly Column[], rows: readonly Row[]): Markup {
  const head = columns.map(
    ({ name, isNarrow }) =>
      markup`<th scope="col"${isNarrow ? markup` class="narrow"` : undefined}>${nameOf(name)}</th>`,
  );
  const body = rows.map((row) => markup`<tr>${columns.map((column, i) => cellOf(column, row[i] ?? ''))}</tr>\n`);
  return markup`<div class="frame" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>`;
}

function nameOf(name: string): Markup {
  return markup`<span>${name}</span>`;
}

function cellOf({ isHeading, hasChoices }: Column, cell: Cell): Markup {
  const { text, tone, notes = [], order } = fullOf(cell);
  const attributes = [
    order === undefined ? undefined : markup` data-order="${order}"`,
    hasChoices ? markup` data-choice="${wordOf(cell)}"` : undefined,
  ].flatMap((attribute) => attribute ?? []);
  const word = typeof text === 'string' ? markup`${text}` : listOf(text);
  const toned = tone === undefined ? word : markup`<span class="tone ${tone}">${word}</span>`;
  const content = [toned, ...notes.map((note) => markup`<small>${note}</small>`)];
  return isHeading ? markup`<th scope="row"${attributes}>${content}</th>` : markup`<td${attributes}>${content}</td>`;
}

function listOf(texts: readonly string[]): Markup {
  if (texts.length === 0) return markup``;
  return markup`<ul>${texts.map((text) => markup`<li>${text}</li>`)}</ul>`;
}

function fullOf(cell: Cell): FullCell {
  return typeof cell === 'string' ? { text: cell } : cell;
}

function wordOf(cell: Cell): string {
  const { text } = fullOf(cell);
  return typeof text === 'string' ? text : text.join(', ');
}

/** What filters the rows of a table. It is hidden until the script of the page shows it. */
export function controls(columns: readonly Column[], rows: readonly Row[]): Markup {
  const choices = columns.flatMap((column, i) => (column.hasChoices ? [choicesOf(column, i, rows)] : []));
  return markup`<div id="controls" role="search" hidden>
<label>Filter <input type="search" id="filter" autocomplete="off" spellcheck="false"></label>
${choices}<p id="shown" role="status"></p>
</div>`;
}

function choicesOf({ name }: Column, index: number, rows: readonly Row[]): Markup {
  const words = rows.map((row) => wordOf(row[index] ?? ''));
  const boxes = [...new Set(words)].map((word) => {
    const number = words.filter((other) => other === word).length;
    return markup`<label><input type="checkbox" value="${word}" checked> ${word} (${number})</label>\n`;
  });
  return markup`<fieldset data-column="${index}"><legend>${name}</legend>\n${boxes}</fieldset>\n`;
}
