import { createHash } from 'node:crypto';
import { markup, type Markup } from './markup.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';
import { controls, tableOf, type Column, type Row } from './table.js';

/** What a page says. All of it is plain text. */
export interface Page {
  readonly title: string;
  /** What is to be known before the table is read, each in a line. */
  readonly facts: readonly string[];
  /** What makes it incomplete. */
  readonly warnings: readonly string[];
  /** What the table is, for those who hear it. */
  readonly caption: string;
  readonly columns: readonly Column[];
  /** A row has a cell for each column. */
  readonly rows: readonly Row[];
  /** When and from what it was made, and what it does not cover, each in a line. */
  readonly footer: readonly string[];
}

/**
 * Makes one HTML page that needs nothing else: it loads nothing, and its policy allows no style and no script but its own two (CSP3, 8.2).
 * Without scripts it is a plain table.
 */
export function page({ title, facts, warnings, caption, columns, rows, footer }: Page): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${linesOf(facts)}
${warnings.map((warning) => markup`<p class="warning"><strong>warning:</strong> ${warning}</p>\n`)}
${controls(columns, rows)}
${tableOf(caption, columns, rows)}
</main>
<footer>
${linesOf(footer)}
</footer>
<script>${{ html: SCRIPT }}</script>
</body>
</html>
`.html;
}

const POLICY = [
  "default-src 'none'",
  `style-src ${hashSource(STYLE)}`,
  `script-src ${hashSource(SCRIPT)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function linesOf(lines: readonly string[]): readonly Markup[] {
  return lines.map((line) => markup`<p>${line}</p>\n`);
}
