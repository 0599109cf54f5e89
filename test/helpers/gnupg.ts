import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures');
export const BOBS_PASSPHRASE = 'correct horse';

/** Primary fingerprints of the fixture keys, by name. */
export const FINGERPRINTS: Readonly<Record<string, string>> = Object.fromEntries(
  readFileSync(path.join(FIXTURES, 'keys/fingerprints'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string]),
);

/** A throw-away GnuPG home with a short path, as gpg-agent's socket needs. */
export interface GnupgHome {
  readonly path: string;
  /** Runs gpg there; throws when it fails. */
  gpg(args: readonly string[], input?: string | Uint8Array): Buffer;
  /** The path of the agent's socket. */
  agentSocket(): string;
  /** Starts the agent and tells its process. */
  agentPid(): number;
  /** Ends the home's own agent. */
  killAgent(): void;
  /** Ends the home's own agent and removes the home. */
  remove(): void;
}

export interface HomeContent {
  /** Fixture keys to import with their secret half. */
  readonly secret?: readonly string[];
  /** Fixture keys to import as public keys. */
  readonly pub?: readonly string[];
  /** Keys to give ultimate ownertrust, so that they are valid; by default all of them. */
  readonly trusted?: readonly string[];
  /** Lines of gpg-agent.conf. */
  readonly agentConf?: readonly string[];
}

export function createGnupgHome({ secret = [], pub = [], trusted, agentConf = [] }: HomeContent = {}): GnupgHome {
  const home = mkdtempSync('/tmp/eg-');
  const gpg = (args: readonly string[], input?: string | Uint8Array) =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', ...args], {
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  // So that an agent does not measure how fast this machine is each time it starts.
  const conf = ['s2k-count 65536', ...agentConf];
  writeFileSync(path.join(home, 'gpg-agent.conf'), conf.map((line) => `${line}\n`).join(''));
  const files = [...secret.map((name) => `${name}.sec.asc`), ...pub.map((name) => `${name}.pub.asc`)];
  if (files.length > 0) {
    const paths = files.map((file) => path.join(FIXTURES, 'keys', file));
    gpg(['--pinentry-mode', 'loopback', '--passphrase', BOBS_PASSPHRASE, '--import', ...paths]);
  }
  const ownertrust = (trusted ?? [...secret, ...pub]).map((name) => `${FINGERPRINTS[name] ?? ''}:6:\n`).join('');
  if (ownertrust) gpg(['--import-ownertrust'], ownertrust);
  const agentSocket = () =>
    execFileSync('gpgconf', ['--homedir', home, '--list-dirs', 'agent-socket']).toString().trim();
  const agentPid = (...options: readonly string[]) => {
    const args = ['--quiet', '--homedir', home, ...options, 'GETINFO pid', '/bye'];
    const { stdout } = spawnSync('gpg-connect-agent', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    return Number(/^D (\d+)$/m.exec(stdout.toString())?.[1]);
  };
  // An agent that is only asked to end may still answer, and may remove the socket of what came after it.
  const killAgent = () => {
    const pid = agentPid('--no-autostart');
    if (Number.isNaN(pid)) return;
    process.kill(pid, 'SIGKILL');
    waitUntilEnded(pid);
    const socket = agentSocket();
    for (const kind of ['', '.extra', '.browser', '.ssh']) rmSync(socket + kind, { force: true });
  };
  // Importing started an agent that may hold a passphrase now.
  killAgent();
  return {
    path: home,
    gpg,
    agentSocket,
    agentPid,
    killAgent,
    remove: () => {
      execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

// What was killed may stay as a zombie where nobody takes notice of its end.
function waitUntilEnded(pid: number): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  while (isRunning(pid)) Atomics.wait(clock, 0, 0, 5);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self') || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
