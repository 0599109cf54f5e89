import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { FINGERPRINTS, FIXTURES } from './gnupg.js';

/** The file of a fixture key. */
export function keyFile(name: string, half: 'pub' | 'sec'): string {
  return path.join(FIXTURES, `keys/${name}.${half}.asc`);
}

/** Copies public keys into a folder's `.eyaml/public-keys/`; gives that folder. */
export function addPublicKeys(folder: string, names: readonly string[]): string {
  const keys = path.join(folder, '.eyaml/public-keys');
  mkdirSync(keys, { recursive: true });
  for (const name of names) copyFileSync(keyFile(name, 'pub'), path.join(keys, `${name}.asc`));
  return keys;
}

/** A home folder with a person's private keys, each readable by its owner alone as `NAME.asc`, and a configuration. */
export function keyfilesHome(
  parent: string,
  keys: readonly string[],
  config: readonly string[] = keys.map((name) => `gpg_private_key: ~/${name}.asc`),
): string {
  const home = mkdtempSync(path.join(parent, 'home-'));
  for (const name of keys) copyKey(name, path.join(home, `${name}.asc`));
  mkdirSync(path.join(home, '.eyaml'));
  writeFileSync(path.join(home, '.eyaml/config.yaml'), ['---', ...config, ''].join('\n'));
  return home;
}

/** Copies a private key for its owner alone. */
export function copyKey(name: string, file: string): void {
  copyFileSync(keyFile(name, 'sec'), file);
  // Whatever mode the fixture was checked out with.
  chmodSync(file, 0o600);
}

/** A folder for PATH with no more than these programs: no GnuPG. */
export function toolsWithoutGpg(
  parent: string,
  names: readonly string[] = ['sh', 'cat', 'sed', 'mv', 'rm', 'tail', 'tee', 'grep'],
): string {
  const folder = path.join(parent, 'tools');
  mkdirSync(folder);
  symlinkSync(process.execPath, path.join(folder, 'node'));
  for (const name of names) symlinkSync(find(name), path.join(folder, name));
  return folder;
}

/** A line of a recipients file. */
export function recipientLine(name: string): string {
  return `${FINGERPRINTS[name] ?? name} # ${name}\n`;
}

/** The file of a program on PATH. */
export function find(program: string): string {
  const places = (process.env.PATH ?? '').split(path.delimiter);
  const found = places.map((place) => path.join(place, program)).find(isProgram);
  if (found === undefined) throw new Error(`there is no ${program} on PATH`);
  return found;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
