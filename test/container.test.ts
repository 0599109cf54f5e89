import { cpSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import glob from 'fast-glob';
import { describe, expect, test } from 'vitest';
import { privateKeyIn } from '../src/verbs/check/private-key.js';
import { scratchFolder } from './helpers/files.js';
import { keyFile } from './helpers/key-homes.js';

const ROOT = path.resolve(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

// One instruction a line, as the builders read it.
const instructions = read('Containerfile')
  .replace(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => ({ word: line.split(' ')[0] ?? '', rest: line.split(' ').slice(1).join(' ') }));
const lastStage = instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));
/** What is copied from the checkout. */
const copied = instructions
  .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
  .flatMap(({ rest }) => rest.split(' ').slice(0, -1));

const patterns = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const letIn = patterns.flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));

/** The files of a checkout that reach a build: those let in, but for those that a later line keeps out. */
function filesLetIn(checkout: string): readonly string[] {
  const out = patterns.slice(1).filter((line) => !line.startsWith('!'));
  const ignore = out.flatMap((line) => [line, `${line}/**`]);
  return glob
    .sync('**', { cwd: checkout, dot: true, ignore })
    .filter((file) => letIn.some((name) => file === name || file.startsWith(`${name}/`)))
    .sort();
}

describe('the container', () => {
  test('is built of files that exist, and of nothing else', () => {
    expect(copied.length).toBeGreaterThanOrEqual(8);
    for (const name of copied) expect(() => statSync(path.join(ROOT, name)), name).not.toThrow();
    expect(patterns[0]).toBe('*');
    expect(patterns.findLastIndex((line) => line.startsWith('!'))).toBe(letIn.length);
    expect([...letIn].sort()).toEqual([...copied].sort());
  });

  test('holds no key, passphrase or setting, whatever lies in the checkout', () => {
    const checkout = scratchFolder();
    for (const name of letIn) cpSync(path.join(ROOT, name), path.join(checkout, name), { recursive: true });
    const before = filesLetIn(checkout);
    expect(before).toEqual(expect.arrayContaining(['package.json', 'src/index.ts', 'commands/check.ts']));
    expect(before.filter((file) => privateKeyIn(readFileSync(path.join(checkout, file))))).toEqual([]);
    for (const file of ['.npmrc', '.env', 'keys/a.pem', 'src/.env.local', 'src/a.sec.asc', 'scripts/x/private.key']) {
      mkdirSync(path.dirname(path.join(checkout, file)), { recursive: true });
      writeFileSync(path.join(checkout, file), readFileSync(keyFile('alice', 'sec')));
    }
    for (const folder of ['src/.gnupg', 'commands/.eyaml']) {
      mkdirSync(path.join(checkout, folder, 'deep'), { recursive: true });
      writeFileSync(path.join(checkout, folder, 'deep/settings'), 'secret');
    }
    writeFileSync(path.join(checkout, 'src/passphrase'), 'secret');
    expect(filesLetIn(checkout)).toEqual(before);
  });

  test('installs what the lock file says, runs no script of a package, and has no secret among its arguments', () => {
    const runs = instructions.flatMap(({ word, rest }) => (word === 'RUN' ? [rest] : []));
    expect(runs.filter((line) => /\bnpm (?:i|install)\b/.test(line))).toEqual([]);
    expect(runs).toContain('npm ci --ignore-scripts --no-audit --no-fund');
    const set = instructions.filter(({ word }) => word === 'ARG' || word === 'ENV');
    expect(set).toEqual([{ word: 'ARG', rest: 'BASE=docker.io/library/node:24-trixie-slim' }]);
  });

  test('runs as a user without rights, who owns nothing of the command', () => {
    expect(lastStage.find(({ word }) => word === 'USER')?.rest).toBe('node');
    expect(lastStage.findIndex(({ word }) => word === 'USER')).toBeGreaterThan(
      lastStage.findLastIndex(({ word }) => word === 'RUN' || word === 'COPY'),
    );
    expect(lastStage.filter(({ rest }) => rest.includes('--chown'))).toEqual([]);
    expect(lastStage.at(-1)).toEqual({ word: 'ENTRYPOINT', rest: '["eyaml"]' });
  });
});
