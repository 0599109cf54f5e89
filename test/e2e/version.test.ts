import { expect, test } from 'vitest';
import { eyaml } from '../helpers/cli.js';

test.each([[['version']], [['--version']], [['edit', '--version']], [['encrypt', '--version']]])('%j', async (args) => {
  const { code, stdout, stderr } = await eyaml(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^hiera-eyaml-gpg \d+\.\d+\.\d+ /);
});
