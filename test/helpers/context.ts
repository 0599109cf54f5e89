import { onTestFinished } from 'vitest';
import { resolveConfig } from '../../src/config/config.js';
import { createContext, type Context } from '../../src/context/context.js';
import type { Messages } from '../../src/encryptors/encryptor.js';
import { cleanEnvironment } from './cli.js';
import type { GnupgHome } from './gnupg.js';

/** Says nothing. */
export const SILENT: Messages = { insist: () => undefined, warn: () => undefined, detail: () => undefined };

/** The library's tools for one test, with the keys of a home. */
export function contextFor(home: GnupgHome): Context {
  const around = { environment: {}, cwd: '/', homeFolder: '/' };
  const config = resolveConfig({ 'gpg-gnupghome': home.path }, around, false);
  const context = createContext(config, { environment: cleanEnvironment(), messages: SILENT });
  onTestFinished(() => context.close());
  return context;
}
