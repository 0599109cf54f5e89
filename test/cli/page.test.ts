import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { markup } from '../../src/cli/page/markup.js';
import { page, type Page } from '../../src/cli/page/page.js';

const EMPTY: Page = { title: 'x', facts: [], warnings: [], caption: 'x', columns: [], rows: [], footer: [] };

/** A page in which a text stands wherever one can. */
const pageOf = (text: string) =>
  page({
    ...{ title: text, facts: [text], warnings: [text], caption: text, footer: [text] },
    columns: [
      { name: text, hasChoices: true },
      { name: text, isHeading: true },
      { name: text, isNarrow: true },
    ],
    rows: [[text, { text: [text, text], notes: [text] }, { text, tone: 'bad', order: text, notes: [text] }]],
  });

describe('a text in a page', () => {
  test.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    [`" onload='x'`, '&quot; onload=&#39;x&#39;'],
    ['&lt;', '&amp;lt;'],
    ['a\u202eb\u0007\u001b[2J\u200bc', 'a\\u{202e}b\\u{7}\\u{1b}[2J\\u{200b}c'],
    ['one\ntwo\r', 'one\\u{a}two\\u{d}'],
  ])('%j', (text, expected) => {
    expect(markup`<p title="${text}">${text}</p>`.html).toBe(`<p title="${expected}">${expected}</p>`);
    const shown = pageOf(text);
    expect(shown.split(expected).length).toBeGreaterThan(15);
    expect(shown.split(text).length).toBe(text === '&lt;' ? shown.split('&lt;').length : 1);
  });

  test('adds no tag and no attribute, whatever it is', () => {
    const skeletonOf = (html: string) => (html.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
    const plain = skeletonOf(pageOf('x'));
    expect(plain.length).toBeGreaterThan(40);
    const hostile = fc.array(
      fc.constantFrom('<', '>', '"', "'", '&', '!--', '-->', '/', 'script', '=', ' ', '`', '\n', '\0'),
    );
    fc.assert(
      fc.property(hostile, (parts) => {
        expect(skeletonOf(pageOf(parts.join('')))).toEqual(plain);
      }),
    );
  });
});

describe('a page', () => {
  const all = pageOf('x');

  test('allows its own style and script, and nothing else', () => {
    const hashOf = (tag: string) => {
      const found = all
        .split(`<${tag}>`)
        .slice(1)
        .map((rest) => rest.split(`</${tag}>`)[0] ?? '');
      expect(found).toHaveLength(1);
      return `'sha256-${createHash('sha256')
        .update(found[0] ?? '')
        .digest('base64')}'`;
    };
    const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/
      .exec(all)?.[1]
      ?.replaceAll('&#39;', "'");
    expect(policy).toBe(
      `default-src 'none'; style-src ${hashOf('style')}; script-src ${hashOf('script')}; base-uri 'none'; form-action 'none'`,
    );
    expect(all.indexOf('Content-Security-Policy')).toBeLessThan(all.indexOf('<style>'));
  });

  test('names nothing outside it', () => {
    expect(all).not.toMatch(/https?:|\burl\(|\bsrc=|\bhref=|@import|\bstyle="|\bon\w+="|innerHTML|fetch|\beval\b/);
  });

  test('has rows with a heading, choices with their numbers, lists and what to sort by', () => {
    const html = page({
      ...EMPTY,
      columns: [{ name: 'state', hasChoices: true }, { name: 'secret', isHeading: true }, { name: 'places' }],
      rows: [
        [{ text: 'exposed', tone: 'bad', order: 0 }, 'a', { text: ['b', 'c'], notes: ['d'] }],
        [{ text: 'exposed', tone: 'bad', order: 0 }, 'e', { text: [] }],
      ],
    });
    expect(html).toContain('<td data-order="0" data-choice="exposed"><span class="tone bad">exposed</span></td>');
    expect(html).toContain('<th scope="row">a</th><td><ul><li>b</li><li>c</li></ul><small>d</small></td>');
    expect(html).toContain('<th scope="row">e</th><td></td>');
    expect(html).toContain(
      '<legend>state</legend>\n<label><input type="checkbox" value="exposed" checked> exposed (2)</label>\n</fieldset>',
    );
    expect(html).toContain('<div id="controls" role="search" hidden>');
  });
});
