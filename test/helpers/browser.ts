import { execFileSync } from 'node:child_process';
import axe, { type AxeResults } from 'axe-core';
import { chromium, type Browser, type Page } from 'playwright-core';
import { cleanEnvironment } from './cli.js';

/**
 * Starts Debian's Chromium without a window. It asks nothing of the network by itself.
 *
 * @param home - its HOME.
 */
export async function startBrowser(home: string): Promise<Browser> {
  const quiet = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update'];
  return chromium.launch({
    executablePath: execFileSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim(),
    // Chromium refuses to start its sandbox for root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [...quiet, '--no-first-run', '--disable-sync'],
    env: cleanEnvironment({ HOME: home }),
  });
}

/** What a page did that it should not do: requests but for itself, and all that stands on the console, such as violations of its policy. */
export function misdeedsOf(page: Page): readonly string[] {
  const found: string[] = [];
  page.on('request', (request) => {
    if (!request.isNavigationRequest() || !request.url().startsWith('file:')) found.push(`request: ${request.url()}`);
  });
  page.on('console', (message) => found.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => found.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    found.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return found;
}

/** What axe finds wrong with a page: the names of its rules, and where. */
export async function violationsIn(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<AxeResults>('axe.run()');
  if (passes.length === 0) throw new Error('axe looked at nothing');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
