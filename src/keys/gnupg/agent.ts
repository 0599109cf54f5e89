import { stat } from 'node:fs/promises';
import { EyamlError, errnoOf } from '../../errors.js';
import type { Keygrip } from '../../identifiers.js';
import type { OwnSubkey, Unwrapped, WrappedSessionKey } from '../keystore.js';
import { AssuanError, connectAssuan, type Assuan } from './assuan.js';
import type { Gpg } from './gpg.js';
import { encValue, readValue } from './sexp.js';

/** A session with gpg-agent. */
export interface Agent {
  /** Lets the agent work on a wrapped session key; the agent asks for a passphrase when it needs one. */
  unwrap(subkey: OwnSubkey, wrapped: WrappedSessionKey, passphrase?: Buffer): Promise<Unwrapped>;
  /** The keys that need the user now: for a passphrase, or for a card's PIN or touch. */
  lockedKeys(): Promise<ReadonlyMap<Keygrip, 'passphrase' | 'card'>>;
  /** Has the agent's pinentry ask for the passphrase of a key and hand it to us. `fault` says what was wrong with the last one. */
  askPassphrase(subkey: OwnSubkey, fault?: string): Promise<Buffer>;
  close(): void;
}

// The kernel's limit for the path of a socket, its final zero left out: sun_path holds 108 octets on Linux, 104 elsewhere.
const SOCKET_PATH_LIMIT = process.platform === 'linux' ? 107 : 103;

// Error codes and sources of libgpg-error.
const CODE = { badPassphrase: 11, noSecretKey: 17, timeout: 62, noPinentry: 85, cancelled: 99, fullyCancelled: 198 };
const PINENTRY = 5;
const LIBGCRYPT = 1;

/**
 * Opens a session with the agent of a GnuPG home and starts the agent when it does not run.
 *
 * @param environment - what the pinentry needs to reach the user: GPG_TTY, TERM, DISPLAY, the locale.
 * @throws {@link EyamlError} `GNUPG_HOME_INVALID` when the home is missing or its path too long for a socket, `AGENT_UNAVAILABLE`
 * when the agent does not start.
 */
export async function openAgent(gpg: Gpg, environment: NodeJS.ProcessEnv): Promise<Agent> {
  const { stdout, exitCode } = await gpg.conf(['--list-dirs', 'agent-socket']);
  const socketPath = stdout.toString().trim();
  if (exitCode !== 0 || socketPath === '') throw unavailable('gpgconf does not name its socket');
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_LIMIT) {
    throw new EyamlError(
      'GNUPG_HOME_INVALID',
      `the path of the agent's socket is too long for a socket: ${socketPath}`,
      {
        suggestions: ['use a GnuPG home with a shorter path, or make its run-time folder: gpgconf --create-socketdir'],
      },
    );
  }
  const connection = await connectOrLaunch(gpg, socketPath);
  for (const option of terminalOptions(environment))
    await connection.command(`OPTION ${option}`).catch(() => undefined);
  return {
    unwrap: (subkey, wrapped, passphrase) => unwrap(connection, subkey, wrapped, passphrase),
    askPassphrase: (subkey, fault) => askPassphrase(connection, subkey, fault),
    lockedKeys: () => lockedKeys(connection),
    close: () => connection.close(),
  };
}

async function connectOrLaunch(gpg: Gpg, socketPath: string): Promise<Assuan> {
  try {
    return await connectAssuan(socketPath);
  } catch {
    const launched = await gpg.conf(['--launch', 'gpg-agent']);
    try {
      return await connectAssuan(socketPath);
    } catch (error) {
      throw await whyUnreachable(gpg, launched.lastWords || (errnoOf(error) ?? 'no answer'));
    }
  }
}

async function whyUnreachable(gpg: Gpg, words: string): Promise<EyamlError> {
  const missing = gpg.home !== undefined && (await stat(gpg.home).catch(() => undefined)) === undefined;
  return missing ? homeMissing(gpg.home) : unavailable(words);
}

/** The error for a GnuPG home that does not exist. */
export function homeMissing(home: string): EyamlError {
  return new EyamlError('GNUPG_HOME_INVALID', `there is no GnuPG home at ${home}`, {
    suggestions: ['check --gpg-gnupghome, HIERA_EYAML_GPG_GNUPGHOME, the configuration files and GNUPGHOME'],
  });
}

function unavailable(words: string): EyamlError {
  return new EyamlError('AGENT_UNAVAILABLE', `gpg-agent does not start: ${words}`, {
    suggestions: ['run "gpgconf --launch gpg-agent" by hand, then "gpg --list-secret-keys", to see what is wrong'],
  });
}

function terminalOptions(environment: NodeJS.ProcessEnv): readonly string[] {
  const {
    GPG_TTY,
    TERM,
    DISPLAY,
    XAUTHORITY,
    WAYLAND_DISPLAY,
    PINENTRY_USER_DATA,
    LC_ALL,
    LC_CTYPE,
    LC_MESSAGES,
    LANG,
  } = environment;
  const options: Record<string, string | undefined> = {
    ttyname: GPG_TTY,
    ttytype: TERM,
    display: DISPLAY,
    xauthority: XAUTHORITY,
    'pinentry-user-data': PINENTRY_USER_DATA,
    putenv: WAYLAND_DISPLAY && `WAYLAND_DISPLAY=${WAYLAND_DISPLAY}`,
    'lc-ctype': LC_ALL || LC_CTYPE || LANG,
    'lc-messages': LC_ALL || LC_MESSAGES || LANG,
  };
  return Object.entries(options).flatMap(([name, value]) =>
    value && !/[\r\n]/.test(value) ? [`${name}=${value}`] : [],
  );
}

async function unwrap(
  connection: Assuan,
  subkey: OwnSubkey,
  wrapped: WrappedSessionKey,
  passphrase: Buffer | undefined,
): Promise<Unwrapped> {
  try {
    if (passphrase) await connection.command('OPTION pinentry-mode=loopback');
    await connection.command(`SETKEY ${subkey.keygrip ?? ''}`);
    await connection.command(`SETKEYDESC ${percentPlus(describe(subkey))}`);
    const answers = { CIPHERTEXT: encValue(wrapped), ...(passphrase && { PASSPHRASE: passphrase }) };
    const { data, status } = await connection.command('PKDECRYPT', answers);
    const value = readValue(data);
    if (value === undefined) throw new EyamlError('AGENT_FAILED', 'gpg-agent gave an answer that cannot be read');
    if (wrapped.kind === 'ecdh') return { form: 'sharedX', octets: xCoordinate(value) };
    return { form: status.includes('PADDING 0') ? 'bare' : 'pkcs1', octets: value };
  } catch (error) {
    throw error instanceof EyamlError ? error : explain(error, subkey);
  } finally {
    if (passphrase) await connection.command('OPTION pinentry-mode=ask').catch(() => undefined);
  }
}

async function askPassphrase(connection: Assuan, subkey: OwnSubkey, fault: string | undefined): Promise<Buffer> {
  const words = [fault, 'Passphrase:', describe(subkey)].map((text) => (text === undefined ? 'X' : percentPlus(text)));
  try {
    return (await connection.command(`GET_PASSPHRASE --data X ${words.join(' ')}`)).data;
  } catch (error) {
    throw explain(error, subkey);
  }
}

async function lockedKeys(connection: Assuan): Promise<ReadonlyMap<Keygrip, 'passphrase' | 'card'>> {
  const { status } = await connection.command('KEYINFO --list');
  const locked = new Map<Keygrip, 'passphrase' | 'card'>();
  for (const line of status) {
    // KEYINFO keygrip type serialno idstr cached protection …: T is a card, P protected by a passphrase, cached is 1 or -.
    const [, keygrip = '', type, , , cached, protection] = line.split(' ');
    if (type === 'T') locked.set(keygrip as Keygrip, 'card');
    else if (protection !== 'C' && cached !== '1') locked.set(keygrip as Keygrip, 'passphrase');
  }
  return locked;
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

function explain(error: unknown, { userId, keyId }: OwnSubkey): EyamlError {
  const whose = `the secret key ${keyId} (${userId})`;
  if (!(error instanceof AssuanError))
    return new EyamlError('AGENT_FAILED', `gpg-agent gave up while it used ${whose}`);
  if (error.code === CODE.noSecretKey) {
    return new EyamlError('NO_SECRET_KEY', `${whose} is not there: gpg-agent knows only a stub of it`, {
      suggestions: ['insert the smart card that holds it, or import the secret key'],
    });
  }
  if (error.source === LIBGCRYPT) {
    return new EyamlError('MESSAGE_INVALID', 'the message cannot be read: its session key is damaged');
  }
  return passphraseError(error.code, error.source, whose);
}

/** What an error code of libgpg-error says about a passphrase; for other codes, that the agent failed. */
export function passphraseError(code: number, source: number, whose: string): EyamlError {
  if ([CODE.cancelled, CODE.fullyCancelled, CODE.timeout].includes(code)) {
    return new EyamlError('PASSPHRASE_CANCELLED', `no passphrase was given for ${whose}`);
  }
  if (code === CODE.badPassphrase) return new EyamlError('PASSPHRASE_WRONG', `the passphrase for ${whose} is wrong`);
  if (code === CODE.noPinentry || source === PINENTRY) {
    return new EyamlError('PINENTRY_UNAVAILABLE', `no pinentry can ask for the passphrase for ${whose}`, {
      suggestions: [
        'run "export GPG_TTY=$(tty)" in this terminal, or install a pinentry (Debian: apt install pinentry-curses)',
      ],
    });
  }
  return new EyamlError('AGENT_FAILED', `gpg-agent could not use ${whose} (GnuPG error ${code})`, {
    suggestions: [`"gpg-error ${code}" says what that is`],
  });
}
