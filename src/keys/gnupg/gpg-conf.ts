import path from 'node:path';
import { EyamlError } from '../../errors.js';
import { LIMITS, readLimited } from '../../files/read.js';
import { firstLine } from '../../text/utf8.js';
import type { Gpg } from './gpg.js';
import type { GivenPassphrase } from './passphrases.js';

/**
 * The passphrase that the user's gpg.conf gives, for work that does not go through gpg: `passphrase-file` or `passphrase`, which count
 * only together with `pinentry-mode loopback` (GnuPG manual, "GPG Esoteric Options"). Undefined when it gives none.
 *
 * @throws {@link EyamlError} `PASSPHRASE_MISSING` or `PASSPHRASE_UNREADABLE` when the file that it names cannot be read.
 */
export async function passphraseInGpgConf(gpg: Gpg): Promise<GivenPassphrase | undefined> {
  const options = await readGpgConf(gpg);
  if (options.get('pinentry-mode') !== 'loopback') return undefined;
  const file = options.get('passphrase-file');
  if (file !== undefined) {
    const given = await readLimited(file, { limit: LIMITS.passphrase, pipes: 'any' });
    if ('fault' in given) {
      const { isAbsent, reason } = given.fault;
      const code = isAbsent ? 'PASSPHRASE_MISSING' : 'PASSPHRASE_UNREADABLE';
      throw new EyamlError(code, `cannot read the passphrase-file that gpg.conf names: ${reason}`);
    }
    return { octets: firstLine(given.octets), source: 'the passphrase-file of gpg.conf' };
  }
  const passphrase = options.get('passphrase');
  return passphrase === undefined ? undefined : { octets: Buffer.from(passphrase), source: 'gpg.conf' };
}

/** Whether the user's gpg.conf makes gpg trust every key, so that it says of no key whether it is valid. */
export async function takesEveryKey(gpg: Gpg): Promise<boolean> {
  const options = await readGpgConf(gpg);
  return options.has('always-trust') || options.get('trust-model') === 'always';
}

async function readGpgConf(gpg: Gpg): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await gpg.place('homedir');
  const conf = path.join(stdout.toString().trim(), 'gpg.conf');
  const read = await readLimited(conf, { limit: LIMITS.configuration });
  return readOptions('octets' in read ? read.octets.toString() : '');
}

// One option per line, with or without its dashes, then blanks and its value, quoted or not. The last one counts.
function readOptions(text: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^\s*(?:--)?([\w-]+)(?:\s+("?)(.*?)\2)?\s*$/.exec(line);
    if (match) options.set(match[1] ?? '', match[3] ?? '');
  }
  return options;
}
