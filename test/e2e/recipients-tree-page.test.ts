import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { misdeedsOf, startBrowser, violationsIn } from '../helpers/browser.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../helpers/gnupg.js';
import { recipientLine } from '../helpers/key-homes.js';
import { hasPeer } from '../helpers/peers.js';
import { createScene } from '../helpers/scene.js';

const LIST = 'hiera-eyaml-gpg.recipients';
const HOSTILE = `<img src=x onerror=alert(1)>"'&amp;`;

describe.runIf(hasPeer('chromium'))('the matrix as a page', () => {
  let gnupg: GnupgHome;
  beforeAll(() => {
    gnupg = createGnupgHome({ pub: ['bob', 'zoe', 'ann'] });
  });
  afterAll(() => gnupg.remove());

  test('passes axe in light and dark, sorts, filters, and shows names that others chose as text', async () => {
    const it = createScene({ gnupg });
    const value = (name: string) => {
      const octets = gnupg.gpg(['--trust-model', 'always', '-r', FINGERPRINTS[name] ?? '', '--encrypt'], 'canary');
      return `ENC[GPG,${octets.toString('base64')}]`;
    };
    it.write(`a/${LIST}`, recipientLine('bob'));
    it.write(`a/${HOSTILE}.yaml`, `k: ${value('zoe')}\nl: ${value('bob')}\n`);
    it.write(`b/${LIST}`, recipientLine('ann'));
    it.write('b/b.yaml', `k: ${value('ann')}\n`);
    const { code, stdout, stderr } = await it.run(['recipients', '--tree', '--format', 'html', '.']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(/canary|ENC\[/);
    const folder = scratchFolder();
    const file = path.join(folder, 'readers.html');
    writeFileSync(file, stdout);
    await inBrowser(folder, async (browser) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await (await browser.newContext({ colorScheme })).newPage();
        const misdeeds = misdeedsOf(page);
        await page.goto(pathToFileURL(file).href);
        const headings = page.locator('tbody tr:visible th');
        expect(await headings.count()).toBe(4);
        expect(await page.locator('tbody tr', { hasText: HOSTILE }).locator('.tone').allTextContents()).toEqual([
          'missing',
          'extra',
        ]);
        await page.getByRole('columnheader', { name: 'Ann' }).getByRole('button').click();
        expect(await headings.last().textContent()).toMatch(/^b/);
        await page.getByRole('checkbox', { name: 'all values' }).uncheck();
        expect(await headings.count()).toBe(1);
        expect(await violationsIn(page)).toEqual([]);
        expect(misdeeds).toEqual([]);
        expect(await page.locator('img').count()).toBe(0);
      }
    });
  });
});

async function inBrowser(home: string, use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await startBrowser(home);
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}
