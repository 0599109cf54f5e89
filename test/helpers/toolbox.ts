import { onTestFinished } from 'vitest';
import { createToolbox, resolveConfig, type Toolbox } from '../../src/index.js';
import { cleanEnvironment } from './cli.js';
import type { GnupgHome } from './gnupg.js';

/** The library's tools for one test, with the keys of a home. */
export function toolboxFor(home: GnupgHome): Toolbox {
  const surroundings = { environment: {}, cwd: '/', homeFolder: '/' };
  const config = resolveConfig({ 'gpg-gnupghome': home.path }, surroundings, false);
  const toolbox = createToolbox(config, cleanEnvironment(), { warn: () => undefined, detail: () => undefined });
  onTestFinished(() => toolbox.close());
  return toolbox;
}
