import { spawnSync } from 'node:child_process';

/**
 * Whether a peer program is there. On a laptop without it the test is skipped; in CI every peer must be there, so a missing one is
 * an error.
 */
export function hasPeer(program: string): boolean {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
  if (!found && process.env.CI === 'true') throw new Error(`CI must have ${program}`);
  return found;
}
