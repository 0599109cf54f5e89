import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanEnvironment } from './helpers/cli.js';
import { scratchFolder } from './helpers/files.js';

const ROOT = path.resolve(import.meta.dirname, '..');

/** A package as it comes from git: with what npm reads of this one, a build that leaves a mark, and a compiler that it has itself. */
function checkout() {
  const cwd = scratchFolder();
  const at = (name: string) => path.join(cwd, name);
  const write = (name: string, text: string) => {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
  };
  copyFileSync(path.join(ROOT, '.npmrc'), at('.npmrc'));
  const compiler = { name: 'typescript', version: '1.0.0' };
  const named = { name: 'checkout', version: '1.0.0', devDependencies: { typescript: 'file:typescript' } };
  const packages = {
    '': named,
    'node_modules/typescript': { resolved: 'typescript', link: true },
    typescript: { ...compiler, dev: true },
  };
  const scripts = { build: 'touch built', prepack: 'echo loud', prepare: 'echo loud' };
  write('package.json', JSON.stringify({ ...named, scripts }));
  write('package-lock.json', JSON.stringify({ ...named, lockfileVersion: 3, requires: true, packages }));
  write('typescript/package.json', JSON.stringify(compiler));
  const run = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    execFileSync(program, args, { cwd, env: cleanEnvironment({ HOME: cwd, ...env }), stdio: 'pipe' }).toString();
  const prepare = (env?: Readonly<Record<string, string>>) =>
    run(process.execPath, [path.join(ROOT, 'scripts/prepare.mjs')], env);
  return { has: (name: string) => existsSync(at(name)), write, run, prepare };
}

describe('scripts/prepare.mjs, which npm runs for an install from git', () => {
  test('builds, also for npm install --global, which leaves out what a build needs', () => {
    const { has, prepare } = checkout();
    prepare({ npm_config_global: 'true' });
    expect([has('built'), has('node_modules/.package-lock.json')]).toEqual([true, true]);
  });

  test('installs nothing where that is there', () => {
    const { has, write, prepare } = checkout();
    write('node_modules/typescript/package.json', '{}');
    prepare();
    expect([has('built'), has('node_modules/.package-lock.json')]).toEqual([true, false]);
  });

  test('does nothing where the command is built', () => {
    const { has, write, prepare } = checkout();
    write('dist/bin/eyaml.cjs', '');
    prepare();
    expect(has('built')).toBe(false);
  });
});

// The pre-commit framework before 4.6 takes what npm pack prints for the name of a file.
test('npm pack prints the name of the package alone', () => {
  expect(checkout().run('npm', ['pack'])).toBe('checkout-1.0.0.tgz\n');
});
