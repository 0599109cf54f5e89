import { spaced } from './usage.js';

/** The output of `eyaml` without arguments: the usage and the commands. */
export function overview(commands: readonly { readonly id: string; readonly summary?: string | undefined }[]): string {
  const width = Math.max(...commands.map(({ id }) => id.length));
  const lines = commands.map(({ id, summary = '' }) => `  ${spaced(id).padEnd(width)}  ${summary}\n`);
  return `usage: eyaml COMMAND [options]\n\n${lines.sort().join('')}\n"eyaml help COMMAND" explains a command\n`;
}
