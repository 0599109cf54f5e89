import { EyamlError, errnoOf } from '../../errors.js';
import { AssuanSilent, connectAssuan, type Assuan } from './assuan.js';
import type { Gpg } from './gpg.js';
import { homeFault } from './home.js';
import { socketBehind } from './socket-file.js';

/** How long an agent may take for an answer that needs no user, in milliseconds. An agent forwarded by ssh may be far away. */
export const ANSWER_LIMIT = 10_000;

// The kernel's limit for the path of a socket, its final zero left out: sun_path holds 108 octets on Linux, 104 elsewhere.
const SOCKET_PATH_LIMIT = process.platform === 'linux' ? 107 : 103;

/**
 * Connects to the agent of a GnuPG home and starts the agent when it does not run.
 *
 * @param environment - what a redirected socket and the pinentry need: GPG_TTY, TERM, DISPLAY, the locale.
 * @param limit - how long the agent may take for an answer that needs no user, in milliseconds.
 * @throws {@link EyamlError} `GNUPG_HOME_MISSING`; `GNUPG_HOME_INVALID` when its path is too long for a socket, `AGENT_UNAVAILABLE`
 * when the agent does not start or does not answer.
 */
export async function connectAgent(gpg: Gpg, environment: NodeJS.ProcessEnv, limit: number): Promise<Assuan> {
  const socketPath = await agentSocket(gpg, environment);
  try {
    const connection = await connectOrLaunch(gpg, socketPath, limit);
    // Asks whether the connection is restricted. Every agent answers this; a restricted one accepts no options.
    const restricted = await connection.command('GETINFO restricted', {}, limit).catch((error: unknown) => {
      if (error instanceof AssuanSilent) throw error;
    });
    const options = restricted ? [] : ['allow-pinentry-notify', ...terminalOptions(environment)];
    await Promise.all(
      options.map((option) =>
        connection.inTurn(() => [{ line: `OPTION ${option}`, limit, isSure: true }]).catch(() => undefined),
      ),
    );
    return connection;
  } catch (error) {
    throw error instanceof AssuanSilent ? silent(socketPath) : error;
  }
}

/**
 * Makes sure that no agent hangs: gpg would wait for ever for an agent that accepts connections and does not answer. No running
 * agent is fine: gpg starts one.
 *
 * @throws {@link EyamlError} `AGENT_UNAVAILABLE`.
 */
export async function refuseSilentAgent(gpg: Gpg, environment: NodeJS.ProcessEnv, limit: number): Promise<void> {
  const socketPath = await agentSocket(gpg, environment).catch(() => undefined);
  if (socketPath === undefined) return;
  try {
    const connection = await connectAssuan(socketPath, limit);
    await connection.command('GETINFO version', {}, limit).finally(() => connection.close());
  } catch (error) {
    if (error instanceof AssuanSilent) throw silent(socketPath);
  }
}

async function agentSocket(gpg: Gpg, environment: NodeJS.ProcessEnv): Promise<string> {
  const usual = gpg.usualSocket();
  if (usual !== undefined) return usual;
  const { stdout, exitCode } = await gpg.place('agent-socket');
  const named = stdout.toString().trim();
  if (exitCode !== 0 || named === '') throw unavailable('gpgconf does not name its socket');
  const socketPath = await socketBehind(named, environment);
  if (Buffer.byteLength(socketPath) <= SOCKET_PATH_LIMIT) return socketPath;
  throw new EyamlError('GNUPG_HOME_INVALID', `the path of the agent's socket is too long: ${socketPath}`, {
    suggestions: ['use a GnuPG home with a shorter path, or create its run-time folder: gpgconf --create-socketdir'],
  });
}

async function connectOrLaunch(gpg: Gpg, socketPath: string, limit: number): Promise<Assuan> {
  try {
    return await connectAssuan(socketPath, limit);
  } catch (error) {
    if (error instanceof AssuanSilent) throw error;
    const launched = await gpg.conf(['--launch', 'gpg-agent'], limit);
    try {
      return await connectAssuan(socketPath, limit);
    } catch (error) {
      if (error instanceof AssuanSilent) throw error;
      throw await whyUnreachable(gpg, launched.lastWords || (errnoOf(error) ?? 'no answer'));
    }
  }
}

async function whyUnreachable(gpg: Gpg, words: string): Promise<EyamlError> {
  return (await homeFault(gpg)) ?? unavailable(words);
}

function unavailable(words: string): EyamlError {
  return new EyamlError('AGENT_UNAVAILABLE', `gpg-agent does not start: ${words}`, {
    suggestions: ['run "gpgconf --launch gpg-agent" by hand, then "gpg --list-secret-keys", to see what is wrong'],
  });
}

function silent(socketPath: string): EyamlError {
  return new EyamlError('AGENT_UNAVAILABLE', `gpg-agent does not answer at ${socketPath}`, {
    suggestions: [
      'end the gpg-agent that hangs (kill -9 PID), or connect again if ssh forwards this socket, and run the command again',
    ],
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
