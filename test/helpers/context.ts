import { onTestFinished } from 'vitest';
import { createToolbox, resolveConfig, type Messages, type Toolbox } from '../../src/index.js';
import { cleanEnvironment } from './cli.js';
import type { GnupgHome } from './gnupg.js';

/** Says nothing. */
export const SILENT: Messages = { insist: () => undefined, warn: () => undefined, detail: () => undefined };

/** The library's tools for one test, with the keys of a home. */
export function toolboxFor(home: GnupgHome): Toolbox {
  const surroundings = { environment: {}, cwd: '/', homeFolder: '/' };
  const config = resolveConfig({ 'gpg-gnupghome': home.path }, surroundings, false);
  const toolbox = createToolbox(config, { environment: cleanEnvironment(), messages: SILENT });
  onTestFinished(() => toolbox.close());
  return toolbox;
}
