import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { COMMAND, eyaml, isExecutable } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';

test.each([[['version']], [['--version']], [['edit', '--version']], [['encrypt', '--version']]])('%j', async (args) => {
  const { code, stdout, stderr } = await eyaml(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^hiera-eyaml-gpg \d+\.\d+\.\d+ /);
});

test('--verbose says what it was built from, and how it was installed', async () => {
  const { code, stdout, stderr } = await eyaml(['version', '-v'], { env: { container: 'oci' } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const kind = isExecutable ? 'executable' : 'source';
  const lines = [
    /^hiera-eyaml-gpg \d+\.\d+\.\d+ \(node \d+\.\d+\.\d+\)$/,
    /^commit: (?:[0-9a-f]{40}(?:-dirty)?|unknown)$/,
    /^Node\.js: \d+\.\d+\.\d+, \w+ \w+, .+$/,
    /^openpgp\.js: \d+\.\d+\.\d+$/,
    new RegExp(`^installed as: ${kind} in a container, ${COMMAND.at(-1) ?? ''}$`),
    /^compiled code: (?:kept|not kept; node .*keep-code\.cjs makes eyaml start faster)$/,
    /^$/,
  ];
  expect(stdout.split('\n')).toEqual(lines.map((line) => expect.stringMatching(line) as unknown));
});

test('--json says the same for programs', async () => {
  const { stdout } = await eyaml(['version', '--json']);
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
    ...['version', 'commit', 'node', 'openpgp', 'installed', 'keptCode'],
  ]);
});

test('a configuration that is broken, or a plugin that is gone, is no hindrance', async () => {
  const file = path.join(scratchFolder(), 'config.yaml');
  writeFileSync(file, 'a: [\n');
  expect(await eyaml(['version', '-v'], { env: { EYAML_CONFIG: file, EYAML_PLUGINS: '/nowhere.mjs' } })).toMatchObject({
    code: 0,
    stderr: '',
  });
});
