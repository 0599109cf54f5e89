import type { Keystore } from '../keystore.js';
import { ANSWER_LIMIT } from './agent-connection.js';
import { openAgent } from './agent.js';
import { createGpg, terminalName } from './gpg.js';
import { checkHome } from './home.js';
import { encryptWithGpg } from './messages.js';
import { once } from './once.js';
import { createOpening } from './opening.js';
import { createOwnSubkeys } from './own-subkeys.js';
import type { GivenPassphrase } from './passphrases.js';
import { createPublicKeys } from './public-keys.js';
import { createAgentSession } from './session.js';
import { createSigning } from './signing.js';

/** Where GnuPG is found and how its pinentry reaches the user. */
export interface GnupgOptions {
  /** The GnuPG home; undefined for GNUPGHOME or GnuPG's own default. */
  readonly home: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** How many octets a message that gpg itself decrypts may hold. */
  readonly maxPlaintext?: number;
  /** Gives the passphrase for all keys that need one, in place of the pinentry. Resolves to undefined when there is none. */
  readonly givenPassphrase?: () => Promise<GivenPassphrase | undefined>;
  /** Called when something takes long. */
  readonly onWait?: (message: string) => void;
  /** How long the agent may take for an answer that needs no user, in milliseconds. */
  readonly limit?: number;
}

/**
 * The user's own GnuPG as a keystore: keys by `gpg`, secret keys by gpg-agent over one connection that is opened when the first
 * secret key is needed. Each question to gpg is asked once.
 */
export function createGnupgKeystore({
  home,
  environment: given,
  givenPassphrase,
  onWait,
  limit = ANSWER_LIMIT,
  maxPlaintext,
}: GnupgOptions): Keystore {
  const tty = terminalName(given);
  const environment = tty === undefined ? given : { ...given, GPG_TTY: tty };
  const gpg = createGpg(home, environment);
  const checked = once(() => {
    // Nearly every command needs the agent, and its place takes no longer to find out beside the keys.
    if (gpg.usualSocket() === undefined) void gpg.place('agent-socket').catch(() => undefined);
    return checkHome(gpg);
  });
  const session = createAgentSession(async (isStepwise) => {
    await checked();
    return openAgent(gpg, { environment, limit, isStepwise, ...(onWait && { onWait }) });
  });
  const { forget, forGpg, ...opening } = createOpening(gpg, session, {
    givenPassphrase,
    maxPlaintext,
  });
  const { found, ...publicKeys } = createPublicKeys(gpg, checked);
  const { stopExpecting, ...own } = createOwnSubkeys(gpg, { environment, session, checked, limit, found });
  return {
    ...publicKeys,
    ...opening,
    ...createSigning(gpg, { checked, passphrase: forGpg }),
    ...own,
    encrypt: (plaintext, subkeys) => encryptWithGpg(gpg, plaintext, subkeys),
    close: () => {
      stopExpecting();
      forget();
      session.close();
    },
  };
}
