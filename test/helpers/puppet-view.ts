import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'vitest';

/** A YAML text, and what its values hold. */
export interface PuppetViewRequest {
  readonly yaml: string;
  /** By payload, in base64. */
  readonly plaintexts: Readonly<Record<string, string>>;
  /** Whether values that Puppet passes over, since they are on several lines once loaded, stay as they are. */
  readonly onlySeen?: boolean;
}

/** What Ruby's YAML and Puppet make of each text, as JSON with strings in base64; `null` for what Ruby cannot load. */
export function puppetViews(requests: readonly PuppetViewRequest[]): readonly string[] {
  const script = path.join(import.meta.dirname, 'puppet-view.rb');
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join('');
  const { stdout, stderr } = spawnSync('ruby', ['-E', 'UTF-8', script], { input, maxBuffer: 1 << 28 });
  expect(stderr.toString()).toBe('');
  return stdout.toString().trimEnd().split('\n');
}
