import glob from 'fast-glob';
import { expect, test } from 'vitest';
import { EyamlCommand } from '../../src/cli/command.js';
import {
  COMMAND_LINE_ONLY,
  FILE_ONLY,
  kindOf,
  NOT_FOR_FOLDERS,
  SETTINGS,
  TOLD_OF_FOLDERS,
} from '../../src/config/settings.js';

test('what is said of settings is said of options that there are', async () => {
  const names = new Set<string>([...Object.keys(EyamlCommand.baseFlags), ...FILE_ONLY, 'help']);
  for (const file of glob.sync('commands/**/*.ts')) {
    const command = (await import(`../../${file}`)) as { default: { flags?: object } };
    for (const name of Object.keys(command.default.flags ?? {})) names.add(name);
  }
  const told = [...Object.keys(SETTINGS), ...COMMAND_LINE_ONLY, ...NOT_FOR_FOLDERS, ...TOLD_OF_FOLDERS];
  expect(told.filter((name) => !names.has(name))).toEqual([]);
});

test.each(Object.entries(SETTINGS))('the default of %s is one that may be given', (name, setting) => {
  const otherwise: unknown = setting.default;
  if (typeof otherwise !== 'string' && typeof otherwise !== 'number') return;
  expect(kindOf(name).read(String(otherwise))).toEqual({ value: otherwise });
});
