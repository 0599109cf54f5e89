import { EyamlError } from '../../errors.js';
import type { Keygrip } from '../../openpgp/identifiers.js';
import type { OwnSubkey, Unwrapped, WrappedSessionKey } from '../keystore.js';
import { ANSWER_LIMIT, connectAgent } from './agent-connection.js';
import { explain, failure, FORBIDDEN } from './agent-errors.js';
import { createDialogue, type Dialogue, type DialogueOptions } from './agent-dialogue.js';
import { AssuanError } from './assuan-turn.js';
import type { Gpg } from './gpg.js';
import { once } from './once.js';
import { encValue, readValue } from './sexp.js';

/** How the agent has a secret key: on a card, in a file that needs its passphrase now, in a file and ready, or in one without a passphrase. */
export type KeyState = 'card' | 'locked' | 'open' | 'unprotected';

/** How to use a key. */
export interface UnwrapOptions {
  /** Answers when the agent needs a passphrase; nobody is asked then. */
  readonly passphrase?: Buffer | undefined;
  /** Whether the key needs no passphrase, now and later. */
  readonly isUnprotected?: boolean;
}

/** A session with gpg-agent. Every method throws `AssuanClosed` when the agent ends meanwhile. */
export interface Agent {
  /** Whether it gets nothing before it asks for it: then it may ask a person about any key. */
  readonly isStepwise: boolean;
  /** Lets the agent work on a wrapped session key; the agent asks for a passphrase when it needs one. */
  unwrap(subkey: OwnSubkey, wrapped: WrappedSessionKey, options?: UnwrapOptions): Promise<Unwrapped>;
  /** The keys that the agent has, also on a card that is not inserted now. Empty for a restricted agent, which does not tell. */
  keyStates(): Promise<ReadonlyMap<Keygrip, KeyState>>;
  /** Whether the agent has a key; restricted agents tell that too. */
  has(keygrip: Keygrip): Promise<boolean>;
  /** Whether the agent takes passphrases from us: not when it is restricted or set to `no-allow-loopback-pinentry`. */
  takesPassphrases(): Promise<boolean>;
  /** Has the agent's pinentry ask for the passphrase of a key and hand it to us. `fault` says what was wrong with the last one. */
  askPassphrase(subkey: OwnSubkey, fault?: string): Promise<Buffer>;
  close(): void;
}

/** How to deal with an agent. */
export interface AgentOptions extends Partial<DialogueOptions> {
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Opens a session with the agent of a GnuPG home and starts the agent when it does not run.
 *
 * @throws {@link EyamlError} `GNUPG_HOME_MISSING`, `GNUPG_HOME_INVALID` when its path is too long for a socket, `AGENT_UNAVAILABLE`
 * when the agent does not start or does not answer.
 */
export async function openAgent(
  gpg: Gpg,
  { environment, limit = ANSWER_LIMIT, ...options }: AgentOptions,
): Promise<Agent> {
  const connection = await connectAgent(gpg, environment, limit);
  const dialogue = createDialogue(connection, { limit, ...options });
  const { setting, ask } = dialogue;
  return {
    isStepwise: options.isStepwise === true,
    unwrap: (subkey, wrapped, options = {}) => unwrap(dialogue, subkey, wrapped, options),
    askPassphrase: (subkey, fault) => askPassphrase(dialogue, subkey, fault),
    keyStates: () => keyStates(dialogue),
    has: (keygrip) => succeeds(ask(() => [{ line: `HAVEKEY ${keygrip}`, isSure: true }])),
    takesPassphrases: once(() => succeeds(ask(() => setting('pinentry-mode', 'loopback')))),
    close: () => connection.close(),
  };
}

async function succeeds(asked: Promise<unknown>): Promise<boolean> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof AssuanError) return false;
    throw failure(error);
  }
}

async function unwrap(
  { askUser, setting }: Dialogue,
  subkey: OwnSubkey,
  wrapped: WrappedSessionKey,
  { passphrase, isUnprotected = false }: UnwrapOptions,
): Promise<Unwrapped> {
  const before = () => [
    ...setting('pinentry-mode', passphrase ? 'loopback' : 'ask'),
    ...setting('key', subkey.keygrip ?? ''),
    // For a key without a passphrase it would never be shown: to confirm its use, the agent has words of its own.
    ...(isUnprotected ? [] : [{ line: `SETKEYDESC ${percentPlus(describe(subkey))}` }]),
  ];
  try {
    const answers = { CIPHERTEXT: encValue(wrapped), ...(passphrase && { PASSPHRASE: passphrase }) };
    const { data, status } = await askUser(before, {
      line: 'PKDECRYPT',
      answers,
      asksFirst: 'CIPHERTEXT',
      isSure: isUnprotected,
    });
    const value = readValue(data);
    if (value === undefined) throw new EyamlError('AGENT_FAILED', 'gpg-agent gave an unexpected answer');
    if (wrapped.kind === 'ecdh') return { form: 'sharedX', octets: xCoordinate(value) };
    return { form: status.includes('PADDING 0') ? 'bare' : 'pkcs1', octets: value };
  } catch (error) {
    throw explain(error, subkey);
  }
}

async function askPassphrase(
  { askUser, setting }: Dialogue,
  subkey: OwnSubkey,
  fault: string | undefined,
): Promise<Buffer> {
  const words = [fault, 'Passphrase:', describe(subkey)].map((text) => (text === undefined ? 'X' : percentPlus(text)));
  try {
    const before = () => setting('pinentry-mode', 'ask');
    return (await askUser(before, { line: `GET_PASSPHRASE --data X ${words.join(' ')}` })).data;
  } catch (error) {
    throw explain(error, subkey);
  }
}

async function keyStates({ ask }: Dialogue): Promise<ReadonlyMap<Keygrip, KeyState>> {
  const { status } = await ask(() => [{ line: 'KEYINFO --list' }]).catch((error: unknown) => {
    if (error instanceof AssuanError && error.code === FORBIDDEN) return { status: [] };
    throw failure(error);
  });
  const states = new Map<Keygrip, KeyState>();
  for (const line of status) {
    // KEYINFO keygrip type serialno idstr cached protection …: T is a card; P protected by a passphrase, C not; cached is 1 or -.
    const [, keygrip = '', type, , , cached, protection] = line.split(' ');
    const onDisk = protection === 'C' ? 'unprotected' : cached === '1' ? 'open' : 'locked';
    states.set(keygrip as Keygrip, type === 'T' ? 'card' : onDisk);
  }
  return states;
}

// A cv25519 point is 0x40 and x, the others are 0x04, x and y (RFC 6637, section 6).
function xCoordinate(point: Buffer): Buffer {
  if (point[0] === 0x04 && point.length % 2 === 1) return point.subarray(1, 1 + (point.length - 1) / 2);
  return point[0] === 0x40 && point.length % 2 === 1 ? point.subarray(1) : point;
}

function describe({ userId, keyId, bits }: OwnSubkey): string {
  return `Please enter the passphrase to unlock the OpenPGP secret key:\n"${shortened(userId)}"\n${bits}-bit key, ID ${keyId},\nfor eyaml.`;
}

// An Assuan line holds 1000 octets, and a character may take twelve of them.
function shortened(userId: string): string {
  const characters = Array.from(userId);
  return characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : userId;
}

function percentPlus(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+');
}
