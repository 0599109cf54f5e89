import { EyamlError } from '../../errors.js';
import type { Keygrip } from '../../identifiers.js';
import type { OwnSubkey } from '../keystore.js';
import type { Agent } from './agent.js';
import type { Gpg } from './gpg.js';

const TRIES = 3;

/**
 * Whether the agent is set to forget a passphrase at once. It would then ask again for every value; so the passphrase is asked for
 * once and kept here for as long as the command runs.
 */
export async function agentForgets(gpg: Gpg): Promise<boolean> {
  const { stdout } = await gpg.conf(['--list-options', 'gpg-agent']);
  // name:flags:level:description:type:alt-type:argname:default:argdef:value
  const fields = stdout
    .toString()
    .split('\n')
    .map((line) => line.split(':'));
  return fields.some(([name = '', ...rest]) => /^(?:default|max)-cache-ttl$/.test(name) && rest[8] === '0');
}

/**
 * Does something with the passphrase of a key, asking again as often as a pinentry would while it is wrong.
 *
 * @param known - passphrases that were given before, by keygrip; a right one is added.
 */
export async function withPassphrase<T>(
  agent: Agent,
  subkey: OwnSubkey & { readonly keygrip: Keygrip },
  known: Map<Keygrip, Buffer>,
  work: (passphrase: Buffer) => Promise<T>,
): Promise<T> {
  let fault: string | undefined;
  for (let tries = 1; ; tries += 1) {
    const passphrase = known.get(subkey.keygrip) ?? (await agent.askPassphrase(subkey, fault));
    try {
      const result = await work(passphrase);
      known.set(subkey.keygrip, passphrase);
      return result;
    } catch (error) {
      const wrong = error instanceof EyamlError && error.code === 'PASSPHRASE_WRONG';
      if (!wrong || tries === TRIES) throw error;
      fault = `Bad passphrase (try ${tries + 1} of ${TRIES})`;
    }
  }
}
