import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { misdeedsOf, startBrowser, violationsIn } from '../helpers/browser.js';
import { exposure, valueMaker } from '../helpers/exposure.js';
import { createGnupgHome, type GnupgHome } from '../helpers/gnupg.js';
import { hasPeer } from '../helpers/peers.js';
import { createRepository, type Repository } from '../helpers/repository.js';

const BOB = 'bob@example.com';
const HOSTILE = `<img src=x onerror=alert(1)>"'&amp;\u202e`;

const ELSEWHERE = 'https://example.com/x.png';

let gnupg: GnupgHome;
let browser: Browser;
let folder: string;

describe.runIf(hasPeer('chromium'))('a page in a browser', () => {
  beforeAll(async () => {
    gnupg = createGnupgHome({ secret: ['alice'], pub: ['bob', 'carol'] });
    folder = mkdtempSync('/tmp/eg-page-');
    const repo = await history();
    const report = async (name: string, ...args: readonly string[]) =>
      exposure(repo, '--format', 'html', '--output', path.join(folder, name), ...args);
    const runs = await Promise.all([
      report('states.html', BOB, 'carol@example.com'),
      report('readers.html', '--list-readers'),
      report('ages.html', '--age'),
      startBrowser(folder),
    ]);
    expect(runs.slice(0, 3)).toMatchObject([{ code: 1 }, { code: 0 }, { code: 0 }]);
    browser = runs[3];
  });
  afterAll(async () => {
    gnupg.remove();
    await browser.close();
    rmSync(folder, { recursive: true, maxRetries: 5 });
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  /** Opens a report; what it does that it should not is collected. */
  async function open(name: string, options: BrowserContextOptions = {}) {
    const page = await (await browser.newContext(options)).newPage();
    const misdeeds = misdeedsOf(page);
    const refused: string[] = [];
    page.on('requestfailed', (request) => refused.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
    await page.goto(pathToFileURL(path.join(folder, name)).href);
    return { page, misdeeds, refused };
  }

  // All pages have the same colours.
  test.each([
    ['states.html', 'light'],
    ['states.html', 'dark'],
    ['readers.html', 'dark'],
    ['ages.html', 'light'],
  ] as const)('%s, %s, passes axe, and asks nothing of the network', async (name, colorScheme) => {
    const { page, misdeeds } = await open(name, { colorScheme });
    expect(await page.locator('tbody tr').count()).toBeGreaterThan(2);
    expect(await violationsIn(page)).toEqual([]);
    expect(misdeeds).toEqual([]);
    await screenshot(page, `${name}-${colorScheme}`);
  });

  test('sorts by a column, with a mouse and with keys', async () => {
    const { page, misdeeds } = await open('states.html');
    const states = () => page.locator('tbody tr td:first-child').allTextContents();
    const before = await states();
    expect(new Set(before)).toEqual(new Set(['exposed', 'unknown', 'rotated', 'removed']));
    const head = page.getByRole('columnheader', { name: 'state' });
    const button = head.getByRole('button');
    await button.click();
    expect(await states()).toEqual(before);
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    await button.press('Enter');
    expect(await states()).toEqual(before.toReversed());
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    const secret = page.getByRole('columnheader', { name: 'secret' }).getByRole('button');
    await secret.focus();
    await page.keyboard.press('Space');
    const keys = await page.locator('tbody th').allTextContents();
    expect(keys.filter((key) => /k\d+$/.test(key))).toEqual(['a.eyaml: k2', 'a.eyaml: k10']);
    expect(await page.locator('[aria-sort]').allTextContents()).toEqual(['secret']);
    expect(await violationsIn(page)).toEqual([]);
    expect(misdeeds).toEqual([]);
  });

  test('shows the states that are chosen, and rows with all words of the filter', async () => {
    const { page, misdeeds } = await open('states.html');
    const rows = page.locator('tbody tr:visible');
    const all = await rows.count();
    for (const state of ['unknown', 'rotated', 'removed']) await page.getByRole('checkbox', { name: state }).uncheck();
    expect(new Set(await rows.locator('td:first-child').allTextContents())).toEqual(new Set(['exposed']));
    const filter = page.getByRole('searchbox', { name: 'Filter' });
    await filter.fill('A.EYAML k10');
    expect(await rows.locator('th').allTextContents()).toEqual(['a.eyaml: k10']);
    expect(await page.getByRole('status').textContent()).toBe(`1 of ${all} rows`);
    await filter.fill('nothing has this');
    expect(await rows.count()).toBe(0);
    await filter.fill('');
    await page.getByRole('checkbox', { name: 'removed' }).check();
    expect(new Set(await rows.locator('td:first-child').allTextContents())).toEqual(new Set(['exposed', 'removed']));
    expect(misdeeds).toEqual([]);
  });

  test('prints its table without the controls, in light colours', async () => {
    const { page, misdeeds } = await open('states.html', { colorScheme: 'dark' });
    await page.getByRole('checkbox', { name: 'removed' }).uncheck();
    const shown = await page.locator('tbody tr:visible').count();
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('label:visible, fieldset:visible').count()).toBe(0);
    expect(await page.locator('tbody tr:visible').count()).toBe(shown);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
    // The width of A4 paper.
    await page.setViewportSize({ width: 794, height: 1123 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(794);
    await screenshot(page, 'print');
    expect(misdeeds).toEqual([]);
  });

  test('fits a phone', async () => {
    const { page } = await open('states.html', { viewport: { width: 360, height: 740 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await violationsIn(page)).toEqual([]);
    await screenshot(page, 'phone');
  });

  test('is a plain table without scripts', async () => {
    const { page, misdeeds } = await open('states.html', { javaScriptEnabled: false });
    expect(await page.locator('button:visible, input:visible').count()).toBe(0);
    expect(await page.locator('thead th').first().textContent()).toBe('state');
    expect(await page.locator('tbody tr:visible').count()).toBe(7);
    expect(misdeeds).toEqual([]);
  });

  test('shows the names that others chose as text', async () => {
    const { page, misdeeds } = await open('states.html');
    const names = await page.locator('tbody th').allTextContents();
    expect(names).toContain(`${HOSTILE.replace('\u202e', '\\u{202e}')}.eyaml: k`);
    expect(await page.locator('img').count()).toBe(0);
    expect(misdeeds).toEqual([]);
  });

  // What others add to a page, or a name that was not escaped, does nothing.
  test('allows no script and no style but its own', async () => {
    const added = `<script>alert(1)</script><p style="color: red">x</p><img src="${ELSEWHERE}" onerror="alert(2)">`;
    const text = readFileSync(path.join(folder, 'ages.html'), 'utf8');
    writeFileSync(path.join(folder, 'changed.html'), text.replace('</main>', `${added}</main>`));
    const { page, misdeeds, refused } = await open('changed.html');
    expect(await page.locator('button').count()).toBeGreaterThan(2);
    expect(await page.locator('p', { hasText: /^x$/ }).evaluate('(p) => getComputedStyle(p).color')).not.toBe(
      'rgb(255, 0, 0)',
    );
    expect(misdeeds.filter((one) => !/^console: .*Content Security Policy/.test(one))).toEqual([
      `request: ${ELSEWHERE}`,
    ]);
    expect(misdeeds.length).toBeGreaterThan(3);
    expect(refused).toEqual([`${ELSEWHERE}: csp`]);
  });
});

/** A repository with secrets of each state, and names of a hostile author. */
async function history(): Promise<Repository> {
  const make = valueMaker(gnupg);
  const [one, two, three, seven, four, five, closed] = (await Promise.all([
    ...['one', 'two', 'three', 'seven'].map((text) => make(`canary-${text}`, 'alice', 'bob')),
    make('canary-four', 'alice'),
    make('canary-five', 'alice', 'carol'),
    make('canary-six', 'bob'),
  ])) as [string, string, string, string, string, string, string];
  const env = { GNUPGHOME: gnupg.path, GIT_AUTHOR_NAME: '</td><script>alert(3)</script>' };
  const top = path.join(folder, 'repository');
  mkdirSync(top);
  const repo = createRepository({ env, top, home: folder });
  repo.write('data/nodes/web01.example.com.eyaml', `profile::web::tls::key: ${two}\n`);
  repo.commit('start');
  repo.git('branch', 'production');
  repo.write('a.eyaml', `k10: ${seven}\nk2: ${five}\nrotated: ${three}\ngone: ${three}\nclosed: ${closed}\n`);
  repo.write(`${HOSTILE}.eyaml`, `k: ${one}\n`);
  repo.commit('add');
  repo.write('a.eyaml', `k10: ${seven}\nk2: ${five}\nrotated: ${four}\nclosed: ${four}\n`);
  repo.commit('change');
  return repo;
}

/** Keeps a picture, to be looked at, where SCREENSHOTS names a folder. */
async function screenshot(page: Page, name: string): Promise<void> {
  const into = process.env.SCREENSHOTS;
  if (into !== undefined) await page.screenshot({ path: path.join(into, `${name}.png`), fullPage: true });
}
