import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

interface Locked {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
}

const { packages } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, Locked>>;
};

test('every package of the lock file is named by its place in the registry and its SHA-512', () => {
  const locked = Object.entries(packages).filter(([place]) => place !== '');
  expect(locked.length).toBeGreaterThan(100);
  const vague = locked.filter(([place, { version, resolved, integrity = '' }]) => {
    const name = place.replace(/^.*node_modules\//, '');
    const file = `${name.replace(/^@.*\//, '')}-${version}.tgz`;
    return resolved !== `https://registry.npmjs.org/${name}/-/${file}` || !/^sha512-[\w+/]{86}==$/.test(integrity);
  });
  expect(vague).toEqual([]);
});
