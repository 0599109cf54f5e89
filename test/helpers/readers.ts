import { readFileSync } from 'node:fs';
import { scan } from '../../src/eyaml/scan.js';
import { isValue } from '../../src/eyaml/token.js';
import { FINGERPRINTS, type GnupgHome } from './gnupg.js';

/** Key IDs of a key's subkeys that encrypt, the oldest first, as gpg lists them. */
export function subkeysOf(home: GnupgHome, name: string): readonly string[] {
  return home
    .gpg(['--with-colons', '--list-keys', FINGERPRINTS[name] ?? name])
    .toString()
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([kind, , , , , , , , , , , usage = '']) => kind === 'sub' && usage.includes('e'))
    .sort((a, b) => Number(a[5]) - Number(b[5]))
    .map((fields) => fields[4] ?? '');
}

/** For each GPG value of a file the sorted key IDs of those who can read it, as gpg lists them. */
export function readersOf(home: GnupgHome, file: string): readonly (readonly string[])[] {
  const values = scan(readFileSync(file, 'utf8')).filter(isValue);
  return values
    .filter(({ tag }) => tag === 'GPG')
    .map(({ payload }) => {
      const message = Buffer.from(payload, 'base64');
      const listing = home.gpg(['--list-packets', '--list-only'], message).toString();
      return Array.from(
        listing.matchAll(/^:pubkey enc packet: .* keyid ([0-9A-F]{16})$/gm),
        ([, id = '']) => id,
      ).sort();
    });
}

/** The readers that every value for these people should have: the newest subkey of each. */
export function readersFor(home: GnupgHome, names: readonly string[]): readonly string[] {
  return names.map((name) => subkeysOf(home, name).at(-1) ?? '').sort();
}
