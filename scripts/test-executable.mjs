// Runs end-to-end tests with the executable instead of the built command: those that the difference could matter to.
// usage: npm run test:executable [-- FILE...]   "test" for all end-to-end tests and transcripts
import { spawnSync } from 'node:child_process';

const FILES = ['completion', 'edit-terminal', 'executable', 'gnupg-agent', 'named', 'plugins', 'version'].map(
  (name) => `test/e2e/${name}.test.ts`,
);
const files = process.argv.length > 2 ? process.argv.slice(2) : FILES;
const env = { ...process.env, EYAML_COMMAND: `build/eyaml-linux-${process.arch}` };
const { status } = spawnSync('npx', ['vitest', 'run', '--config', 'vitest.executable.config.ts', ...files], {
  env,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
