import * as Flags from '@oclif/core/flags';
import { pluginOptionName, type Plugin } from '../encryptors/plugins.js';

/** The options of plugins as a command's own. */
export function pluginFlags(plugins: readonly Plugin[]) {
  const flags = plugins.flatMap((plugin) =>
    Object.entries(plugin.options ?? {}).map(([name, option]) => {
      const summary = option.summary + (option.default === undefined ? '' : ` (default: ${option.default})`);
      return [pluginOptionName(plugin, name), Flags.string({ summary, helpGroup: plugin.tag })] as const;
    }),
  );
  return Object.fromEntries(flags);
}
